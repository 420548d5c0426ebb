"""Deribit: the perpetual, a few options of three expiries, and the volatility index in percent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

MARK = "perp.deribit.mark_usd"
FUNDING = "perp.deribit.funding_8h_ratio"
PERP_OPEN = "perp.deribit.open_interest_usd"
OPEN = "options.deribit.open_interest_btc"
PUT_CALL = "options.deribit.put_call_ratio"
EXPIRY = "options.deribit.next_expiry_open_interest_btc"
PAIN = "options.deribit.max_pain_usd"
VOLATILITY = "options.deribit.implied_volatility_30d_ratio"


def _sealed(market: Market, result: Document) -> Document:
    now_us = market.clock.now() * 1_000
    return {"jsonrpc": "2.0", "result": result, "usIn": now_us, "usOut": now_us, "testnet": False}


def perpetual(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return what is open in the perpetual, in dollars, and its funding over eight hours."""
    if query.get("instrument_name") != "BTC-PERPETUAL":
        error = {"message": "Invalid params", "code": -32602, "data": {"reason": "wrong format"}}
        raise UnknownSymbolError(400, {"jsonrpc": "2.0", "error": error})
    row = {
        "instrument_name": "BTC-PERPETUAL",
        "mark_price": float(market.value(MARK)),
        "open_interest": int(market.value(PERP_OPEN)),
        "current_funding": 0.0,
        "funding_8h": float(market.value(FUNDING)),
        "creation_timestamp": market.clock.now(),
    }
    return _sealed(market, [row])


def _month_end(market: Market) -> datetime:
    """Return the last Friday of the present month or, when that is past, of the next."""
    now = datetime.fromtimestamp(market.clock.now() / 1_000, UTC)
    for ahead in range(70):
        day = now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
        if day > now and day.weekday() == 4 and (day + timedelta(days=7)).month != day.month:
            return day
    raise AssertionError("no month has ended in seventy days")


def options(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the options; next month's are worth the least at the strike of the greatest weight."""
    month = _month_end(market)
    week = month - timedelta(days=7) if month.day > 7 else month + timedelta(days=7)
    later = month + timedelta(days=70)
    expiry, pain = market.value(EXPIRY), int(market.value(PAIN))
    # of all that is open the calls are so many that the puts stand to them as the ratio says
    calls = market.value(OPEN) / (1 + market.value(PUT_CALL))
    puts = market.value(OPEN) - calls
    rows = [
        (month, pain, "C", expiry / 2),
        (month, pain, "P", expiry / 2),
        (week, pain + 5_000, "P", puts - expiry / 2),
        (later, pain + 9_000, "C", calls - expiry / 2),
    ]
    listed = [
        {
            "instrument_name": f"BTC-{at.day}{at:%b%y}-{strike}-{kind}".upper(),
            "open_interest": float(amount),
            "underlying_price": 97_250.5,
            "bid_price": None,
            "mid_price": None,
            "creation_timestamp": market.clock.now(),
        }
        for at, strike, kind, amount in rows
    ]
    return _sealed(market, listed)


def server_time(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return Deribit's own time."""
    return _sealed(market, market.clock.now())


def volatility(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return two candles of the index, of which the close counts."""
    now, close = market.clock.now(), float(market.value(VOLATILITY) * 100)
    candles = [[now - 60_000, 40.0, 41.0, 39.0, 40.5], [now, 41.0, 45.0, 40.0, close]]
    return _sealed(market, {"data": candles, "continuation": None})


PROVIDER = Provider(
    shapes=(
        Shape(
            "public/get_book_summary_by_instrument",
            perpetual,
            ("result", 0, "mark_price"),
            ("result", 0, "creation_timestamp"),
            rename=("result", 0, "mark_price"),
        ),
        Shape(
            "public/get_book_summary_by_currency",
            options,
            ("result", 0, "open_interest"),
            ("result", 0, "creation_timestamp"),
        ),
        Shape("public/get_time", server_time, ("result",)),
        Shape(
            "public/get_volatility_index_data",
            volatility,
            ("result", "data", 1, 4),
            ("result", "data", 1, 0),
        ),
    ),
    values={
        MARK: Decimal("97240.50"),
        FUNDING: Decimal("0.00012000"),
        PERP_OPEN: Decimal(1_250_000_000),
        OPEN: Decimal(290_000),
        PUT_CALL: Decimal("0.6000"),
        EXPIRY: Decimal(40_000),
        PAIN: Decimal(92_000),
        VOLATILITY: Decimal("0.4530"),
    },
)
