"""Binance futures: one perpetual's funding, open interest and ratios; Bitcoin's interval is 4 hours."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import HOUR
from monitor.core.errors import BadQuote
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

SYMBOL = "BTCUSDT"
FUNDING = "perp.binance.funding_8h_ratio"
HELD = "perp.binance.funding_held_8h_ratio"
OPEN = "perp.binance.open_interest_btc"
ACCOUNTS = "perp.binance.accounts_long_short_ratio"
TOP_ACCOUNTS = "perp.binance.top_accounts_long_short_ratio"
TOP_POSITIONS = "perp.binance.top_positions_long_short_ratio"


def _known(query: Mapping[str, str]) -> None:
    if query.get("symbol") != SYMBOL:
        raise UnknownSymbolError(400, {"code": -1121, "msg": "Invalid symbol."})


def premium_index(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the running funding rate, of four hours."""
    _known(query)
    now = market.clock.now()
    return {
        "symbol": SYMBOL,
        "markPrice": "97251.50000000",
        "indexPrice": "97255.12000000",
        "estimatedSettlePrice": "97240.00000000",
        "lastFundingRate": str(market.value(FUNDING) / 2),
        "interestRate": "0.00010000",
        "nextFundingTime": now - now % (4 * HOUR) + 4 * HOUR,
        "time": now,
    }


def funding_info(_: Market, __: str, ___: Mapping[str, str]) -> Document:
    """Return the intervals that are not the usual."""
    row = {"adjustedFundingRateCap": "0.02500000", "adjustedFundingRateFloor": "-0.02500000"}
    return [
        {"symbol": "BLZUSDT", **row, "fundingIntervalHours": 1, "disclaimer": False},
        {"symbol": SYMBOL, **row, "fundingIntervalHours": 4, "disclaimer": False},
    ]


def funding_rate(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return settlements every four hours, as many as asked for up to 40; the newest is the least."""
    _known(query)
    now, least = market.clock.now(), market.value(HELD) / 2
    return [
        {
            "symbol": SYMBOL,
            "fundingTime": now - back * 4 * HOUR,
            "fundingRate": str(least * (2 if back else 1)),
            "markPrice": "97251.50000000",
        }
        for back in range(_rows(query, 8) - 1, -1, -1)
    ]


def _rows(query: Mapping[str, str], least: int) -> int:
    """Return how many rows are given: what a poll needs, or a past of some days."""
    return 40 if int(query.get("limit", "0")) > 100 else least


def open_interest_hist(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return hours of open contracts, the newest last; the least of the others is a bit less."""
    _known(query)
    now, coins = market.clock.now(), market.value(OPEN)
    return [
        {
            "symbol": SYMBOL,
            "sumOpenInterest": str(coins - back),
            "sumOpenInterestValue": "1",
            "timestamp": str(now - back * HOUR),
        }
        for back in range(_rows(query, 1) - 1, -1, -1)
    ]


def open_interest(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the open contracts in coins."""
    _known(query)
    now = market.clock.now()
    return {"symbol": SYMBOL, "openInterest": str(market.value(OPEN)), "time": now}


def _ratio(instrument: str, matches: str) -> Shape:
    def render(market: Market, _: str, query: Mapping[str, str]) -> Document:
        _known(query)
        # the newest row comes last; documentation and service differ on text or number
        now, before = market.clock.now(), _rows(query, 2) - 1
        rows = [("1.0000", now - back * HOUR) for back in range(before, 0, -1)]
        rows.append(("", now))
        return [
            {
                "symbol": SYMBOL,
                "longShortRatio": ratio or str(market.value(instrument)),
                "longAccount": "0.6622",
                "shortAccount": "0.3378",
                "timestamp": str(at),
            }
            for ratio, at in rows
        ]

    newest = (1, "longShortRatio")
    return Shape(f"futures/data/{matches}", render, newest, (1, "timestamp"), rename=newest)


PROVIDER = Provider(
    shapes=(
        Shape(
            "fapi/v1/premiumIndex",
            premium_index,
            ("lastFundingRate",),
            ("time",),
            rename=("lastFundingRate",),
        ),
        Shape("fapi/v1/fundingInfo", funding_info, (1, "fundingIntervalHours")),
        Shape("fapi/v1/fundingRate", funding_rate, (7, "fundingRate"), rename=(7, "fundingRate")),
        Shape(
            "fapi/v1/openInterest",
            open_interest,
            ("openInterest",),
            ("time",),
            rename=("openInterest",),
        ),
        Shape("futures/data/openInterestHist", open_interest_hist, (0, "sumOpenInterest")),
        _ratio(ACCOUNTS, "globalLongShortAccountRatio"),
        _ratio(TOP_ACCOUNTS, "topLongShortAccountRatio"),
        _ratio(TOP_POSITIONS, "topLongShortPositionRatio"),
    ),
    values={
        FUNDING: Decimal("0.00010000"),
        HELD: Decimal("0.00008000"),
        OPEN: Decimal("84210.337"),
        ACCOUNTS: Decimal("1.9559"),
        TOP_ACCOUNTS: Decimal("1.7102"),
        TOP_POSITIONS: Decimal("1.4337"),
    },
    past={FUNDING: HELD},  # the newest settlement is what was held
    outcomes={
        # a rate of zero is one; an interval of zero hours is none
        (Scenario.ZEROS, FUNDING): (BadQuote, "out_of_bounds"),
        (Scenario.ZEROS, HELD): VALUE,
    },
)
