"""Bitfinex: last trade, book and 24 h volume of BTC-USD. No key, and no time of its own.

https://docs.bitfinex.com/reference/rest-public-ticker. A row without names: bid, its size, ask, its
size, change, relative change, last price, volume, high, low.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

_BID, _ASK, _LAST, _VOLUME, _FIELDS = 0, 2, 6, 7, 10


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; our time stands in for the one it lacks."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/v2/ticker/{pair}")
        row = decode(spec.name, answer)
        _raise_error(row)
        _expect_row(row)
        price = row.item(_LAST).price()
        book = Book(row.item(_BID).side(), row.item(_ASK).side(), row.item(_VOLUME).side())
        quotes.append(quoted(spec, answer, instrument, price, book=book))
    return quotes


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
