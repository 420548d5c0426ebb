"""Financial Modeling Prep: the quote of one share, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def quote(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the quote of the share that is asked for."""
    symbol = query.get("symbol", "")
    if symbol not in STOCKS:
        raise UnknownSymbolError(200, [])
    price = float(market.value(symbol))
    row = {
        "symbol": symbol,
        "name": symbol,
        "price": price,
        "changePercentage": 1.22,
        "volume": 58_405_568,
        "marketCap": 2_794_000_000,
        "exchange": "NASDAQ",
        "previousClose": float(market.previous_close(symbol)),
        "timestamp": market.clock.now() // SECOND,
    }
    return [row]


PROVIDER = Provider(
    shapes=(
        Shape("stable/quote", quote, (0, "price"), time=(0, "timestamp"), rename=(0, "price")),
    ),
    environ={"FMP_API_KEY": "test-key-fmp-01234567"},
    key_param="apikey",
    refusal={"Error Message": "Invalid API KEY."},
)
