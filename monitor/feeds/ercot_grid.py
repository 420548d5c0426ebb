"""ERCOT's dashboard: load and capacity of the Texan grid. No key, and no published terms of the path.

https://www.ercot.com/gridmktinfo/dashboards/supplyanddemand. Offsets are written without a colon.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

DEMAND = series_name("power", "ercot", "demand_mw")
CAPACITY = series_name("power", "ercot", "capacity_mw")


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once; the newest row that does not lie ahead counts."""
    answer = await http.get(f"{spec.base_url}/api/1/services/read/dashboards/supply-demand.json")
    root = decode(spec.name, answer)
    row, at = _newest(root.at("data"), root.at("lastUpdated").iso_time())
    quotes = []
    for instrument, field in spec.instruments.items():
        # a grid without load, or without anything to supply it, is a figure that is not there
        quotes.append(quoted(spec, answer, instrument, row.at(field).price(), observed_at=at))
    return quotes


def _newest(rows: Node, until: int) -> tuple[Node, int]:
    """Return the last row up to `until` with its time: later ones are a forecast."""
    newest: tuple[Node, int] | None = None
    for row in rows.items():
        at = row.at("timestamp").iso_time()
        if at <= until and (newest is None or at > newest[1]):
            newest = row, at
    if newest is None:
        rows.refuse("a row that does not lie ahead", Reason.MISSING_FIELD)
    return newest


FEED = Feed(
    FeedSpec(
        name="ercot_grid",
        base_url="https://www.ercot.com",
        instruments={DEMAND: "demand", CAPACITY: "capacity"},
        interval_s=300,
        timeout_s=20,
        fresh_s=7_200,
        requests_per_minute=2,
        licence="Public dashboard without API terms; own use only.",
        max_bytes=1_048_576,
    ),
    fetch,
)
