"""Finnhub: last price of US stocks. Needs a free key, sent as a header and never in the URL.

https://finnhub.io/docs/api/quote
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason


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


FEED = Feed(
    FeedSpec(
        name="finnhub",
        base_url="https://finnhub.io",
        instruments={
            ticker: ticker
            for ticker in ("CORZ", "HUT", "HIVE", "IREN", "RIOT", "MARA", "CAN", "CRWV")
        },
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
