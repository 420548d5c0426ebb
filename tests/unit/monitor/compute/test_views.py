"""What people see: a value with unit and quality, or the reason why there is none."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.showing import Changes, News, Showing
from monitor.compute.step import Step
from monitor.compute.views import encoded, shown
from monitor.domain.events import Quality, Quote, Reading
from monitor.metrics.base import Scope
from tests.worlds import CATALOGUE, NOON, make_step, network, quote, threshold, tick

RULES = (threshold(id="own", on="signal.own", above=1.0), threshold(id="riot", on="RIOT", above=1))


def looked(showing: Showing) -> News:
    """Return what a look finds."""
    list(showing.look())
    return showing.take()


def there(changes: Changes) -> dict[str, Any]:
    """Return what is shown by what was found first."""
    return {
        name: json.loads(view) if isinstance(view, bytes) else view
        for name, view in changes.items()
        if view is not None
    }


def whole(step: Step) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return all that there is to be seen of a step: of the market, and of its companies."""
    news = looked(Showing(step, CATALOGUE))
    return there(news.market), {name: there(it) for name, it in news.companies.items()}


def test_unknown_is_null_with_a_reason() -> None:
    """There is no zero for unknown, and no field that says nothing."""
    assert shown(Reading(None, Quality.MISSING, "missing:difficulty"), "USD") == {
        "value": None,
        "unit": "USD",
        "quality": "missing",
        "reason": "missing:difficulty",
    }
    assert shown(Reading(1.5, Quality.SINGLE, "", NOON), "USD") == {
        "value": 1.5,
        "unit": "USD",
        "quality": "single",
        "observed_at": NOON,
    }


def test_the_markets_view_has_inputs_metrics_and_shares() -> None:
    """All market inputs are there from the start; a share appears once it has been quoted."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("HIVE", "3.35", NOON)))
    view, _ = whole(step)
    assert view["BTC-USD"]["value"] is None
    assert view["network.difficulty"]["value"] == 126_980_000_000_000
    assert view["HIVE"]["value"] == 3.35
    assert "RIOT" not in view
    assert view["hashprice_btc_ph_day"]["quality"] == "ok"
    assert view["hashprice_usd_ph_day"]["reason"] == "missing:btc_usd"


def test_what_does_not_apply_is_absent() -> None:
    """An AI host has no mining fields at all; a miner has them, known or not (row B30)."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    _, companies = whole(step)
    host, miner = companies["CRWV"], companies["HIVE"]
    assert "mining_margin_ratio" not in host
    assert miner["mining_margin_ratio"]["quality"] == "single"
    assert miner["mining_margin_ratio"]["unit"] == "ratio"
    assert json.loads(json.dumps([host, miner], allow_nan=False)) == [host, miner]


def test_nothing_is_shown_anew_when_nothing_changed() -> None:
    """A second look finds nothing, nor does one after a tick that says what was said before."""
    step = make_step(RULES)
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    showing = Showing(step, CATALOGUE)
    assert looked(showing)
    assert not looked(showing)
    step.process(tick(NOON + 10, quote("BTC-USD", 105_000, NOON)))
    assert not looked(showing)


def test_only_what_changed_is_shown_anew() -> None:
    """A figure of a company is news of what is made of it, and of nobody else."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    showing = Showing(step, CATALOGUE)
    looked(showing)
    step.process(tick(NOON + 10, quote("RIOT.power_price_usd_kwh", 0.07, NOON + 10)))
    news = looked(showing)
    assert set(news.companies) == {"RIOT"}
    assert "mining_margin_ratio" in news.companies["RIOT"]
    assert "BTC-USD" not in news.market


def test_a_look_is_of_one_moment_whatever_comes_between_its_pieces() -> None:
    """Metrics and what they are made of are of one price; the next look has the price after it."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 100_000, NOON)))
    before = whole(step)
    showing = Showing(step, CATALOGUE)
    for number, _ in enumerate(showing.look(), start=1):
        at = NOON + 10 * number
        step.process(tick(at, quote("BTC-USD", 100_000 + number, at)))
    news = showing.take()
    assert (there(news.market), {it: there(view) for it, view in news.companies.items()}) == before
    assert news.market["BTC-USD"] != looked(showing).market["BTC-USD"]


def test_a_companys_readings_are_in_json_what_is_shown_of_them() -> None:
    """Made for all companies at once, the text is what each reading by itself would give."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    own = [it for it in CATALOGUE if it.scope is Scope.COMPANY]
    assert own
    for metric in own:
        readings = [step.table.reading(metric.name, row) for row in range(3)]
        bodies = list(encoded(step.table, metric, range(3)))
        for reading, body in zip(readings, bodies, strict=True):
            if reading.reason == "not_applicable":
                assert body is None
            else:
                assert body == msgspec.json.encode(shown(reading, metric.unit))


MOVES = st.tuples(
    st.sampled_from(("BTC-USD", "RIOT", "HIVE", "CRWV", "RIOT.btc_held", "signal.own", "other")),
    st.integers(1, 4),
    st.sampled_from(("a", "b")),
    st.sampled_from((0, 10, 60_000, 700_000, 90_000_000)),
    st.booleans(),
)


@given(st.lists(MOVES, max_size=30))
def test_all_looks_together_show_what_there_is(
    moves: list[tuple[str, int, str, int, bool]],
) -> None:
    """Look as often as you like: what was found, one upon the other, is what a first look finds."""
    step, now = make_step(RULES), NOON
    step.process(tick(NOON, *network(NOON)))
    showing = Showing(step, CATALOGUE)
    market: dict[str, Any] = {}
    companies: dict[str, dict[str, Any]] = {}
    for name, value, source, pause, look in [*moves, ("other", 1, "a", 0, True)]:
        now += pause
        _go(step, now, quote(name, value, now, source=source))
        if not look:
            continue
        news = looked(showing)
        market = there({**market, **news.market})
        for ticker, changes in news.companies.items():
            companies[ticker] = there({**companies.get(ticker, {}), **changes})
    assert (market, companies) == whole(step)


def _go(step: Step, now: int, said: Quote) -> None:
    """Let time go on by itself at every fourth value, and be told of the others."""
    if said.value == 4:
        step.advance(now)
    else:
        step.process(tick(now, said))
