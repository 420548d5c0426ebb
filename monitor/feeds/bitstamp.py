"""Bitstamp: last trade, book and 24 h volume of BTC-USD. No key.

https://www.bitstamp.net/api/#tag/Tickers
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason


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
