"""OKX: the ticker of one spot pair."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain.events import BTC_USDT
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the ticker of the pair that is asked for."""
    if query.get("instId") != "BTC-USDT":
        body = {"code": "51001", "data": [], "msg": "Instrument ID doesn't exist"}
        raise UnknownSymbolError(200, body)
    price = market.value(BTC_USDT, "okx")
    row = {
        "instType": "SPOT",
        "instId": "BTC-USDT",
        "last": f"{price}",
        "lastSz": "0.0002",
        "askPx": f"{price + 1}",
        "askSz": "1.5",
        "bidPx": f"{price - 1}",
        "bidSz": "0.2",
        "open24h": f"{price}",
        "high24h": f"{price}",
        "low24h": f"{price}",
        "volCcy24h": f"{price * 5_200}",
        "vol24h": "5200.5",
        "sodUtc0": f"{price}",
        "sodUtc8": f"{price}",
        "ts": f"{market.clock.now()}",
    }
    return {"code": "0", "msg": "", "data": [row]}


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v5/market/ticker",
            ticker,
            ("data", 0, "last"),
            time=("data", 0, "ts"),
            rename=("data", 0, "last"),
            book=(("data", 0, "bidPx"), ("data", 0, "askPx")),
        ),
    ),
)
