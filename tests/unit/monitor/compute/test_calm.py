"""The short way of a quiet quote leaves behind what the long way leaves, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.codec import encode_transition
from alerts.rules.base import Rule
from alerts.rules.written import rule_of
from monitor.app.world import find_rule_types
from monitor.compute.calm import Calm, Way
from monitor.compute.encoding import encode_changes
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.domain.commands import AddMaintenance, Command, Place
from monitor.domain.events import Tick
from monitor.store.flaws import encode_flaw
from tests.worlds import NOON, make_step, network, quote, tick

SECOND, MINUTE = 1_000, 60_000
TYPES = {str(kind.__struct_config__.tag): kind for kind in find_rule_types()}


def made(kind: str, name: str, on: str, **fields: object) -> Rule:
    """Return a rule as a book would write it."""
    return rule_of({"type": kind, "id": name, "on": on} | fields, TYPES[kind])


RULES: Sequence[Rule] = (
    made("threshold", "over", "X", above=2.0, recover=1.6, **{"for": "30s"}),
    made("threshold", "under", "X", below=1.4, no_data="alert", no_data_after="2m"),
    made("threshold", "pair", "Y-USD", above=2.0, keep_firing_for="1m"),
    made("move", "step", "Y-USD", by=0.3, severity="info"),
    made("expression", "both", "X", when="value > 2.2 && y > 2.2", inputs={"y": "Y-USD"}),
    made("expression", "each", "Z", when="value - y > 0.5", inputs={"y": "Y-USD"}),
    made("change", "fast", "Z", above=0.4, over="1m"),
    made("absence", "gone", "X", **{"for": "3m"}),
    made("threshold", "perp", "perp.okx.funding_8h_ratio", above=0.0002),
    made("threshold", "dear", "btc_usd", above=98_000.0),
)
NAMES = ("X", "Y-USD", "Z", "unwatched", "perp.okx.funding_8h_ratio", "BTC-USD", "RIOT")
SCALE = {"BTC-USD": 50_000.0, "perp.okx.funding_8h_ratio": 0.0001, "RIOT": 10.0}


class Said(NamedTuple):
    """One quote, good or not."""

    wait_ms: int
    name: str
    level: int
    skew_ms: int
    source: str
    fields: dict[str, Any]


FIELDS = st.sampled_from(
    [
        *({},) * 12,
        {"delay_ms": 60_000},
        {"backfilled": True},
        {"period": "2025-07-16"},
        {"bid": Decimal(1), "ask": Decimal(3)},
        {"received_at": NOON},
        {"fresh_ms": 1},
        {"note": "words"},
    ]
)
SAID = st.builds(
    Said,
    st.sampled_from([0, 0, 1, SECOND, SECOND, 20 * SECOND, 2 * MINUTE, 20 * MINUTE]),
    st.sampled_from(NAMES),
    st.integers(0, 14),
    st.sampled_from([0, 0, 0, 0, 0, -SECOND, -30 * SECOND, 10 * MINUTE]),
    st.sampled_from(["a", "a", "a", "a", "b"]),
    FIELDS,
)


def ticks(history: Sequence[Said | None]) -> list[Tick]:
    """Return the ticks of a history; None is an order to work on the feed `b` for a while."""
    made_of, now = [tick(NOON, *network(NOON))], NOON
    for number, said in enumerate(history):
        if said is None:
            action = AddMaintenance(
                place=Place.FEED, feed="b", begin=now + 1, until=now + MINUTE, reason="drawn"
            )
            asked = Command(id=f"c{number}", by="ana", action=action)
            made_of.append(tick(now, commands=(asked,)))
            continue
        now += said.wait_ms
        value = (1 + said.level / 10) * SCALE.get(said.name, 1.0)
        fields = {"source": said.source, "fresh_ms": 90 * SECOND} | said.fields
        made_of.append(tick(now, quote(said.name, value, now + said.skew_ms, **fields)))
    return made_of


def left_behind(step: Step) -> tuple[object, ...]:
    """Return all that a step hands over, as it would be written."""
    changes = step.take()
    refused = dict(step.refused)
    step.refused.clear()
    return (
        encode_changes(changes),
        [encode_transition(it) for it in changes.transitions],
        [encode_flaw(it) for it in changes.flaws],
        refused,
    )


def played(history: Sequence[Tick], crashes: set[int]) -> list[tuple[object, ...]]:
    """Play ticks one by one, the process dying now and then, and an hour after them."""
    step, cells, found = make_step(RULES), dict[str, bytes](), []
    for number, item in enumerate(history):
        step.process(item)
        found.append(left_behind(step))
        written: Any = found[-1][0]
        for name, body in written.items():
            if body is None:
                cells.pop(name, None)
            else:
                cells[name] = body
        if number in crashes:
            step = make_step(RULES)
            step.restore(read_cells(cells))
            step.judge()
            found.append(left_behind(step))
    step.advance((step.now or NOON) + 60 * MINUTE)
    return [*found, left_behind(step)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(SAID, SAID, SAID, SAID, st.none()), max_size=40), st.sets(st.integers(0, 39))
)
def test_both_ways_leave_the_same_behind(history: list[Said | None], crashes: set[int]) -> None:
    """Cells, transitions, flaws and refusals of each tick are the same with the short way shut."""
    played_by = ticks(history)
    short = played(played_by, crashes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Calm, "take", lambda *_: Way.LONG)
        assert played(played_by, crashes) == short


@pytest.mark.parametrize("name", ["X", "Y-USD", "unwatched", "perp.okx.funding_8h_ratio"])
def test_a_quiet_quote_goes_the_short_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one quote of an instrument the next within the gap asks nobody."""
    step, unit = make_step(RULES[:3]), SCALE.get(name, 1.0)
    for second in (0, 1):
        at = NOON + second * SECOND
        step.process(tick(at, quote(name, 1.5 * unit, at)))
    monkeypatch.setattr(step.instruments, "accept", None)
    step.process(tick(NOON + 2 * SECOND, quote(name, 1.55 * unit, NOON + 2 * SECOND)))
    reading = step.instruments.reading(name)
    assert (reading.value, reading.observed_at) == (1.55 * unit, NOON + 2 * SECOND)
    assert step.ticks == 3
    assert [it.value for it in step.take().quotes] == [quote(name, 1.55 * unit, 0).value]


@pytest.mark.parametrize("name", ["BTC-USD", "RIOT", "network.height"])
def test_what_others_hang_on_goes_the_long_way(name: str) -> None:
    """A price that metrics are made of is never passed by."""
    step = make_step(RULES)
    for second in range(5):
        at = NOON + second * SECOND
        item = tick(at, quote(name, 100_000 + second, at))
        assert step.calm.take(item, at) is Way.LONG
        step.process(item)
