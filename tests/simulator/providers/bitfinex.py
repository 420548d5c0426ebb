"""Bitfinex: the ticker of one pair, a row without names or a time."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.errors import BadQuote
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the ticker of the pair in the path."""
    if rest != "tBTCUSD":
        raise UnknownSymbolError(500, ["error", 10020, "symbol: invalid"])
    price = float(market.value(BTC_USD, "bitfinex"))
    return [price - 1, 7.5, price + 1, 7.5, 100.0, 0.0104, price, 1_480.5, price, price]


PROVIDER = Provider(
    shapes=(Shape("v2/ticker/", ticker, (6,), book=((0,), (2,))),),
    outcomes={
        # a row has no keys
        (Scenario.RENAMED_KEY, "bitfinex"): VALUE,
        (Scenario.NULL, "bitfinex"): (BadQuote, "wrong_type"),
    },
)
