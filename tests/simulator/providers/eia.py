"""EIA: the newest month of one state, in cents and as text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY, iso
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

STATES = {
    state: series_name("power", state.lower(), "retail_price_usd_kwh")
    for state in ("TX", "NY", "GA")
}


def retail(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the price of the state that is asked for, two months back."""
    state = query.get("facets[stateid][]", "")
    row = {
        "period": iso(market.clock.now() - 60 * DAY)[:7],
        "stateid": state,
        "sectorid": "IND",
        "sectorName": "industrial",
        "price": f"{market.value(STATES[state]) * 100}",
        "price-units": "cents per kilowatt-hour",
    }
    return {"response": {"total": "1", "data": [row]}}


_PRICE = ("response", "data", 0, "price")
PROVIDER = Provider(
    shapes=(Shape("v2/electricity/retail-sales/data/", retail, _PRICE, rename=_PRICE),),
    values=dict.fromkeys(STATES.values(), Decimal("0.0633")),
    stated=True,
    environ={"EIA_API_KEY": "test-key-eia-01234567"},
    key_param="api_key",
    refusal={"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}},
    refusal_status=403,
)
