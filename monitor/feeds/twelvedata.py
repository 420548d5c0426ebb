"""Twelve Data: last price of US stocks. Needs a key; the free plan has 800 requests a day.

https://twelvedata.com/docs#quote. `timestamp` is when the day's bar opened; the quote's own time is
`last_quote_at`.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Credential, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason

CURRENCY = "USD"
_UNAUTHORIZED, _FORBIDDEN, _UNKNOWN, _THROTTLED = 401, 403, 404, 429
_REJECTED = {
    _UNAUTHORIZED: (Reason.UNAUTHORIZED, "set a valid key for this feed"),
    _FORBIDDEN: (Reason.FORBIDDEN, "the key's plan does not cover this"),
    _UNKNOWN: (Reason.NOT_FOUND, "check the symbol"),
}


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's quote."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/quote", params={"symbol": symbol})
        root = decode(spec.name, answer)
        _raise_error(root)
        root.says("symbol", symbol)
        root.says("currency", CURRENCY)
        price, at = root.at("close").price(), root.at("last_quote_at").unix_time()
        quotes.append(quoted(spec, answer, instrument, price, observed_at=at))
        close = root.maybe("previous_close")
        if close is not None:
            name = previous_close(instrument)
            quotes.append(quoted(spec, answer, name, close.price(), observed_at=at))
    return quotes


def _raise_error(root: Node) -> None:
    # errors may come under HTTP 200
    status = root.maybe("status")
    if status is not None and status.value == "error":
        said = root.maybe("message")
        text = "" if said is None else shown(said.value)
        raise _error(root.provider, int(root.at("code").number()), text)


def _error(provider: str, code: int, text: str) -> FeedError:
    message = f"{provider}: answered {code} {text}".rstrip()
    if code in _REJECTED:
        reason, mend = _REJECTED[code]
        return FeedRejected(f"{message}; {mend}", reason=reason)
    reason = Reason.THROTTLED if code == _THROTTLED else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="twelvedata",
        base_url="https://api.twelvedata.com",
        instruments=DEFAULT_SHARES,
        # 800 requests a day on the free plan: the default book's 20 shares every 45 minutes
        interval_s=2_700,
        timeout_s=8,
        fresh_s=3_600,
        requests_per_minute=8,  # documented for the free plan
        licence="Free plan for own use; redistribution needs Twelve Data's licence.",
        max_bytes=16_384,
        credentials=(
            Credential(env="TWELVEDATA_API_KEY", header="Authorization", prefix="apikey "),
        ),
        batch=1,
        shares=True,
    ),
    fetch,
)
