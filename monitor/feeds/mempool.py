"""mempool.space, or your own mempool: difficulty, block height, fees and the epoch's pace. No key.

https://mempool.space/docs/api/rest; the same API is served by a self-hosted instance, whose
address then replaces base_url. None of the answers carries a time of its own, a new block's
header excepted, which may be two hours off: our time of receipt stands in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

from monitor.core.clock import DAY
from monitor.domain.events import BLOCK_PACE, DIFFICULTY, FEES, HEIGHT, Quote
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import (
    Frame,
    Heartbeat,
    Ping,
    Quotes,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
)

SATS_PER_BTC = 100_000_000
# From here on a pace is in milliseconds: no epoch ran at 10 s a block, nor at 10,000.
MS_FROM = 10_000
PAST_MS = 740 * DAY
"""A little more than is asked for: what an answer says of earlier days is not written out."""


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each figure at its own path."""
    quotes = []
    for instrument, path in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}{path}")
        value = _READ[instrument](decode(spec.name, answer))
        quotes.append(quoted(spec, answer, instrument, value))
    return quotes


def _difficulty(root: Node) -> Decimal:
    # HTTP 200 with zeros is how the backend says that its node cannot be reached
    return root.at("currentDifficulty").measured("the difficulty")


def _height(root: Node) -> Decimal:
    return Decimal(root.count())


def _fees_btc_per_block(root: Node) -> Decimal:
    first, last = root.at("startBlock").count(), root.at("endBlock").count()
    if last < first:
        root.at("endBlock").refuse(f"a block from {first} on", Reason.OUT_OF_BOUNDS)
    # totalFee is in satoshi, as text; subsidies are not in it
    return Decimal(root.at("totalFee").count()) / SATS_PER_BTC / (last - first + 1)


def _block_pace_s(root: Node) -> Decimal:
    value = root.at("timeAvg").measured("the mean time per block")
    # Milliseconds; older versions gave seconds. It counts up to the present moment and not to the
    # last block: some 600 s over the whole epoch too much, far inside the projection's error.
    return value / 1_000 if value >= MS_FROM else value


_READ = {
    DIFFICULTY: _difficulty,
    HEIGHT: _height,
    FEES: _fees_btc_per_block,
    BLOCK_PACE: _block_pace_s,
}


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for two years of difficulty; of the others there is no history here."""
    if DIFFICULTY not in spec.instruments:
        return ()
    answer = await http.get(f"{spec.base_url}/api/v1/mining/hashrate/2y")
    rows = decode(spec.name, answer).at("difficulty").items()
    return list(_by_day(spec, answer, rows))


def _by_day(spec: FeedSpec, answer: Answer, rows: Sequence[Node]) -> Iterator[Quote]:
    """Yield the difficulty at the end of each day, UTC: it holds until the next retarget."""
    told = [
        # the documents call it `timestamp`, the service `time`
        ((row.maybe("time") or row.at("timestamp")).unix_time(), row.at("difficulty"))
        for row in rows
    ]
    told.sort(key=lambda row: row[0])
    ends = (*(at for at, _ in told[1:]), answer.received_at + 1)
    for (at, difficulty), end in zip(told, ends, strict=False):
        value = difficulty.measured("a difficulty")
        first = max(-(-at // DAY) * DAY, answer.received_at - PAST_MS)
        for midnight in range(-(-first // DAY) * DAY, min(end, answer.received_at + 1), DAY):
            yield quoted(spec, answer, DIFFICULTY, value, observed_at=midnight)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for new blocks, and for the figures that come each few seconds."""
    del spec  # the subscription names no instrument
    return (json.dumps({"action": "want", "data": ["blocks", "stats"]}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message, a bag of optional members; nothing confirms but that they come."""
    root = read(message, spec)
    if root.maybe("pong") is not None:
        return (Heartbeat(),)
    frames: list[Frame] = []
    if any(root.maybe(name) for name in ("block", "blocks", "mempoolInfo", "da")):
        frames.append(Subscribed(frozenset(spec.instruments)))
    block, adjustment = root.maybe("block"), root.maybe("da")
    if block is not None:
        height = _height(block.at("height"))
        frames.append(Quotes((sent(spec, received_at, HEIGHT, height),)))
    if adjustment is not None:
        pace_s = _block_pace_s(adjustment)
        frames.append(Quotes((sent(spec, received_at, BLOCK_PACE, pace_s),)))
    return frames


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
    past=past,
)
STREAM = Stream(
    StreamSpec(
        name="mempool",
        url="wss://mempool.space/api/v1/ws",
        instruments={HEIGHT: "block", BLOCK_PACE: "da"},
        fresh_s=FEED.spec.fresh_s,
        silent_s=60,
        licence=FEED.spec.licence,
        ping=Ping(every_s=20, message='{"action":"ping"}'),
        max_bytes=1_048_576,  # the first message has the last blocks
        # A height is as old as its last mention: asking tells that there is no newer block.
        check_s=60,
        flush_s=2,
    ),
    subscribe,
    parse,
)
