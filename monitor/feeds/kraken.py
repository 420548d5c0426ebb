"""Kraken: last trade, book and 24 h volume of BTC and stablecoins in USD. No key; asked, no time.

https://docs.kraken.com/api/docs/rest-api/get-ticker-information
https://docs.kraken.com/api/docs/websocket-v2/trade
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, USDC_USD, USDT_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Numbering
from monitor.feeds.streams import (
    Beside,
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
    """Ask for each pair's ticker.

    The result's key is Kraken's own name of the pair (XBTUSD is answered as XXBTZUSD), so the
    single result is taken whatever it is called. The answer has no time: ours stands in.
    """
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/0/public/Ticker", params={"pair": pair})
        root = decode(spec.name, answer)
        _raise_error(root)
        ticker = root.at("result").only()
        price = ticker.at("c").item(0).price()
        # v is [today, last 24 hours]
        book = Book(
            ticker.at("b").item(0).side(),
            ticker.at("a").item(0).side(),
            ticker.at("v").item(1).side(),
        )
        quotes.append(quoted(spec, answer, instrument, price, book=book))
    return quotes


def _raise_error(root: Node) -> None:
    # errors come with HTTP 200, so they are looked at before anything else
    errors = root.maybe("error")
    if errors is None or errors.value == []:
        return
    raise _error(root.provider, errors.item(0).text())


def _error(provider: str, text: str) -> FeedError:
    said = f"{provider}: answered {shown(text)}"
    if text.startswith("EQuery:Unknown asset pair"):
        return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)
    throttled = "Rate limit" in text or "lockout" in text
    reason = Reason.THROTTLED if throttled else Reason.SERVER_ERROR
    return FeedUnavailable(f"{said}; it is asked again later", reason=reason)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for each trade, and for the ticker, which has the book and the volume."""
    symbols = list(spec.instruments.values())
    wanted = (
        {"channel": "ticker", "symbol": symbols},
        {"channel": "trade", "symbol": symbols, "snapshot": False},
    )
    return [json.dumps({"method": "subscribe", "params": params}) for params in wanted]


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: of a channel, or the answer to a subscription."""
    root = read(message, spec)
    channel = root.maybe("channel")
    if channel is None:
        return _answered(root, spec)
    match channel.text():
        case "trade":
            # a snapshot tells trades of before
            numbered = root.at("type").text() == "update"
            trades = root.at("data").items()
            return [_trade(trade, received_at, spec, numbered=numbered) for trade in trades]
        case "ticker":
            return [_beside(ticker, received_at, spec) for ticker in root.at("data").items()]
        case "heartbeat":
            return (Heartbeat(),)
        case _:
            return ()


def _trade(trade: Node, received_at: int, spec: StreamSpec, *, numbered: bool) -> Frame:
    instrument = spec.instrument(trade.at("symbol"))
    price, at = trade.at("price").price(), trade.at("timestamp").iso_time()
    quote = sent(spec, received_at, instrument, price, observed_at=at)
    number = trade.at("trade_id").count()
    return Quotes((quote,), "trade", number if numbered else None)


def _beside(ticker: Node, received_at: int, spec: StreamSpec) -> Frame:
    book = Book(ticker.optional("bid"), ticker.optional("ask"), ticker.optional("volume"))
    return Beside(spec.instrument(ticker.at("symbol")), book, received_at)


def _answered(root: Node, spec: StreamSpec) -> Sequence[Frame]:
    if root.at("method").text() != "subscribe":
        return ()
    error = root.maybe("error")
    if error is not None:
        return (Refused(_refusal(root.provider, error.text())),)
    result = root.at("result")
    if result.at("channel").text() != "trade":
        return ()
    return (Subscribed(frozenset({spec.instrument(result.at("symbol"))})),)


def _refusal(provider: str, text: str) -> FeedError:
    said = f"{provider}: the stream answered {shown(text)}"
    if "rate limit" in text.casefold():
        return FeedUnavailable(f"{said}; it is tried again later", reason=Reason.THROTTLED)
    return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)


FEED = Feed(
    FeedSpec(
        name="kraken",
        base_url="https://api.kraken.com",
        instruments={BTC_USD: "XBTUSD", USDT_USD: "USDTUSD", USDC_USD: "USDCUSD"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=60,  # assumed: about one a second for each address
        licence="Public market data; own use under Kraken's terms of service, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="kraken",
        url="wss://ws.kraken.com/v2",
        instruments={BTC_USD: "BTC/USD"},  # the stream says BTC where the rest says XBT
        fresh_s=FEED.spec.fresh_s,
        silent_s=15,  # a heartbeat comes each second in which nothing else does
        licence=FEED.spec.licence,
        max_bytes=65_536,
        numbering={"trade": Numbering.CONSECUTIVE},
        # Its polled answer has no time, and ours in its place would outrun the next trade's.
        check_s=None,
    ),
    subscribe,
    parse,
)
