"""Finnhub: last price of US stocks. Needs a free key: asked, in a header; of the stream, in its URL.

https://finnhub.io/docs/api/quote
https://finnhub.io/docs/api/websocket-trades
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Credential, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import (
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


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's quote: `c` is the price, `t` the last trade's time in seconds."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/api/v1/quote", params={"symbol": symbol})
        root = decode(spec.name, answer)
        _raise_error(root)
        price = root.at("c").price()
        at = root.at("t")
        if at.number() == 0:
            # an unknown symbol is answered with HTTP 200 and zeros everywhere
            at.refuse("the time of a trade", Reason.ZERO_PRICE)
        observed_at = at.unix_time()
        quotes.append(quoted(spec, answer, instrument, price, observed_at=observed_at))
        close = root.maybe("pc")
        if close is not None and close.number() != 0:
            name = previous_close(instrument)
            quotes.append(quoted(spec, answer, name, close.price(), observed_at=observed_at))
    return quotes


def _raise_error(root: Node) -> None:
    error = root.maybe("error")
    if error is not None:
        raise _error(root.provider, shown(error.value))


def _error(provider: str, text: str) -> FeedError:
    said = f"{provider}: answered {text}"
    if "access" in text:
        message = f"{said}; the key's plan does not cover this symbol"
        return FeedRejected(message, reason=Reason.FORBIDDEN)
    reason = Reason.THROTTLED if "limit" in text.lower() else Reason.SERVER_ERROR
    return FeedUnavailable(f"{said}; it is asked again later", reason=reason)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the trades of each share; each is asked for by itself."""
    return [
        json.dumps({"type": "subscribe", "symbol": symbol}) for symbol in spec.instruments.values()
    ]


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message by its type.

    Nothing is confirmed, only refused: a ping after the subscription is all that says it stands.
    """
    root = read(message, spec)
    match root.at("type").text():
        case "trade":
            return [_trade(trade, received_at, spec) for trade in root.at("data").items()]
        case "ping":
            return (Subscribed(frozenset(spec.instruments)),)
        case "error":
            return (_refusal(root, spec),)
        case _:
            return ()


def _trade(trade: Node, received_at: int, spec: StreamSpec) -> Frame:
    instrument = spec.instrument(trade.at("s"))
    price, at = trade.at("p").price(), trade.at("t").unix_time()  # milliseconds, unlike the quote's
    return Quotes((sent(spec, received_at, instrument, price, observed_at=at),))


def _refusal(root: Node, spec: StreamSpec) -> Frame:
    text = root.at("msg").text()
    said = f"{root.provider}: the stream answered {shown(text)}"
    if "too many" in text.casefold():
        message = f"{said}; the key's plan has fewer shares"
        return Refused(FeedRejected(message, reason=Reason.FORBIDDEN))
    words = set(text.split())
    named = frozenset(share for share, symbol in spec.instruments.items() if symbol in words)
    return Refused(FeedRejected(f"{said}; check the share's name", reason=Reason.NOT_FOUND), named)


FEED = Feed(
    FeedSpec(
        name="finnhub",
        base_url="https://finnhub.io",
        instruments=DEFAULT_SHARES,
        interval_s=60,
        timeout_s=8,
        fresh_s=300,
        requests_per_minute=60,  # documented for the free plan
        licence="Free plan for personal use; redistribution needs Finnhub's licence.",
        max_bytes=16_384,
        credentials=(Credential(env="FINNHUB_API_KEY", header="X-Finnhub-Token"),),
        batch=1,
        shares=True,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="finnhub",
        url="wss://ws.finnhub.io",
        instruments=FEED.spec.instruments,
        fresh_s=FEED.spec.fresh_s,
        silent_s=60,
        licence=FEED.spec.licence,
        confirm_s=150,  # outside the session the first word is a ping, about each minute
        ping=Ping(every_s=20),
        max_bytes=262_144,
        # the close before today comes with the quote alone
        check_s=FEED.spec.interval_s,
        credentials=(Credential(env="FINNHUB_API_KEY", query="token"),),
        shares=True,
    ),
    subscribe,
    parse,
)
