"""Esplora: height as text, fees by how many blocks one would wait."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.errors import BadQuote
from monitor.domain.events import HEIGHT
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

FEE_RATE = series_name("chain", "esplora", "fee_rate_sat_vb")


def height(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the height, a bare number."""
    return int(market.value(HEIGHT))


def fees(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the fee rate by the number of blocks."""
    rate = float(market.value(FEE_RATE))
    return {"1": rate, "2": rate, "3": rate, "144": 1.027, "1008": 1.027}


PROVIDER = Provider(
    shapes=(
        Shape("blocks/tip/height", height, ()),
        Shape("fee-estimates", fees, ("1",), rename=("1",)),
    ),
    values={FEE_RATE: Decimal("4.512")},
    outcomes={
        # a bare number has no key
        (Scenario.RENAMED_KEY, HEIGHT): VALUE,
        (Scenario.NULL, HEIGHT): (BadQuote, "wrong_type"),
        (Scenario.ZEROS, HEIGHT): VALUE,
        (Scenario.ZEROS, FEE_RATE): VALUE,
    },
)
