"""An alert names all who told what its value rests on, however many steps away (row F24)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Transition
from alerts.reasons import NoticeReason
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.rules.written import rule_of
from alerts.telling import sources_in
from monitor.compute.parts import Parts
from monitor.compute.sources import Sources
from monitor.core.clock import MINUTE
from tests.worlds import NOON, commit, make_step, network, quote, threshold, tick

LONG = 10**10


def fired(rule: Rule, source: str = "kraken") -> Transition:
    """Return the first fire of a rule while `network` is told by one desk and BTC by another."""
    step = make_step([rule])
    step.process(tick(NOON, quote("BTC-USD", 105_000, NOON, source=source, fresh_ms=LONG)))
    step.process(tick(NOON, *network(NOON)))
    found: list[Transition] = [it for it in commit(step, {}) if it.notifies]
    return found[0]


def test_a_margin_names_who_told_the_price_and_the_network() -> None:
    """Its inputs are metrics; whoever told what is below them is named with each."""
    item = fired(threshold(id="thin", on="mining_margin_ratio", companies=("HIVE",), below=0.9))
    chain = {it.source for it in network(NOON)}
    by_name = {it["name"]: it for it in item.inputs}
    assert set(by_name) == {"net_hashprice_usd_ph_day", "mining_margin_usd_ph_day"}
    assert all(set(it["sources"]) == {"kraken"} | chain for it in item.inputs)  # type: ignore[call-overload]
    assert set(sources_in(item.inputs)) == {"kraken"} | chain


def test_the_hashprice_names_them_too() -> None:
    """One input is a metric, the other a price."""
    item = fired(threshold(id="low", on="hashprice_usd_ph_day", below=1_000.0))
    assert set(sources_in(item.inputs)) == {"kraken", *(it.source for it in network(NOON))}


def test_an_expression_names_who_told_its_other_values() -> None:
    """Each named value of another target has its own."""
    rule = rule_of(
        {
            "type": "expression",
            "id": "both",
            "on": "hashprice_usd_ph_day",
            "inputs": {"price": "BTC-USD"},
            "when": "value < 1000.0 && price > 1.0",
        },
        ExpressionRule,
    )
    item = fired(rule, source="my-desk")
    (price,) = [it for it in item.inputs if it["name"] == "price"]
    assert price["sources"] == ("my-desk",)


def test_what_is_told_again_names_them_anew() -> None:
    """A repeat has the value of now, so it has the inputs of now (rows F24, E26)."""
    rule = threshold(
        id="low", on="hashprice_usd_ph_day", below=1_000.0, notify={"repeat": {"first": "1m"}}
    )
    step = make_step([rule])
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON, fresh_ms=LONG)))
    (fire,) = commit(step, {})
    step.advance(NOON + MINUTE)
    (repeat,) = commit(step, {})
    assert (fire.notice, repeat.notice) == (NoticeReason.NEW, NoticeReason.REPEAT)
    assert sources_in(repeat.inputs) == sources_in(fire.inputs) != ()


MOVES = st.tuples(
    st.sampled_from(("BTC-USD", "HIVE", "CRWV", "network.height", "HIVE.power_price_usd_kwh")),
    st.sampled_from(("a", "b")),
    st.sampled_from((10, 60_000, 90_000_000)),
    st.sampled_from((0, 900_000)),
)


@given(st.lists(MOVES, max_size=15))
def test_what_was_worked_out_before_is_what_is_worked_out_anew(
    moves: list[tuple[str, str, int, int]],
) -> None:
    """Asked all along, and by somebody who has not asked before: the same inputs and times."""
    step, now = make_step(), NOON
    step.process(tick(NOON, *network(NOON)))
    beneath = (step._plan, step.firms, step._facts, step.table, step.instruments, step._tenancy)
    asked = ("mining_margin_ratio", "mining_margin_usd_ph_day", "power_price_usd_kwh")
    for name, source, pause, delay in moves:
        now += pause
        step.process(tick(now, quote(name, 1, now - delay, source=source, delay_ms=delay)))
        for target in asked:
            fresh = Sources(Parts(*beneath))
            assert step.sources.inputs(target, "HIVE") == fresh.inputs(target, "HIVE")
            assert step.sources.reading(target, "HIVE") == fresh.reading(target, "HIVE")
