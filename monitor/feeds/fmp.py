"""Financial Modeling Prep: last price of US stocks. Needs a key, which it takes in the query alone.

https://site.financialmodelingprep.com/developer/docs/stable/quote. Its free plan has 250 requests a
day, so it is a second look and no live feed.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Credential, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's quote."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/stable/quote", params={"symbol": symbol})
        root = decode(spec.name, answer)
        _raise_error(root)
        if root.value == []:
            message = f"{spec.name}: knows no {symbol}; check the symbol"
            raise FeedRejected(message, reason=Reason.NOT_FOUND)
        row = root.item(0)
        row.says("symbol", symbol)
        at = row.at("timestamp").unix_time()
        quotes.append(quoted(spec, answer, instrument, row.at("price").price(), observed_at=at))
        close = row.optional("previousClose")
        if close is not None:
            quotes.append(quoted(spec, answer, previous_close(instrument), close, observed_at=at))
    return quotes


def _raise_error(root: Node) -> None:
    # an object where success is a list; the key has a blank in it
    said = root.maybe("Error Message") if isinstance(root.value, dict) else None
    if said is not None:
        raise _error(root.provider, shown(said.value))


def _error(provider: str, text: str) -> FeedError:
    message = f"{provider}: answered {text}"
    if "Invalid API KEY" in text:
        return FeedRejected(f"{message}; set a valid key", reason=Reason.UNAUTHORIZED)
    reason = Reason.THROTTLED if "Limit" in text else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="fmp",
        base_url="https://financialmodelingprep.com",
        instruments=DEFAULT_SHARES,
        # 250 requests a day on the free plan: the default book's 20 shares every two hours
        interval_s=7_200,
        timeout_s=8,
        fresh_s=9_000,
        requests_per_minute=5,
        licence="Free plan for own use; display and redistribution need FMP's licence.",
        max_bytes=32_768,
        credentials=(Credential(env="FMP_API_KEY", query="apikey"),),
        batch=1,
        shares=True,
    ),
    fetch,
)
