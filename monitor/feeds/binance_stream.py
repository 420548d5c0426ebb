"""The spot streams of Binance's API, which several hosts serve: trades, and the book beside. Hop 2.

https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
The keys of a message differ only by the case of a letter (`e` and `E`, `b` and `B`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.answers import Book, Node, shown
from monitor.feeds.base import FeedSpec
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Numbering
from monitor.feeds.streams import (
    Beside,
    Frame,
    Ping,
    Quotes,
    Refused,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
)

_TOO_MANY = 429


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for each pair's trades, those of one order together, and its ticker for the book."""
    kinds = ("aggTrade", "ticker")
    names = [f"{pair.lower()}@{kind}" for pair in spec.instruments.values() for kind in kinds]
    return (json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: of a stream, or the answer to the subscription, which names no pair."""
    root = read(message, spec)
    data = root.maybe("data")
    if data is None:
        return answered(root, spec)
    match data.at("e").text():
        case "aggTrade":
            instrument = spec.instrument(data.at("s"))
            price, at = data.at("p").price(), data.at("T").unix_time()
            quote = sent(spec, received_at, instrument, price, observed_at=at)
            return (Quotes((quote,), "aggTrade", data.at("a").count()),)
        case "24hrTicker":
            book = Book(data.optional("b"), data.optional("a"), data.optional("v"))
            return (Beside(spec.instrument(data.at("s")), book, received_at),)
        case _:
            return ()


def answered(root: Node, spec: StreamSpec) -> Sequence[Frame]:
    """Read the answer to a subscription, which names nothing that it is of."""
    error = root.maybe("error")
    if error is not None:
        return (Refused(_refusal(error)),)
    return (Subscribed(frozenset(spec.instruments)),) if root.maybe("id") is not None else ()


def _refusal(error: Node) -> FeedError:
    code, said = error.at("code").number(), shown(error.at("msg").value)
    message = f"{error.provider}: the stream answered {code} {said}"
    if code == _TOO_MANY:
        return FeedUnavailable(f"{message}; it is tried again later", reason=Reason.THROTTLED)
    return FeedRejected(f"{message}; check the pair's name", reason=Reason.NOT_FOUND)


def spot_stream(feed: FeedSpec, url: str) -> Stream:
    """Return the stream that goes with a spot feed of this API."""
    spec = StreamSpec(
        name=feed.name,
        url=url,
        instruments=feed.instruments,
        fresh_s=feed.fresh_s,
        silent_s=60,  # the server pings every 20 s, which is a sign of life
        licence=feed.licence,
        ping=Ping(every_s=20),
        max_bytes=65_536,
        numbering={"aggTrade": Numbering.CONSECUTIVE},
    )
    return Stream(spec, subscribe, parse)
