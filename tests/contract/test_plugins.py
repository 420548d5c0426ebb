"""What holds for every metric, rule type and sink, found by their place like the live service does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from alerts.model import AlertState
from alerts.notification import Notification
from alerts.rules.base import Rule
from alerts.rules.written import rule_of
from alerts.schemas.origin import Origin
from alerts.sinks.base import NoteSink, SinkContext, SinkSpec
from alerts.sinks.mqtt import MqttSettings, MqttUrl
from alerts.sinks.users import UsersSettings
from alerts.users import NOBODY
from monitor.app.posting import letter_store
from monitor.app.world import find_catalogue, find_rule_types
from monitor.core.clock import SystemClock
from monitor.core.discovery import declared
from monitor.metrics.base import Metric
from monitor.store.client import connect
from monitor.store.keys import Keys
from monitor.store.watchlists import WatchlistStore
from tests.transitions import transition

METRICS = list(find_catalogue())
RULE_TYPES = find_rule_types()
SINKS = list(declared("alerts.sinks", "SINK", SinkSpec))
BARE = SinkContext(
    clock=SystemClock(), version="1", origin=Origin(), settings={}, connected=lambda *_: None
)
SETTINGS = {
    "mqtt": MqttSettings(url=MqttUrl.parse("mqtt://127.0.0.1:1"), instance="contract"),
    "users": UsersSettings(
        book=lambda: NOBODY,
        store=letter_store(connect("redis://127.0.0.1:1/0"), Keys()),
        lists=WatchlistStore(connect("redis://127.0.0.1:1/0"), Keys()).read,
        tags=lambda _: frozenset(),
        counted=lambda _: None,
    ),
}
UNIT_ENDINGS = re.compile(
    r"_(usd|btc|ratio|days?|kwh|mwh|s|th|years?|month|quarters|mw|blocks|count|rank|score|difficulty"
    r"|volatilities|sessions)$"
)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    """Its name ends in its unit, and description, formula, source and inputs are there."""
    assert UNIT_ENDINGS.search(metric.name)
    assert metric.name.endswith("_ratio") is (metric.unit in {"ratio", "x"})
    assert metric.description.endswith(".") or ":" in metric.description
    assert metric.formula
    assert metric.source
    assert metric.label
    assert metric.arguments
    assert all(item.assumption for item in metric.arguments if item.default is not None)


def _side(level: float, band: float, up: bool) -> dict[str, object]:
    if up:
        return {"above": level, "recover": level - band}
    return {"below": level, "recover": level + band}


def _way(level: float, band: float, up: bool) -> dict[str, object]:
    return {"up" if up else "down": level, "rearm": band}


def _band(level: float, band: float, up: bool) -> dict[str, object]:
    return {"inside" if up else "outside": [level, level + 5 + 2 * band], "margin": band}


def _place(level: float, band: float, up: bool) -> dict[str, object]:
    return {"top" if up else "bottom": int(abs(level)) + 1, "margin": int(band)}


Fill = Callable[[float, float, bool], dict[str, object]]

JUDGED_BY_A_LEVEL: dict[str, tuple[Fill, dict[str, object]]] = {
    "threshold": (_side, {}),
    "change": (_side, {"over": "1h"}),
    "range": (_side, {"over": "1h"}),
    "average": (_side, {"over": "1h"}),
    "smoothed": (_side, {"over": "1h"}),
    "close": (_side, {"bar": "1h"}),
    "samples": (_side, {"count": 3, "of": 5}),
    "zscore": (_side, {"every": "5m"}),
    "crossing": (_way, {}),
    "band": (_band, {}),
    "rank": (_place, {}),
    "stale": (lambda level, band, up: {"unchanged_for": f"{int(abs(level)) + 1}s"}, {}),
}
JUDGED_OTHERWISE: dict[str, dict[str, object]] = {
    "move": {"by": 0.05},
    "absence": {"for": "60s"},
    "expression": {"when": "value > 1"},
}
"""By an anchor, by whether there is a value, by several values."""
INDEXED = [kind for kind in RULE_TYPES if kind.__struct_config__.tag in JUDGED_BY_A_LEVEL]


def made(kind: type[Rule], fields: Mapping[str, object]) -> Rule:
    """Return a rule of a type as the rulebook would make it."""
    body = {"type": kind.__struct_config__.tag, "id": "r", "on": "BTC-USD", **fields}
    return rule_of(body, kind)


def test_every_rule_type_is_held_to_something() -> None:
    """A new type is put into one of the two lists, with an example."""
    tags = {str(kind.__struct_config__.tag) for kind in RULE_TYPES}
    assert tags == JUDGED_BY_A_LEVEL.keys() | JUDGED_OTHERWISE.keys()


@pytest.mark.parametrize("kind", RULE_TYPES, ids=lambda kind: kind.__name__)
def test_a_rule_type_says_what_it_is(kind: type[Rule]) -> None:
    """It has a version that texts do not change, a signal that can be compared, and an expansion."""
    tag = str(kind.__struct_config__.tag)
    fields = JUDGED_OTHERWISE.get(tag)
    if fields is None:
        fill, more = JUDGED_BY_A_LEVEL[tag]
        fields = fill(1.0, 0.0, True) | more
    rule = made(kind, fields)
    assert made(kind, fields | {"summary": "words", "severity": "info"}).version == rule.version
    assert made(kind, fields | {"keep_firing_for": "7m"}).version != rule.version
    assert rule.signal() == rule.signal()
    assert hash(rule.signal()) == hash(rule.signal())
    assert rule.expanded() == (rule,)
    assert rule.saying
    assert rule.ending.startswith("Resolved")


@pytest.mark.parametrize("kind", INDEXED, ids=lambda kind: kind.__name__)
@given(
    level=st.integers(-5, 5).map(float),
    band=st.integers(0, 3).map(float),
    up=st.booleans(),
    values=st.tuples(*[st.integers(-40, 40).map(lambda n: n / 4)] * 2),
    state=st.sampled_from(list(AlertState)),
)
def test_between_two_edges_a_verdict_cannot_change(
    kind: type[Rule],
    level: float,
    band: float,
    up: bool,
    values: tuple[float, float],
    state: AlertState,
) -> None:
    """The index asks a rule at its edges only, so nothing may happen between them."""
    fill, more = JUDGED_BY_A_LEVEL[str(kind.__struct_config__.tag)]
    rule = made(kind, fill(level, band, up) | more)
    low, high = sorted(values)
    if any(low <= edge <= high for edge in rule.edges()):
        return
    assert rule.judge(low, state).breached is rule.judge(high, state).breached


def test_rule_types_have_words_of_their_own() -> None:
    """No two types answer to the same `type`."""
    tags = [kind.__struct_config__.tag for kind in RULE_TYPES]
    assert len(set(tags)) == len(tags) > 0


@pytest.mark.parametrize(("module", "spec"), SINKS, ids=[name for name, _ in SINKS])
async def test_a_sink_opens_by_its_name_or_says_that_it_is_not_wanted(
    module: str, spec: SinkSpec
) -> None:
    """It is named like its file; without its settings it stays closed, or needs none."""
    assert spec.name == module
    opened = spec.open(BARE)
    if opened is None:
        opened = spec.open(replace(BARE, settings=SETTINGS))
    assert isinstance(opened, AbstractAsyncContextManager)


async def test_the_log_sink_takes_a_notification() -> None:
    """A sink that needs no settings writes down what it is given."""
    opened = dict(SINKS)["log"].open(BARE)
    assert opened is not None
    with capture_logs() as lines:
        async with opened as sink:
            assert isinstance(sink, NoteSink)
            sink.note(Notification(entry_id="1-0", transition=transition()))
    assert [line["id"] for line in lines] == [transition().id]
