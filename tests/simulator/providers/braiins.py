"""Braiins Insights: one page of hashrate statistics without a time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.domain.events import HASHPRICE_INDEX_USD
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

HASHRATE = series_name("chain", "braiins", "hashrate_eh")
TH_PER_PH = 1_000


def stats(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the statistics."""
    return {
        "avg_fees_per_block": 0.016,
        "current_hashrate": float(market.value(HASHRATE)),
        "current_hashrate_estimated": 1_146.5,
        "fees_percent": 0.5,
        "hash_price": float(market.value(HASHPRICE_INDEX_USD) / TH_PER_PH),
        "hash_rate_30": 1_074.37,
        "hash_value": 4e-07,
        "rev_usd": 40_872_449.1,
    }


PROVIDER = Provider(
    shapes=(Shape("api/v1.0/hashrate-stats", stats, ("hash_price",), rename=("hash_price",)),),
    dated=True,
    values={HASHPRICE_INDEX_USD: Decimal(39), HASHRATE: Decimal("1001.23")},
)
