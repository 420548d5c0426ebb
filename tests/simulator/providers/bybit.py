"""Bybit: a linear and an inverse perpetual, in an envelope whose code is a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from monitor.core.clock import HOUR
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Path, Shape, UnknownSymbolError

Render = Callable[[Market, str, Mapping[str, str]], Document]

CATEGORIES = {"BTCUSDT": "linear", "BTCUSD": "inverse"}
HELD = "perp.bybit.funding_held_8h_ratio"
ACCOUNTS = "perp.bybit.accounts_long_short_ratio"
FUNDING = {
    "BTCUSDT": "perp.bybit.funding_8h_ratio",
    "BTCUSD": "perp.bybit-inverse.funding_8h_ratio",
}
OPEN = {
    "BTCUSDT": "perp.bybit.open_interest_btc",
    "BTCUSD": "perp.bybit-inverse.open_interest_usd",
}


def _sealed(market: Market, result: Document) -> Document:
    now = market.clock.now()
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now}


def _asked(query: Mapping[str, str]) -> str:
    symbol = query.get("symbol", "")
    if CATEGORIES.get(symbol) != query.get("category"):
        body = {"retCode": 10001, "retMsg": "Not supported symbols", "result": {}, "time": 0}
        raise UnknownSymbolError(200, body)
    return symbol


def tickers(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return price, funding and more of one contract; many texts are empty."""
    symbol = _asked(query)
    row = {
        "symbol": symbol,
        "lastPrice": "97250.50",
        "fundingRate": str(market.value(FUNDING[symbol])),
        "fundingIntervalHour": "8",
        "openInterest": "1",
        "predictedDeliveryPrice": "",
        "basis": "",
    }
    return _sealed(market, {"category": CATEGORIES[symbol], "list": [row]})


def _rows(query: Mapping[str, str], least: int) -> int:
    """Return how many rows are given: what a poll needs, or a past of some days."""
    return 40 if int(query.get("limit", "0")) > 100 else least


def funding_history(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return a day and more of settlements, the newest first and the least."""
    symbol = _asked(query)
    now, least = market.clock.now(), market.value(HELD)
    rows = [
        {
            "symbol": symbol,
            "fundingRate": str(least * (2 if back else 1)),
            "fundingRateTimestamp": str(now - back * 8 * HOUR),
        }
        for back in range(_rows(query, 5))
    ]
    return _sealed(market, {"category": CATEGORIES[symbol], "list": rows})


def open_interest(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return both sides and one, the newest first."""
    symbol = _asked(query)
    one = market.value(OPEN[symbol])
    rows = [
        {
            "openInterest": str((one - back) * 2),
            "singleOpenInterest": str(one - back),
            "timestamp": str(market.clock.now() - back * 4 * HOUR),
        }
        for back in range(_rows(query, 1))
    ]
    return _sealed(market, {"symbol": symbol, "list": rows, "nextPageCursor": ""})


def account_ratio(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the shares of accounts that are long and short, the newest first."""
    rows = [
        {
            "symbol": _asked(query),
            "buyRatio": str(market.value(ACCOUNTS) * Decimal("0.4")),
            "sellRatio": "0.4",
            "timestamp": str(market.clock.now() - back * 4 * HOUR),
        }
        for back in range(_rows(query, 1))
    ]
    return _sealed(market, {"list": rows, "nextPageCursor": ""})


def _shape(path: str, render: Render, field: str, time: Path | None) -> Shape:
    place = ("result", "list", 0, field)
    return Shape(f"v5/market/{path}", render, place, time, rename=place)


PROVIDER = Provider(
    shapes=(
        _shape("tickers", tickers, "fundingRate", ("time",)),
        _shape("funding/history", funding_history, "fundingRate", None),
        _shape(
            "open-interest",
            open_interest,
            "singleOpenInterest",
            ("result", "list", 0, "timestamp"),
        ),
        _shape("account-ratio", account_ratio, "buyRatio", ("result", "list", 0, "timestamp")),
    ),
    values={
        FUNDING["BTCUSDT"]: Decimal("0.00010500"),
        FUNDING["BTCUSD"]: Decimal("0.00011000"),
        HELD: Decimal("0.00006000"),
        OPEN["BTCUSDT"]: Decimal("51200.120"),
        OPEN["BTCUSD"]: Decimal(240_113_967),
        ACCOUNTS: Decimal("1.1500"),
    },
    past={FUNDING["BTCUSDT"]: HELD, FUNDING["BTCUSD"]: HELD},  # one history for both
    outcomes={
        # a rate of zero is one
        **{(Scenario.ZEROS, name): VALUE for name in (*FUNDING.values(), HELD)},
        # without one side, half of both stands in
        **{(Scenario.NULL, name): VALUE for name in OPEN.values()},
        **{(Scenario.RENAMED_KEY, name): VALUE for name in OPEN.values()},
    },
)
