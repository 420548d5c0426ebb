"""EIA: what industry pays for power in a state, by the month. Needs a free key, in the query alone.

https://www.eia.gov/opendata/documentation.php. In cents per kilowatt-hour, as text, two months late:
a yardstick, not a live price.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

CENTS_PER_USD = 100
UNIT = "cents per kilowatt-hour"
DECEMBER = 12
_MS = 1_000


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the newest month of each state."""
    quotes = []
    for instrument, state in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/v2/electricity/retail-sales/data/",
            params={
                "frequency": "monthly",
                "data[0]": "price",
                "facets[stateid][]": state,
                "facets[sectorid][]": "IND",
                "sort[0][column]": "period",
                "sort[0][direction]": "desc",
                "length": "1",
            },
        )
        root = decode(spec.name, answer)
        _raise_error(root)
        row = root.at("response").at("data").item(0)
        row.says("stateid", state)
        row.says("price-units", UNIT)
        price = row.at("price").price() / CENTS_PER_USD
        at = _month_end(row.at("period"))
        quotes.append(quoted(spec, answer, instrument, price, observed_at=at))
    return quotes


def _month_end(period: Node) -> int:
    """Return when the month `2026-07` ended, ms UTC."""
    try:
        first = datetime.strptime(period.text(), "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        period.refuse("a month such as 2026-07")
    year, month = divmod(first.year * DECEMBER + first.month, DECEMBER)
    return round(first.replace(year=year, month=month + 1).timestamp() * _MS)


def _raise_error(root: Node) -> None:
    # two shapes: {"error": {"code": …}} and {"error": text, "code": number}
    error = root.maybe("error")
    if error is None:
        return
    code = error.maybe("code") if isinstance(error.value, dict) else error
    raise _error(root.provider, "" if code is None else str(code.value)[:60])


def _error(provider: str, text: str) -> FeedError:
    said = f"{provider}: answered {shown(text)}"
    if "API_KEY" in text:
        return FeedRejected(f"{said}; set a valid key", reason=Reason.UNAUTHORIZED)
    reason = Reason.THROTTLED if "OVER_RATE_LIMIT" in text else Reason.SERVER_ERROR
    return FeedUnavailable(f"{said}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="eia",
        base_url="https://api.eia.gov",
        instruments={
            series_name("power", "tx", "retail_price_usd_kwh"): "TX",
            series_name("power", "ny", "retail_price_usd_kwh"): "NY",
            series_name("power", "ga", "retail_price_usd_kwh"): "GA",
        },
        interval_s=21_600,
        timeout_s=20,
        fresh_s=10_368_000,  # the newest month lies up to four months back
        requests_per_minute=60,  # documented: 5 a second and 9,000 an hour at most
        licence="Public domain; the EIA asks to be named as the source.",
        max_bytes=262_144,
        credentials=(Credential(env="EIA_API_KEY", query="api_key"),),
        batch=1,
    ),
    fetch,
)
