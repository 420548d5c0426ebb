"""Luxor: the hashprice index, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import iso
from monitor.domain.events import HASHPRICE_INDEX_BTC, HASHPRICE_INDEX_USD
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

PER_PH = {"PHS": 1, "THS": 1_000}


def hashprice(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the index in both currencies, for the unit that is asked for."""
    parts = PER_PH[query.get("hashunit", "THS")]
    return {
        "data": {
            "priceBTC": float(market.value(HASHPRICE_INDEX_BTC) / parts),
            "priceUSD": float(market.value(HASHPRICE_INDEX_USD) / parts),
            "timestamp": iso(market.clock.now()),
        }
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "v1/hashrateindex/hashprice/current",
            hashprice,
            ("data", "priceUSD"),
            time=("data", "timestamp"),
            rename=("data", "priceUSD"),
        ),
    ),
    values={HASHPRICE_INDEX_BTC: Decimal("0.000401")},
    environ={"LUXOR_API_KEY": "test-key-luxor-0123"},
    key_header="X-Hi-Api-Key",
    refusal={"error": "unauthorized"},
)
