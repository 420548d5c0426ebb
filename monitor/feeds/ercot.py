"""ERCOT's public API: the real-time price of power at a hub or zone. Needs a free account.

https://developer.ercot.com. A subscription key, and a token that holds for an hour: have it renewed
into the file that ERCOT_ID_TOKEN_FILE names, which is read anew when it changes. Rows are lists whose
columns are named beside them; times are local, and the doubled hour of autumn is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from monitor.core.errors import BadQuote
from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

CENTRAL = ZoneInfo("America/Chicago")
MINUTES = 15
_MS = 1_000


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the prices of the newest intervals of each point."""
    quotes = []
    for point in dict.fromkeys(spec.instruments.values()):
        answer = await http.get(
            f"{spec.base_url}/api/public-reports/np6-905-cd/spp_node_zone_hub",
            params={
                "settlementPoint": point,
                "sort": "deliveryDate",
                "dir": "desc",
                "size": "100",
            },
        )
        root = decode(spec.name, answer)
        value, at = _newest(root, point)
        quotes += [
            quoted(spec, answer, instrument, value, observed_at=at)
            for instrument, own in spec.instruments.items()
            if own == point
        ]
    return quotes


def _newest(root: Node, point: str) -> tuple[Decimal, int]:
    """Return the price of the last interval of `point`, and when that interval ended."""
    places = _columns(root.at("fields"))
    rows = root.at("data")
    newest: tuple[int, Decimal] | None = None
    for cells in rows.items():
        row = {name: cells.item(place) for name, place in places.items()}
        if row["settlementPoint"].text() != point:
            row["settlementPoint"].refuse(repr(point), Reason.WRONG_SYMBOL)
        found = (_ended(row), row["settlementPointPrice"].number())
        newest = found if newest is None or found[0] > newest[0] else newest
    if newest is None:
        rows.refuse("at least one interval", Reason.MISSING_FIELD)
    return newest[1], newest[0]


def _columns(fields: Node) -> Mapping[str, int]:
    """Return where in a row each column that is needed stands."""
    names = [field.at("name").text() for field in fields.items()]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        message = f"{fields.provider}: {fields.path} names no column {', '.join(missing)}"
        raise BadQuote(message, reason=Reason.MISSING_FIELD)
    return {name: names.index(name) for name in COLUMNS}


COLUMNS = (
    "deliveryDate",
    "deliveryHour",
    "deliveryInterval",
    "settlementPoint",
    "settlementPointPrice",
    "DSTFlag",
)


def _ended(row: Mapping[str, Node]) -> int:
    """Return when an interval ended: hours count from 1, quarters of an hour as well."""
    stated = row["deliveryDate"]
    try:
        day = date.fromisoformat(stated.text()[:10])
    except ValueError:
        stated.refuse("a date")
    hour, quarter = row["deliveryHour"].count(), row["deliveryInterval"].count()
    if not (1 <= hour <= 24 and 1 <= quarter <= 4):  # noqa: PLR2004 - of a day, of an hour
        row["deliveryHour"].refuse("an hour of 1 to 24 with a quarter of 1 to 4")
    began = time(hour - 1, (quarter - 1) * MINUTES, fold=int(row["DSTFlag"].value is True))
    local = datetime.combine(day, began, CENTRAL)
    ended = local.astimezone(UTC) + timedelta(minutes=MINUTES)
    return round(ended.timestamp() * _MS)


FEED = Feed(
    FeedSpec(
        name="ercot",
        base_url="https://api.ercot.com",
        instruments={
            series_name("power", "ercot_hub_average", "price_usd_mwh"): "HB_HUBAVG",
            series_name("power", "ercot_west", "price_usd_mwh"): "HB_WEST",
            # Rockdale and Corsicana buy from this grid; the hubs' mean stands for their nodes
            "RIOT.spot_power_price_usd_mwh": "HB_HUBAVG",
        },
        interval_s=300,
        timeout_s=20,
        fresh_s=2_700,  # an interval is published some minutes after its quarter of an hour
        requests_per_minute=20,
        licence="Free account; own use under ERCOT's terms for its public API.",
        max_bytes=1_048_576,
        credentials=(
            Credential(env="ERCOT_SUBSCRIPTION_KEY", header="Ocp-Apim-Subscription-Key"),
            Credential(env="ERCOT_ID_TOKEN", header="Authorization", prefix="Bearer "),
        ),
    ),
    fetch,
)
