"""Bitstamp: last trade, book and 24 h volume of BTC-USD. No key.

https://www.bitstamp.net/api/#tag/Tickers
https://www.bitstamp.net/websocket/v2/
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

TRADES = "live_trades_"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; `timestamp` is in seconds, as text."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/api/v2/ticker/{pair}/")
        ticker = decode(spec.name, answer)
        _raise_error(ticker)
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("last").price(),
                observed_at=ticker.at("timestamp").unix_time(),
                book=Book(
                    ticker.optional("bid"), ticker.optional("ask"), ticker.optional("volume")
                ),
            )
        )
    return quotes


def _raise_error(root: Node) -> None:
    # two shapes: {"error": …} and {"status": "error", "reason": …, "code": …}
    said = root.maybe("error") or root.maybe("reason")
    if said is None:
        return
    code = root.maybe("code")
    raise _error(root.provider, shown(said.value), shown(code.value) if code else "")


def _error(provider: str, said: str, code: str) -> FeedError:
    message = f"{provider}: answered {said} {code}".rstrip()
    if "404.003" in code:
        return FeedRejected(f"{message}; check the pair's name", reason=Reason.NOT_FOUND)
    reason = Reason.THROTTLED if "400.002" in code else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for each pair's trades; there is no channel with the book and the last price together."""
    channels = [f"{TRADES}{pair}" for pair in spec.instruments.values()]
    return [
        json.dumps({"event": "bts:subscribe", "data": {"channel": channel}}) for channel in channels
    ]


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message by its event."""
    root = read(message, spec)
    match root.at("event").text():
        case "trade":
            return (_trade(root, received_at, spec),)
        case "bts:subscription_succeeded":
            return (Subscribed(frozenset({_instrument(root, spec)})),)
        case "bts:heartbeat":
            return (Heartbeat(),)
        case "bts:request_reconnect":
            said = f"{spec.name}: the stream asked to be opened anew"
            return (Refused(FeedUnavailable(said, reason=Reason.CONNECTION)),)
        case "bts:error":
            said = shown(root.at("data").at("message").value)
            error = f"{spec.name}: the stream answered {said}; check the pair's name"
            return (Refused(FeedRejected(error, reason=Reason.NOT_FOUND)),)
        case _:
            return ()


def _trade(root: Node, received_at: int, spec: StreamSpec) -> Frame:
    trade = root.at("data")
    price = (trade.maybe("price_str") or trade.at("price")).price()
    at = (trade.maybe("microtimestamp") or trade.at("timestamp")).unix_time()
    quote = sent(spec, received_at, _instrument(root, spec), price, observed_at=at)
    return Quotes((quote,), "trade", trade.at("id").count())


def _instrument(root: Node, spec: StreamSpec) -> str:
    channel = root.at("channel")
    pair = channel.text().removeprefix(TRADES)
    return spec.instrument(Node(channel.provider, pair, channel.path))


FEED = Feed(
    FeedSpec(
        name="bitstamp",
        base_url="https://www.bitstamp.net",
        instruments={BTC_USD: "btcusd"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=600,  # a tenth of what is reported: 400 a second, 10,000 in 10 min
        licence="Public market data; own use under Bitstamp's terms of use, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="bitstamp",
        url="wss://ws.bitstamp.net",
        instruments={BTC_USD: "btcusd"},
        fresh_s=FEED.spec.fresh_s,
        silent_s=30,
        licence=FEED.spec.licence,
        ping=Ping(every_s=10),  # it sends nothing by itself while nobody trades
        max_bytes=65_536,
        numbering={"trade": Numbering.RISING},  # all pairs share the ids
    ),
    subscribe,
    parse,
)
