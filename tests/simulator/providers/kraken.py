"""Kraken: the ticker of one pair, under Kraken's own name for it and without a time."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.errors import BadQuote
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the ticker of the pair that is asked for."""
    if query.get("pair") != "XBTUSD":
        raise UnknownSymbolError(200, {"error": ["EQuery:Unknown asset pair"]})
    price = market.value(BTC_USD, "kraken")
    ticker = {
        "a": [f"{price + 1}000", "1", "1.000"],
        "b": [f"{price - 1}000", "1", "1.000"],
        "c": [f"{price}000", "0.00100000"],
        "v": ["1000.00000000", "2500.00000000"],
        "p": [f"{price}000", f"{price}000"],
        "t": [12_000, 30_000],
        "l": [f"{price - 900}000", f"{price - 900}000"],
        "h": [f"{price + 900}000", f"{price + 900}000"],
        "o": f"{price - 100}000",
    }
    return {"error": [], "result": {"XXBTZUSD": ticker}}


PROVIDER = Provider(
    shapes=(
        Shape(
            "0/public/Ticker",
            ticker,
            ("result", "XXBTZUSD", "c", 0),
            rename=("result", "XXBTZUSD"),
            book=(("result", "XXBTZUSD", "b", 0), ("result", "XXBTZUSD", "a", 0)),
        ),
    ),
    outcomes={
        # the pair's key is Kraken's own name and is not relied on
        (Scenario.RENAMED_KEY, "kraken"): VALUE,
        # null in a list is no absent member
        (Scenario.NULL, "kraken"): (BadQuote, "wrong_type"),
    },
)
