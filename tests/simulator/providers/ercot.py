"""ERCOT's public API: rows as lists, their columns named beside them, times local."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.core.clock import SECOND
from monitor.core.errors import BadQuote
from monitor.domain.series import series_name
from monitor.feeds.ercot import CENTRAL, COLUMNS, MINUTES
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

AVERAGE = series_name("power", "ercot_hub_average", "price_usd_mwh")
WEST = series_name("power", "ercot_west", "price_usd_mwh")
RIOT = "RIOT.spot_power_price_usd_mwh"
POINTS = {"HB_HUBAVG": AVERAGE, "HB_WEST": WEST}


def prices(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the last two intervals of the point that is asked for."""
    point = query.get("settlementPoint", "")
    price = float(market.value(POINTS[point]))
    rows = [_row(market, point, price, back) for back in (1, 2)]
    fields = [{"name": name, "label": name, "dataType": "VARCHAR"} for name in COLUMNS]
    return {"_meta": {"totalRecords": 2}, "fields": fields, "data": rows}


def _row(market: Market, point: str, price: float, back: int) -> list[object]:
    ended = datetime.fromtimestamp(market.clock.now() / SECOND, UTC)
    ended -= timedelta(minutes=ended.minute % MINUTES, seconds=ended.second)
    began = (ended - back * timedelta(minutes=MINUTES)).astimezone(CENTRAL)
    quarter = began.minute // MINUTES + 1
    doubled = bool(began.fold)
    return [
        began.date().isoformat(), began.hour + 1, quarter, point, price + back - 1, doubled,
    ]  # fmt: skip


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/public-reports/np6-905-cd/spp_node_zone_hub",
            prices,
            ("data", 0, 4),
            rename=("fields", 4, "name"),
        ),
    ),
    values={AVERAGE: Decimal("31.25"), WEST: Decimal("28.40"), RIOT: Decimal("31.25")},
    same={RIOT: AVERAGE},
    stated=True,
    outcomes={
        # power may well cost nothing
        (Scenario.ZEROS, "ercot"): VALUE,
        (Scenario.NULL, "ercot"): (BadQuote, "wrong_type"),
    },
    environ={"ERCOT_SUBSCRIPTION_KEY": "test-key-ercot-01234", "ERCOT_ID_TOKEN": "test-token-0123"},
    key_header="Ocp-Apim-Subscription-Key",
    refusal={"statusCode": 401, "message": "Access denied due to missing subscription key."},
)
