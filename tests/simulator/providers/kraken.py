"""Kraken: the ticker of one pair, under Kraken's own name for it and without a time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.errors import BadQuote
from monitor.domain.events import BTC_USD, USDC_USD, USDT_USD
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import ANY, Document, Shape, UnknownSymbolError

PAIRS = {
    "XBTUSD": (BTC_USD, "XXBTZUSD"),
    "USDTUSD": (USDT_USD, "USDTZUSD"),
    "USDCUSD": (USDC_USD, "USDCUSD"),
}
TICKS = {USDT_USD: Decimal("0.0001"), USDC_USD: Decimal("0.0001")}


def ticker(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the ticker of the pair that is asked for."""
    pair = PAIRS.get(query.get("pair", ""))
    if pair is None:
        raise UnknownSymbolError(200, {"error": ["EQuery:Unknown asset pair"]})
    instrument, own_name = pair
    price = market.value(instrument, "kraken")
    tick = TICKS.get(instrument, Decimal(1))
    ticker = {
        "a": [f"{price + tick}000", "1", "1.000"],
        "b": [f"{price - tick}000", "1", "1.000"],
        "c": [f"{price}000", "0.00100000"],
        "v": ["1000.00000000", "2500.00000000"],
        "p": [f"{price}000", f"{price}000"],
        "t": [12_000, 30_000],
        "l": [f"{price}000", f"{price}000"],
        "h": [f"{price}000", f"{price}000"],
        "o": f"{price}000",
    }
    return {"error": [], "result": {own_name: ticker}}


PROVIDER = Provider(
    shapes=(
        Shape(
            "0/public/Ticker",
            ticker,
            ("result", ANY, "c", 0),
            rename=("result", ANY),
            book=(("result", ANY, "b", 0), ("result", ANY, "a", 0)),
        ),
    ),
    outcomes={
        # the pair's key is Kraken's own name and is not relied on
        (Scenario.RENAMED_KEY, "kraken"): VALUE,
        # null in a list is no absent member
        (Scenario.NULL, "kraken"): (BadQuote, "wrong_type"),
    },
)
