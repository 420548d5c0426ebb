"""Gemini: last trade, book and 24 h volume of BTC-USD. No key.

https://docs.gemini.com/rest/market-data. The older ticker is asked, since the newer has no time.
https://docs.gemini.com/websocket-api/#market-data-version-2. The book comes along and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Numbering
from monitor.feeds.streams import (
    Frame,
    Heartbeat,
    Ping,
    Quotes,
    Refused,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
)


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; the time stands beside the volumes, in milliseconds."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/v1/pubticker/{pair}")
        ticker = decode(spec.name, answer)
        _raise_error(ticker)
        volumes = ticker.at("volume")
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("last").price(),
                observed_at=volumes.at("timestamp").unix_time(),
                book=Book(
                    ticker.optional("bid"),
                    ticker.optional("ask"),
                    volumes.optional(instrument.partition("-")[0]),
                ),
            )
        )
    return quotes


def _raise_error(root: Node) -> None:
    result = root.maybe("result")
    if result is not None and result.value == "error":
        raise _error(root.provider, root.at("reason").text())


def _error(provider: str, code: str) -> FeedError:
    said = f"{provider}: answered {shown(code)}"
    if code == "InvalidSymbol":
        return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)
    reason = Reason.THROTTLED if code == "RateLimit" else Reason.SERVER_ERROR
    return FeedUnavailable(f"{said}; it is asked again later", reason=reason)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for each pair's book: its trades come with it, and by no other name."""
    wanted = [{"name": "l2", "symbols": list(spec.instruments.values())}]
    return (json.dumps({"type": "subscribe", "subscriptions": wanted}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message by its type; a change of the book is a sign of life."""
    root = read(message, spec)
    result = root.maybe("result")
    if result is not None and result.value == "error":
        return (Refused(_error(root.provider, root.at("reason").text())),)
    match root.at("type").text():
        case "trade":
            return (_trade(root, received_at, spec),)
        case "l2_updates":
            # the first has the whole book, and so confirms
            return (Subscribed(frozenset({spec.instrument(root.at("symbol"))})),)
        case "heartbeat":
            return (Heartbeat(),)
        case _:
            return ()


def _trade(trade: Node, received_at: int, spec: StreamSpec) -> Frame:
    instrument = spec.instrument(trade.at("symbol"))
    price, at = trade.at("price").price(), trade.at("timestamp").unix_time()
    quote = sent(spec, received_at, instrument, price, observed_at=at)
    return Quotes((quote,), "trade", trade.at("event_id").count())


FEED = Feed(
    FeedSpec(
        name="gemini",
        base_url="https://api.gemini.com",
        instruments={BTC_USD: "btcusd"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=120,  # documented; one a second is asked for
        licence="Public market data; own use under Gemini's API agreement, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="gemini",
        url="wss://api.gemini.com/v2/marketdata",
        instruments={BTC_USD: "BTCUSD"},
        fresh_s=FEED.spec.fresh_s,
        silent_s=30,  # the book changes all the time, and a heartbeat is documented
        licence=FEED.spec.licence,
        ping=Ping(every_s=10),
        max_bytes=2_097_152,  # the whole book in one message at first
        numbering={"trade": Numbering.RISING},  # one count for all that happens on the venue
    ),
    subscribe,
    parse,
)
