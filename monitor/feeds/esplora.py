"""Esplora (blockstream.info, or your own): block height and the fee for the next block. No key.

https://github.com/Blockstream/esplora/blob/master/API.md. No answer carries a time of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.events import HEIGHT, Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http

FEE_RATE = series_name("chain", "esplora", "fee_rate_sat_vb")


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each figure at its own path."""
    quotes = []
    for instrument, path in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}{path}")
        value = _READ[instrument](decode(spec.name, answer))
        quotes.append(quoted(spec, answer, instrument, value))
    return quotes


def _height(root: Node) -> Decimal:
    return Decimal(root.count())


def _fee_rate(root: Node) -> Decimal:
    return root.at("1").number()


_READ = {HEIGHT: _height, FEE_RATE: _fee_rate}

FEED = Feed(
    FeedSpec(
        name="esplora",
        base_url="https://blockstream.info/api",
        instruments={HEIGHT: "/blocks/tip/height", FEE_RATE: "/fee-estimates"},
        interval_s=60,
        timeout_s=10,
        fresh_s=900,
        requests_per_minute=12,  # undocumented; some 250 ms between requests are reported to do
        licence="Public API of an MIT-licensed project; free for own use, limits unpublished.",
        max_bytes=65_536,
        batch=1,
    ),
    fetch,
)
