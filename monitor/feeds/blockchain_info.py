"""blockchain.com statistics: difficulty, block height and estimated hashrate. No key.

https://www.blockchain.com/explorer/api/charts_api. Units are not what the names say: `hash_rate`
is in GH/s, and the fees are in satoshi.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.events import DIFFICULTY, HEIGHT, Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http

HASHRATE = series_name("chain", "blockchain_info", "hashrate_eh")
GH_PER_EH = 1_000_000_000
TH_PER_EH = 1_000_000
"""The chart counts in another unit than the statistics, and says so."""


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all of them; the time is in milliseconds."""
    answer = await http.get(f"{spec.base_url}/stats")
    root = decode(spec.name, answer)
    at = root.at("timestamp").unix_time()
    return [
        quoted(spec, answer, instrument, _READ[instrument](root.at(field)), observed_at=at)
        for instrument, field in spec.instruments.items()
    ]


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for two years of estimated hashrate, one for each day; the others have no past here."""
    if HASHRATE not in spec.instruments:
        return ()
    params = {"timespan": "2years", "sampled": "false", "format": "json"}
    answer = await http.get(f"{spec.base_url}/charts/hash-rate", params=params)
    root = decode(spec.name, answer)
    root.says("unit", "Hash Rate TH/s")
    return [
        quoted(
            spec,
            answer,
            HASHRATE,
            row.at("y").measured("the hashrate") / TH_PER_EH,
            observed_at=row.at("x").unix_time(),
        )
        for row in root.at("values").items()
    ]


def _difficulty(node: Node) -> Decimal:
    return node.measured("the difficulty")


def _height(node: Node) -> Decimal:
    return Decimal(node.count())


def _hashrate_eh(node: Node) -> Decimal:
    return node.measured("the hashrate") / GH_PER_EH


_READ = {DIFFICULTY: _difficulty, HEIGHT: _height, HASHRATE: _hashrate_eh}

FEED = Feed(
    FeedSpec(
        name="blockchain_info",
        base_url="https://api.blockchain.info",
        instruments={DIFFICULTY: "difficulty", HEIGHT: "n_blocks_total", HASHRATE: "hash_rate"},
        interval_s=300,
        timeout_s=10,
        fresh_s=3_600,
        requests_per_minute=6,  # undocumented; ten seconds between calls are reported to do
        licence="Public statistics; own use under Blockchain.com's API terms.",
        max_bytes=65_536,
    ),
    fetch,
    past=past,
)
