"""The sample rulebook about the market around bitcoin, with figures as its feeds give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from alerts.model import AlertState, Severity, Transition
from alerts.rulebook import check_rulebook, load_rulebook
from alerts.rules.change import ChangeRule
from alerts.rules.stale import StaleRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from monitor.compute.targets import targets
from monitor.core.discovery import declared
from monitor.core.errors import ConfigError
from monitor.domain.events import Tick
from monitor.feeds.base import Feed
from tests.worlds import CATALOGUE, NOON, make_step, quote, tick

BOOK = Path(__file__).resolve().parents[2] / "docs" / "samples" / "rules" / "context.yaml"
RULES = load_rulebook(BOOK, [ThresholdRule])
QUOTED = {
    name for _, feed in declared("monitor.feeds", "FEED", Feed) for name in feed.spec.instruments
}
MINUTE, HOUR = 60_000, 3_600_000


def told(on: str, *values: float | str, every: int = MINUTE, **fields: Any) -> Sequence[Transition]:
    """Return what is told when a series takes one value after another."""
    step = make_step(RULES.rules)
    found: list[Transition] = []
    for place, value in enumerate(values):
        at = NOON + place * every
        step.process(tick(at, quote(on, value, at, **fields)))
        found += [it for it in step.take().transitions if it.notifies]
    return found


def test_each_rule_of_the_sample_can_fire() -> None:
    """Nothing is misspelt, and each series is quoted by a feed of ours (row L11: rules allowed)."""
    assert check_rulebook(RULES, targets(CATALOGUE, [], RULES.rules)) == []
    assert {rule.on for rule in RULES.rules} <= {*QUOTED, *(metric.name for metric in CATALOGUE)}


def test_no_rule_watches_a_stablecoin_s_cap(tmp_path: Path) -> None:
    """The refusal says why, and what to watch instead (row L30)."""
    book = tmp_path / "rules.yaml"
    book.write_text("rules: [{id: c, type: threshold, on: stablecoin.usdt.cap_usd, below: 1e11}]")
    rules = load_rulebook(book, [ThresholdRule])
    (error,) = check_rulebook(rules, targets(CATALOGUE, [], rules.rules))
    assert "which no rule may" in error.message
    assert "cap_week_change_ratio" in error.hint


def test_twenty_thousand_coins_at_exchanges_are_told_as_context() -> None:
    """Row L05: 20,000 BTC more within 24 h, at severity info, once."""
    (fired,) = told("exchange.all.balance_change_24h_btc", 4_000, 20_000, 20_000, 21_000)
    assert (fired.rule, fired.severity) == ("exchange-inflow", Severity.INFO)
    assert fired.labels == {"instrument": "exchange.all.balance_change_24h_btc"}


@pytest.mark.parametrize("venue", ["okx", "binance", "bybit"])
def test_hot_funding_is_told(venue: str) -> None:
    """Row L07: what held for three periods at 0.1 % fires; at 0.05 % it does not."""
    (fired,) = told(f"perp.{venue}.funding_held_8h_ratio", "0.0005", "0.001", "0.0012")
    assert fired.rule == f"funding-hot-{venue}"
    assert told(f"perp.{venue}.funding_held_8h_ratio", "0.0005", "0.0009") == []


def test_hourly_funding_is_told_after_a_day() -> None:
    """Row L07: 0.0125 % an hour is 0.1 % of eight, and counts after three periods of eight hours."""
    name = "perp.hyperliquid.funding_8h_ratio"
    minutes = 10
    day = 24 * 60 // minutes
    hot = ["0.001"] * day
    assert told(name, *hot, every=minutes * MINUTE) == []
    (fired,) = told(name, *hot, "0.001", "0.001", every=minutes * MINUTE)
    assert fired.rule == "funding-hot-hyperliquid"


def test_liquidations_are_told_once_and_say_who() -> None:
    """Row L09: 300 M USD in an hour; the words of the source say how much of it was long."""
    note = "Long 210.0 M USD, short 90.0 M USD."
    name = "perp.all.liquidated_1h_usd"
    (fired,) = told(name, 21e6, 300e6, 310e6, 290e6, 305e6, note=note)
    assert fired.rule == "liquidation-cascade"
    assert fired.summary.endswith(f"liquidated within an hour. {note}")


def test_growing_longs_at_bitfinex_are_told() -> None:
    """Row L14: a tenth more in a day is an event at severity info."""
    (fired,) = told("perp.bitfinex.margin_long_day_change_ratio", "0.01", "0.1", "0.11")
    assert (fired.rule, fired.severity) == ("bitfinex-longs-grow", Severity.INFO)


def test_three_venues_make_a_spread() -> None:
    """Row L13: Binance 0.6, OKX 0.5, HTX 0.2 long are 0.4 apart; two venues are none."""
    step = make_step(RULES.rules)
    values = {"binance": 1.5, "okx": 1.0, "htx": 0.25}
    for venue, value in values.items():
        assert step.reading("top_traders_spread_ratio", None).value is None
        name = f"perp.{venue}.top_accounts_long_short_ratio"
        step.process(tick(NOON, quote(name, value, NOON)))
    assert step.reading("top_traders_spread_ratio", None).value == pytest.approx(0.4)


def test_a_corrected_flow_is_no_second_alert() -> None:
    """Row L20: the day's flow is told once; what it is corrected to has the same time and is quiet."""
    name = "etf.btc.flow_usd"
    step = make_step(RULES.rules)
    found: list[Transition] = []
    for place, flow in enumerate((-600e6, -640e6, -90e6, -590e6)):
        at = NOON + place * HOUR
        told_of = {"fresh_ms": 4 * 24 * HOUR, "period": "2025-07-16"}
        step.process(tick(at, quote(name, flow, NOON, **told_of)))
        found += [it for it in step.take().transitions if it.notifies]
    assert [it.rule for it in found] == ["etf-outflow"]
    reading = step.reading(name, None)
    assert (reading.value, reading.reason) == (-590e6, "revised")


def test_a_long_block_and_a_rush_of_fees_are_told_once_each() -> None:
    """Row L28: a gap of 60 minutes between blocks, and ten times the fees, fire once."""
    gap = rule_of(
        {"type": "stale", "id": "gap", "on": "network.height", "unchanged_for": "1h"}, StaleRule
    )
    rush = rule_of(
        {"type": "change", "id": "rush", "on": "network.fees_btc_per_block", "over": "2h"}
        | {"above": 9.0, "recover": 4.0},
        ChangeRule,
    )
    step = make_step([gap, rush])
    told_of: list[str] = []
    for minute in range(0, 260, 10):
        at = NOON + minute * MINUTE
        block = 905_000 if minute <= 130 else 905_001 + minute // 10
        fees = 0.05 if minute < 200 else 0.6
        more = {"fresh_ms": HOUR}
        quotes = [
            quote("network.height", block, at, **more),
            quote("network.fees_btc_per_block", fees, at, **more),
        ]
        step.process(Tick(f"{at}-0", at, tuple(quotes)))
        changes = step.take().transitions
        told_of += [it.rule for it in changes if it.to_state is AlertState.FIRING]
    assert told_of == ["gap", "rush"]


@pytest.mark.parametrize("name", ["#", "GPU/+", "A|B"])
def test_no_rule_watches_what_no_door_lets_in(tmp_path: Path, name: str) -> None:
    """A name that ingest refuses is refused here by the same rule, as an input too."""
    book = tmp_path / "rules.yaml"
    book.write_text(f"rules: [{{id: c, type: threshold, on: '{name}', below: 1}}]")
    rules = load_rulebook(book, [ThresholdRule])
    (error,) = check_rulebook(rules, targets(CATALOGUE, [], rules.rules))
    assert "which no rule may" in error.message
    assert "such as GPU-H100-HOUR" in error.hint


def test_a_rule_s_id_that_is_no_name_has_its_mend(tmp_path: Path) -> None:
    """The pattern alone is no help to whoever writes rules."""
    book = tmp_path / "rules.yaml"
    book.write_text("rules: [{id: 'a/+', type: threshold, on: X, below: 1}]")
    with pytest.raises(ConfigError) as caught:
        load_rulebook(book, [ThresholdRule])
    assert caught.value.hint == "use 1 to 64 of a-z, 0-9, _ and -, a letter or digit first"
