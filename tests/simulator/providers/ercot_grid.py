"""ERCOT's dashboard: rows of load and capacity, the last of them a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import HOUR, iso
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

DEMAND = series_name("power", "ercot", "demand_mw")
CAPACITY = series_name("power", "ercot", "capacity_mw")


def dashboard(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the rows of two hours and of one that lies ahead."""
    now = market.clock.now()
    demand, capacity = int(market.value(DEMAND)), int(market.value(CAPACITY))

    def row(at: int, load: int) -> Document:
        return {"capacity": capacity, "demand": load, "timestamp": _written(at), "hourEnding": 0}

    rows = [row(now, demand), row(now - HOUR, 40_000), row(now + HOUR, 99_000)]
    return {"lastUpdated": _written(now), "data": rows}


def _written(at: int) -> str:
    return f"{iso(at)[:19].replace('T', ' ')}+0000"


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/1/services/read/dashboards/supply-demand.json",
            dashboard,
            ("data", 0, "demand"),
            rename=("data", 0, "demand"),
        ),
    ),
    values={DEMAND: Decimal(55_094), CAPACITY: Decimal(67_673)},
    stated=True,
)
