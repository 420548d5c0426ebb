"""Hyperliquid: names and figures of its markets as two lists, in which bitcoin is the second."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import HOUR
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

FUNDING = "perp.hyperliquid.funding_8h_ratio"
OPEN = "perp.hyperliquid.open_interest_btc"


def _funding(market: Market, asked: Mapping[str, str]) -> Document:
    """Return the hours since a beginning, 500 at most, the oldest first; one row has no premium."""
    if asked.get("coin") != "BTC":
        raise UnknownSymbolError(200, [])
    now, rate = market.clock.now(), str(market.value(FUNDING) / 8)
    begin = -(-int(asked["startTime"]) // HOUR) * HOUR
    rows = [
        {"coin": "BTC", "fundingRate": rate, "premium": "-0.0005", "time": at}
        for at in range(begin, now + 1, HOUR)
    ][:500]
    rows[-1].pop("premium")
    return rows


def info(market: Market, _: str, asked: Mapping[str, str]) -> Document:
    """Return all markets, where a dead one has no middle price, or the funding of bitcoin's hours."""
    if asked.get("type") == "fundingHistory":
        return _funding(market, asked)
    if asked.get("type") != "metaAndAssetCtxs":
        raise UnknownSymbolError(422, "Failed to deserialize the JSON body into the target type")
    names = [{"name": "DEAD", "szDecimals": 0}, {"name": "BTC", "szDecimals": 5}]
    dead = {"funding": "0.0", "openInterest": "0.0", "midPx": None, "premium": None}
    live = {
        "funding": str(market.value(FUNDING) / 8),
        "openInterest": str(market.value(OPEN)),
        "markPx": "97262.0",
        "midPx": "97258.5",
        "oraclePx": "97305.0",
        "premium": "-0.0005927453",
    }
    return [{"universe": names}, [dead, live]]


PROVIDER = Provider(
    shapes=(Shape("info", info, (1, 1, "funding"), rename=(1, 1, "funding")),),
    values={FUNDING: Decimal("0.00010000"), OPEN: Decimal("27353.17682")},
    outcomes={(Scenario.ZEROS, "hyperliquid"): VALUE},  # a rate of zero is one
)
