"""OKX: last trade, book and 24 h volume of BTC-USDT. No key.

https://www.okx.com/docs-v5/en/#public-data-rest-api-get-ticker
https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-tickers-channel
A pair of a stablecoin: it says dollars only through that coin's own fresh rate.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USDT, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.envelope import Envelope
from monitor.feeds.reasons import Reason
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

ENVELOPE = Envelope(
    code="code",
    good="0",
    inside="data",
    words="msg",
    reasons=(
        ("50011", Reason.THROTTLED),
        ("50061", Reason.THROTTLED),
        ("51000", Reason.NOT_FOUND),
        ("51001", Reason.NOT_FOUND),
    ),
)
_ASKED_TOO_OFTEN = "60014"
_MAINTAINED = "64008"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; `ts` is in milliseconds, as text."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/api/v5/market/ticker", params={"instId": pair})
        ticker = ENVELOPE.open(decode(spec.name, answer)).item(0)
        # a perpetual has the same fields, and its volume counts contracts
        ticker.says("instType", "SPOT")
        ticker.says("instId", pair)
        price, at = ticker.at("last").price(), ticker.at("ts").unix_time()
        quotes.append(quoted(spec, answer, instrument, price, observed_at=at, book=_book(ticker)))
    return quotes


def _book(ticker: Node) -> Book:
    return Book(ticker.optional("bidPx"), ticker.optional("askPx"), ticker.optional("vol24h"))


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for each pair's ticker, which comes with each trade and has the book."""
    wanted = [{"channel": "tickers", "instId": pair} for pair in spec.instruments.values()]
    return (json.dumps({"op": "subscribe", "args": wanted}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: of the channel, or an event; the answer to our ping is no JSON."""
    if message == "pong":
        return (Heartbeat(),)
    root = read(message, spec)
    if root.maybe("event") is not None:
        return _happened(root, spec)
    if root.at("arg").at("channel").text() != "tickers":
        return ()
    return [_ticker(ticker, received_at, spec) for ticker in root.at("data").items()]


def _ticker(ticker: Node, received_at: int, spec: StreamSpec) -> Frame:
    ticker.says("instType", "SPOT")
    instrument = spec.instrument(ticker.at("instId"))
    price, at = ticker.at("last").price(), ticker.at("ts").unix_time()
    return Quotes((sent(spec, received_at, instrument, price, observed_at=at, book=_book(ticker)),))


def _happened(root: Node, spec: StreamSpec) -> Sequence[Frame]:
    match root.at("event").text():
        case "subscribe":
            return (Subscribed(frozenset({spec.instrument(root.at("arg").at("instId"))})),)
        case "error" | "notice":
            return (Refused(stream_refusal(root)),)
        case _:
            return ()


def stream_refusal(root: Node) -> FeedError:
    """Return the error behind an event of a stream that tells why it ends."""
    code = root.at("code").text()
    said = f"{root.provider}: the stream answered {shown(code)} {shown(root.at('msg').value)}"
    if code == _MAINTAINED:
        message = f"{said}; it is opened again before it is closed"
        return FeedUnavailable(message, reason=Reason.CONNECTION)
    if code == _ASKED_TOO_OFTEN:
        return FeedUnavailable(f"{said}; it is tried again later", reason=Reason.THROTTLED)
    return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)


FEED = Feed(
    FeedSpec(
        name="okx",
        base_url="https://www.okx.com",
        instruments={BTC_USDT: "BTC-USDT"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=600,  # documented: 20 in two seconds for each address
        licence="Public market data; own use under OKX's API agreement, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="okx",
        url="wss://ws.okx.com:8443/ws/v5/public",
        instruments=FEED.spec.instruments,
        fresh_s=FEED.spec.fresh_s,
        silent_s=30,
        licence=FEED.spec.licence,
        ping=Ping(every_s=10, message="ping"),  # it ends a connection that is quiet for 30 s
        max_bytes=65_536,
    ),
    subscribe,
    parse,
)
