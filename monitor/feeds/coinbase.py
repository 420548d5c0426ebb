"""Coinbase Exchange: last trade, book and 24 h volume of BTC-USD, asked for and sent. No key.

https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductticker
https://docs.cdp.coinbase.com/exchange/docs/websocket-channels
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, USDT_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Numbering
from monitor.feeds.streams import (
    Frame,
    Heartbeat,
    Quotes,
    Refused,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
)


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each product's ticker; `time` is the last trade's."""
    quotes = []
    for instrument, product in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/products/{product}/ticker")
        ticker = decode(spec.name, answer)
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("price").price(),
                observed_at=ticker.at("time").iso_time(),
                book=Book(
                    ticker.optional("bid"), ticker.optional("ask"), ticker.optional("volume")
                ),
            )
        )
    return quotes


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the ticker, and for a heartbeat each second, so that a quiet market is no silence."""
    products = list(spec.instruments.values())
    wanted = {"type": "subscribe", "product_ids": products, "channels": ["ticker", "heartbeat"]}
    return (json.dumps(wanted),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message; kinds that do not concern us say nothing."""
    root = read(message, spec)
    match root.at("type").text():
        case "ticker":
            return (_ticker(root, received_at, spec),)
        case "heartbeat":
            return (Heartbeat(),)
        case "subscriptions":
            return (Subscribed(_subscribed(root, spec)),)
        case "error":
            return (Refused(_refusal(root)),)
        case _:
            return ()


def _ticker(root: Node, received_at: int, spec: StreamSpec) -> Frame:
    instrument = spec.instrument(root.at("product_id"))
    time, trade = root.maybe("time"), root.maybe("trade_id")
    if time is None or trade is None:
        # the first after the subscription may tell of no trade; the price has no time then
        return Subscribed(frozenset({instrument}))
    book = Book(root.optional("best_bid"), root.optional("best_ask"), root.optional("volume_24h"))
    price, at = root.at("price").price(), time.iso_time()
    quote = sent(spec, received_at, instrument, price, observed_at=at, book=book)
    return Quotes((quote,), "ticker", trade.count())


def _subscribed(root: Node, spec: StreamSpec) -> frozenset[str]:
    found = set()
    for channel in root.at("channels").items():
        if channel.at("name").text() == "ticker":
            found |= {spec.instrument(product) for product in channel.at("product_ids").items()}
    return frozenset(found)


def _refusal(root: Node) -> FeedError:
    reason = root.maybe("reason")
    words = [root.at("message").text(), reason.text() if reason else ""]
    said = f"{root.provider}: the stream answered {shown(' '.join(filter(None, words)))}"
    if "rate limit" in said.casefold():
        return FeedUnavailable(f"{said}; it is tried again later", reason=Reason.THROTTLED)
    return FeedRejected(f"{said}; check the product's name", reason=Reason.NOT_FOUND)


FEED = Feed(
    FeedSpec(
        name="coinbase",
        base_url="https://api.exchange.coinbase.com",
        instruments={BTC_USD: "BTC-USD", USDT_USD: "USDT-USD"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=600,  # documented: 10 a second for each address, bursts of 15
        licence="Public market data; own use under Coinbase's market data terms, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="coinbase",
        url="wss://ws-feed.exchange.coinbase.com",
        instruments={BTC_USD: "BTC-USD"},
        fresh_s=FEED.spec.fresh_s,
        silent_s=15,  # a heartbeat comes each second
        licence=FEED.spec.licence,
        max_bytes=65_536,
        # Trade ids of one product are consecutive, but the ticker tells only the last of the
        # trades that one order set off.
        numbering={"ticker": Numbering.RISING},
    ),
    subscribe,
    parse,
)
