"""Gemini: last trade, book and 24 h volume of BTC-USD. No key.

https://docs.gemini.com/rest/market-data. The older ticker is asked, since the newer has no time.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason


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
