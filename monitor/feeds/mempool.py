"""mempool.space, or your own mempool: difficulty, block height, fees and the epoch's pace. No key.

https://mempool.space/docs/api/rest; the same API is served by a self-hosted instance, whose
address then replaces base_url. None of the answers carries a time of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.events import BLOCK_PACE, DIFFICULTY, FEES, HEIGHT, Quote
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

SATS_PER_BTC = 100_000_000
# From here on a pace is in milliseconds: no epoch ran at 10 s a block, nor at 10,000.
MS_FROM = 10_000


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each figure at its own path."""
    quotes = []
    for instrument, path in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}{path}")
        value = _READ[instrument](decode(spec.name, answer))
        quotes.append(quoted(spec, answer, instrument, value))
    return quotes


def _difficulty(root: Node) -> Decimal:
    difficulty = root.at("currentDifficulty")
    value = difficulty.number()
    if value <= 0:
        # HTTP 200 with zeros is how the backend says that its node cannot be reached
        difficulty.refuse("the difficulty", Reason.MISSING_FIELD)
    return value


def _height(root: Node) -> Decimal:
    return Decimal(root.count())


def _fees_btc_per_block(root: Node) -> Decimal:
    first, last = root.at("startBlock").count(), root.at("endBlock").count()
    if last < first:
        root.at("endBlock").refuse(f"a block from {first} on", Reason.OUT_OF_BOUNDS)
    # totalFee is in satoshi, as text; subsidies are not in it
    return Decimal(root.at("totalFee").count()) / SATS_PER_BTC / (last - first + 1)


def _block_pace_s(root: Node) -> Decimal:
    pace = root.at("timeAvg")
    value = pace.number()
    if value <= 0:
        pace.refuse("the mean time per block", Reason.MISSING_FIELD)
    # Milliseconds; older versions gave seconds. It counts up to the present moment and not to the
    # last block: some 600 s over the whole epoch too much, far inside the projection's error.
    return value / 1_000 if value >= MS_FROM else value


_READ = {
    DIFFICULTY: _difficulty,
    HEIGHT: _height,
    FEES: _fees_btc_per_block,
    BLOCK_PACE: _block_pace_s,
}

FEED = Feed(
    FeedSpec(
        name="mempool",
        base_url="https://mempool.space",
        instruments={
            DIFFICULTY: "/api/v1/mining/hashrate/3d",
            HEIGHT: "/api/blocks/tip/height",
            FEES: "/api/v1/mining/reward-stats/144",
            BLOCK_PACE: "/api/v1/difficulty-adjustment",
        },
        interval_s=60,
        timeout_s=10,
        # Difficulty holds for two weeks and a block takes ten minutes: a figure of a quarter of
        # an hour ago is still the network's.
        fresh_s=900,
        requests_per_minute=12,  # the limit is enforced but not published; far below suspicion
        licence="Public API of an AGPL-3.0 project; free for own use, limits unpublished.",
        max_bytes=131_072,
        batch=1,
    ),
    fetch,
)
