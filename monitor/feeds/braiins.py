"""Braiins Insights: a hashprice index and estimated hashrate. No key; an unofficial endpoint.

https://insights.braiins.com. It redirects to another host, and its answer has no time of its own:
the Date header, which is the server's, stands in. The hashprice has three decimals per terahash,
which is a resolution of one dollar per petahash.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from email.utils import parsedate_to_datetime

from monitor.domain.events import HASHPRICE_INDEX_USD, Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Answer, Feed, FeedSpec, Http

HASHRATE = series_name("chain", "braiins", "hashrate_eh")
TH_PER_PH = 1_000
MS_PER_S = 1_000


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all of them."""
    answer = await http.get(f"{spec.base_url}/api/v1.0/hashrate-stats")
    root = decode(spec.name, answer)
    at = _stated(answer)
    return [
        quoted(spec, answer, instrument, _READ[instrument](root.at(field)), observed_at=at)
        for instrument, field in spec.instruments.items()
    ]


def _stated(answer: Answer) -> int | None:
    """Return the server's own time, None where it states none that can be read."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * MS_PER_S)


def _usd_ph_day(node: Node) -> Decimal:
    return node.price() * TH_PER_PH


def _eh(node: Node) -> Decimal:
    return node.price()


_READ = {HASHPRICE_INDEX_USD: _usd_ph_day, HASHRATE: _eh}

FEED = Feed(
    FeedSpec(
        name="braiins",
        base_url="https://insights.braiins.com",
        instruments={HASHPRICE_INDEX_USD: "hash_price", HASHRATE: "current_hashrate"},
        interval_s=300,
        timeout_s=10,
        fresh_s=3_600,
        requests_per_minute=6,  # unpublished; ten a minute were answered
        licence="Unofficial endpoint without published terms; own use only.",
        max_bytes=65_536,
        hosts=("learn.braiins.com",),
    ),
    fetch,
)
