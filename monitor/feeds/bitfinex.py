"""Bitfinex: last trade, book and 24 h volume of BTC-USD. No key, and no time of its own.

https://docs.bitfinex.com/reference/rest-public-ticker. A row without names: bid, its size, ask, its
size, change, relative change, last price, volume, high, low.
https://docs.bitfinex.com/reference/ws-public-trades. A trade: its id, its time, the amount, the price.
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

_BID, _ASK, _LAST, _VOLUME, _FIELDS = 0, 2, 6, 7, 10
_ID, _TIME, _PRICE = 0, 1, 3
_RESTART, _MAINTENANCE = 20051, 20060
_TOO_MANY_CHANNELS = 10305


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; our time stands in for the one it lacks."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/v2/ticker/{pair}")
        row = decode(spec.name, answer)
        _raise_error(row)
        _expect_row(row)
        price = row.item(_LAST).price()
        quotes.append(quoted(spec, answer, instrument, price, book=_book(row)))
    return quotes


def _book(row: Node) -> Book:
    return Book(row.item(_BID).side(), row.item(_ASK).side(), row.item(_VOLUME).side())


def _expect_row(row: Node) -> None:
    # a funding ticker, or one with its symbol in front, has the price at another place
    if not isinstance(row.value, list):
        row.refuse("a list")
    if len(row.value) != _FIELDS:
        row.refuse(f"a row of {_FIELDS} numbers, not of {len(row.value)}", Reason.MISSING_FIELD)


def _raise_error(root: Node) -> None:
    # two shapes: ["error", code, text] and {"error": code}
    if isinstance(root.value, list) and root.value[:1] == ["error"]:
        raise _error(root.provider, " ".join(str(part)[:60] for part in root.value[1:3]))
    if isinstance(root.value, dict) and "error" in root.value:
        raise _error(root.provider, str(root.value["error"])[:60])


def _error(provider: str, text: str) -> FeedError:
    throttled = "ratelimit" in text.lower() or "rate_limit" in text.lower()
    reason = Reason.THROTTLED if throttled else Reason.SERVER_ERROR
    message = f"{provider}: answered {shown(text)}; it is asked again later"
    return FeedUnavailable(message, reason=reason)


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the pair's trades, and for its ticker, which has the book and the volume."""
    return [
        json.dumps({"event": "subscribe", "channel": channel, "symbol": pair})
        for pair in spec.instruments.values()
        for channel in ("ticker", "trades")
    ]


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: an object is an event, a list a frame of a channel."""
    root = read(message, spec)
    if isinstance(root.value, list):
        return _frame(root, received_at, spec)
    match root.at("event").text():
        case "subscribed" if root.at("channel").text() == "trades":
            return (Subscribed(frozenset({spec.instrument(root.at("symbol"))})),)
        case "info":
            return _state(root)
        case "error":
            return (Refused(_refusal(root)),)
        case _:
            return ()


def _frame(root: Node, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read `[channel, rows]` or `[channel, kind, row]`, either with a number behind it."""
    instrument, said = _instrument(root, spec), root.item(1)
    match said.value:
        case "hb":
            return (Heartbeat(),)
        case "te":  # `tu` tells the same trade again, when it is booked
            return (_trade(root.item(2), received_at, spec, instrument),)
        case str():
            return ()
        case [] | [[*_], *_]:
            # The trades of before: ours of the polled price outran them, as it has no other time.
            return (Subscribed(frozenset({instrument})),)
        case _:
            _expect_row(said)
            return (Beside(instrument, _book(said), received_at),)


def _instrument(root: Node, spec: StreamSpec) -> str:
    # A frame names its channel by a number that only the confirmation explains. A parser remembers
    # nothing, so that one pair is all it can tell; its channels differ by their rows.
    instruments = list(spec.instruments)
    if len(instruments) != 1:
        root.refuse("a frame of the one pair that can be told", Reason.WRONG_SYMBOL)
    return instruments[0]


def _trade(row: Node, received_at: int, spec: StreamSpec, instrument: str) -> Frame:
    price, at = row.item(_PRICE).price(), row.item(_TIME).unix_time()
    quote = sent(spec, received_at, instrument, price, observed_at=at)
    return Quotes((quote,), "trades", row.item(_ID).count())


def _state(root: Node) -> Sequence[Frame]:
    code, platform = root.maybe("code"), root.maybe("platform")
    number = code.number() if code else None
    if number == _RESTART:
        said = f"{root.provider}: the stream asked to be opened anew"
        return (Refused(FeedUnavailable(said, reason=Reason.CONNECTION)),)
    if number == _MAINTENANCE or (platform and platform.at("status").number() == 0):
        said = f"{root.provider}: the stream is in maintenance; it is tried again later"
        return (Refused(FeedUnavailable(said, reason=Reason.SERVER_ERROR)),)
    return (Heartbeat(),)


def _refusal(root: Node) -> FeedError:
    code, text = root.at("code").number(), shown(root.at("msg").value)
    said = f"{root.provider}: the stream answered {code} {text}"
    if code == _TOO_MANY_CHANNELS:
        return FeedUnavailable(f"{said}; it is tried again later", reason=Reason.THROTTLED)
    return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)


FEED = Feed(
    FeedSpec(
        name="bitfinex",
        base_url="https://api-pub.bitfinex.com",
        instruments={BTC_USD: "tBTCUSD"},
        interval_s=10,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=10,  # documented: 10 to 90, by endpoint; a block of up to a minute
        licence="Public market data; own use under Bitfinex' API terms, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="bitfinex",
        url="wss://api-pub.bitfinex.com/ws/2",
        instruments=FEED.spec.instruments,
        fresh_s=FEED.spec.fresh_s,
        silent_s=45,  # a heartbeat comes on each channel that is quiet for 15 s
        licence=FEED.spec.licence,
        max_bytes=65_536,
        numbering={"trades": Numbering.RISING},  # all pairs share the ids
        # Its polled answer has no time, and ours in its place would outrun the next trade's.
        check_s=None,
    ),
    subscribe,
    parse,
)
