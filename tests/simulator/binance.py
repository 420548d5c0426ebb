"""Binance's spot API, which several hosts serve."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from monitor.core.clock import DAY
from monitor.domain.events import BTC_USDT
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def spot_provider(name: str) -> Provider:
    """Return the provider of that name with the 24 h ticker of BTCUSDT."""
    return Provider(
        shapes=(
            Shape(
                "api/v3/ticker/24hr",
                partial(ticker, name),
                ("lastPrice",),
                time=("closeTime",),
                rename=("lastPrice",),
                book=(("bidPrice",), ("askPrice",)),
            ),
        ),
    )


def ticker(name: str, market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return what `name` says of the pair that is asked for."""
    if query.get("symbol") != "BTCUSDT":
        raise UnknownSymbolError(400, {"code": -1121, "msg": "Invalid symbol."})
    price, now = market.value(BTC_USDT, name), market.clock.now()
    return {
        "symbol": "BTCUSDT",
        "priceChange": "-94.99000000",
        "priceChangePercent": "-0.098",
        "weightedAvgPrice": f"{price}",
        "prevClosePrice": f"{price}",
        "lastPrice": f"{price}000000",
        "lastQty": "0.20000000",
        "bidPrice": f"{price - 1}000000",
        "bidQty": "1.00000000",
        "askPrice": f"{price + 1}000000",
        "askQty": "1.00000000",
        "openPrice": f"{price}",
        "highPrice": f"{price}",
        "lowPrice": f"{price}",
        "volume": "15120.30000000",
        "quoteVolume": "1470000000.30000000",
        "openTime": now - DAY,
        "closeTime": now,
        "firstId": 28_385,
        "lastId": 28_460,
        "count": 76,
    }
