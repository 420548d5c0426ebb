"""Bitfinex: what is held on margin, as bare lists of time and amount."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY, HOUR, MINUTE
from monitor.core.errors import BadQuote
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

LONG = "perp.bitfinex.margin_long_btc"
SHORT = "perp.bitfinex.margin_short_btc"
CHANGE = "perp.bitfinex.margin_long_day_change_ratio"
_PATH = "v2/stats1/pos.size:1m:tBTCUSD"


def long(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the newest row of what is long."""
    return [market.clock.now(), float(market.value(LONG))]


def short(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the newest row of what is short."""
    return [market.clock.now(), float(market.value(SHORT))]


def history(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return rows of a day, of which some minutes are missing."""
    now, yesterday = market.clock.now(), Decimal(70_000)
    today = float(yesterday * (1 + market.value(CHANGE)))
    rows = [[now - back * MINUTE, 71_000.5] for back in (1, 2, 600)]
    return [[now, today], *rows, [now - DAY - MINUTE, float(yesterday)], [now - DAY - HOUR, 1.5]]


PROVIDER = Provider(
    shapes=(
        Shape(f"{_PATH}:long/last", long, (1,), (0,)),
        Shape(f"{_PATH}:short/last", short, (1,), (0,)),
        Shape(f"{_PATH}:long/hist", history, (0, 1)),
    ),
    values={LONG: Decimal("73191.12130"), SHORT: Decimal("412.50"), CHANGE: Decimal("0.0400")},
    outcomes={
        # a bare list has no keys, and null in it is no absent member
        (Scenario.RENAMED_KEY, "bitfinex_margin"): VALUE,
        (Scenario.NULL, "bitfinex_margin"): (BadQuote, "wrong_type"),
    },
)
