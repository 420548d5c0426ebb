"""What each provider answers when all is well, and where in it the price and the time stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from monitor.core.clock import SECOND, iso
from monitor.domain.events import BLOCK_PACE, BTC_USD, DIFFICULTY, FEES, HEIGHT
from tests.simulator.market import STOCKS, Market

Document = Any
Path = tuple[str | int, ...]
FEE_BLOCKS = 144
EPOCH_BLOCKS = 2_016
SATS_PER_BTC = 100_000_000


class UnknownSymbolError(Exception):
    """The provider does not know the symbol; it answers so in its own way."""

    def __init__(self, status: int, body: Document) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of answer.

    Attributes:
        provider: the feed's name.
        matches: how its path begins, behind the provider's prefix.
        render: builds the document from the market, the rest of the path and the query.
        price: where the value stands; empty for a bare number.
        time: where the source's time stands; None when it has none.
        rename: which key a silent rename hits; empty: there is none.

    """

    provider: str
    matches: str
    render: Callable[[Market, str, Mapping[str, str]], Document]
    price: Path
    time: Path | None = None
    rename: Path = ()


def _coinbase(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    if rest != "BTC-USD/ticker":
        raise UnknownSymbolError(404, {"message": "NotFound"})
    price = market.value(BTC_USD, "coinbase")
    return {
        "trade_id": 900_000_001,
        "price": f"{price}",
        "size": "0.01250000",
        "time": iso(market.clock.now()),
        "bid": f"{price - 1}",
        "ask": f"{price + 1}",
        "volume": "8123.45678901",
    }


def _kraken(market: Market, _: str, query: Mapping[str, str]) -> Document:
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


def _bitstamp(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    if rest != "btcusd/":
        body = {"status": "error", "reason": "Invalid symbol", "code": "404.003"}
        raise UnknownSymbolError(404, body)
    price = market.value(BTC_USD, "bitstamp")
    return {
        "timestamp": str(market.clock.now() // SECOND),
        "open": f"{price - 100}",
        "high": f"{price + 900}",
        "low": f"{price - 900}",
        "last": f"{price}",
        "volume": "1800.00000000",
        "vwap": f"{price}",
        "bid": f"{price - 1}",
        "ask": f"{price + 1}",
        "side": "0",
        "open_24": f"{price - 50}",
        "percent_change_24": "0.05",
        "pair": "BTC/USD",
    }


def _difficulty(market: Market, _: str, __: Mapping[str, str]) -> Document:
    now_s, difficulty = market.clock.now() // SECOND, int(market.value(DIFFICULTY))
    hashrate = difficulty * 2**32 // 600
    return {
        "hashrates": [{"timestamp": now_s - now_s % 86_400, "avgHashrate": hashrate}],
        "difficulty": [{"time": now_s - 500_000, "height": 929_376, "difficulty": difficulty}],
        "currentHashrate": hashrate,
        "currentDifficulty": difficulty,
    }


def _height(market: Market, _: str, __: Mapping[str, str]) -> Document:
    return int(market.value(HEIGHT))


def _reward_stats(market: Market, _: str, __: Mapping[str, str]) -> Document:
    last = int(market.value(HEIGHT))
    fees = int(market.value(FEES) * SATS_PER_BTC) * FEE_BLOCKS
    return {
        "startBlock": last - FEE_BLOCKS + 1,
        "endBlock": last,
        "totalReward": str(fees + FEE_BLOCKS * 312_500_000),
        "totalFee": str(fees),
        "totalTx": "450000",
    }


def _difficulty_adjustment(market: Market, _: str, __: Mapping[str, str]) -> Document:
    blocks = int(market.value(HEIGHT)) % EPOCH_BLOCKS
    pace_ms = int(market.value(BLOCK_PACE) * SECOND)
    left_ms = (EPOCH_BLOCKS - blocks) * pace_ms
    return {
        "progressPercent": blocks / EPOCH_BLOCKS * 100,
        "difficultyChange": (600_000 / pace_ms - 1) * 100,
        "estimatedRetargetDate": market.clock.now() + left_ms,
        "remainingBlocks": EPOCH_BLOCKS - blocks,
        "remainingTime": left_ms,
        "previousRetarget": -1.2,
        "previousTime": (market.clock.now() - blocks * pace_ms) // SECOND,
        "nextRetargetHeight": int(market.value(HEIGHT)) + EPOCH_BLOCKS - blocks,
        "timeAvg": pace_ms,
        "adjustedTimeAvg": pace_ms,
        "timeOffset": 0,
        "expectedBlocks": blocks * pace_ms / 600_000,
    }


def _yahoo(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    if rest not in STOCKS:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        raise UnknownSymbolError(404, {"chart": {"result": None, "error": error}})
    price, now_s = float(market.value(rest)), market.clock.now() // SECOND
    meta = {
        "currency": "USD",
        "symbol": rest,
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "regularMarketTime": now_s,
        "gmtoffset": -18_000,
        "regularMarketPrice": price,
        "chartPreviousClose": float(market.previous_close(rest)),
        "previousClose": float(market.previous_close(rest)),
    }
    bars = {"quote": [{"close": [price, None, price], "volume": [1_000, None, 0]}]}
    result = {"meta": meta, "timestamp": [now_s - 600, now_s - 300, now_s], "indicators": bars}
    return {"chart": {"result": [result], "error": None}}


def _finnhub(market: Market, _: str, query: Mapping[str, str]) -> Document:
    symbol = query.get("symbol", "")
    if symbol not in STOCKS:
        body = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
        raise UnknownSymbolError(200, body)
    price = float(market.value(symbol))
    at = market.clock.now() // SECOND
    close = float(market.previous_close(symbol))
    change = {"d": price - close, "dp": (price / close - 1) * 100}
    return {"c": price, **change, "h": price, "l": price, "o": close, "pc": close, "t": at}


SHAPES = (
    Shape("coinbase", "products/", _coinbase, ("price",), ("time",), ("price",)),
    Shape(
        "kraken",
        "0/public/Ticker",
        _kraken,
        ("result", "XXBTZUSD", "c", 0),
        None,
        ("result", "XXBTZUSD"),
    ),
    Shape("bitstamp", "api/v2/ticker/", _bitstamp, ("last",), ("timestamp",), ("last",)),
    Shape(
        "mempool",
        "api/v1/mining/hashrate/3d",
        _difficulty,
        ("currentDifficulty",),
        None,
        ("currentDifficulty",),
    ),
    Shape("mempool", "api/blocks/tip/height", _height, ()),
    Shape(
        "mempool",
        "api/v1/mining/reward-stats/144",
        _reward_stats,
        ("totalFee",),
        None,
        ("totalFee",),
    ),
    Shape(
        "mempool",
        "api/v1/difficulty-adjustment",
        _difficulty_adjustment,
        ("timeAvg",),
        None,
        ("timeAvg",),
    ),
    Shape(
        "yahoo",
        "v8/finance/chart/",
        _yahoo,
        ("chart", "result", 0, "meta", "regularMarketPrice"),
        ("chart", "result", 0, "meta", "regularMarketTime"),
        ("chart", "result", 0, "meta", "regularMarketPrice"),
    ),
    Shape("finnhub", "api/v1/quote", _finnhub, ("c",), ("t",), ("c",)),
)
PROVIDERS = tuple(dict.fromkeys(shape.provider for shape in SHAPES))


def shape_of(provider: str, path: str) -> Shape | None:
    """Return the shape that answers `path` of `provider`."""
    for shape in SHAPES:
        if shape.provider == provider and path.startswith(shape.matches):
            return shape
    return None


def put(document: Document, path: Path, value: object) -> Document:
    """Return `document` with `value` at `path`; the empty path replaces all of it."""
    if not path:
        return value
    head, *tail = path
    changed = document.copy()
    changed[head] = put(document[head], tuple(tail), value)
    return changed


def look(document: Document, path: Path) -> Any:
    """Return what stands at `path`."""
    for step in path:
        document = document[step]
    return document


def like(old: object, value: Decimal) -> object:
    """Return `value` written as `old` is: text stays text, numbers stay numbers."""
    return str(value) if isinstance(old, str) else int(value)
