"""Yahoo chart: the regular-market price of US stocks. No key, and no published terms.

`/v8/finance/chart/{symbol}` is unofficial. It wants a browser-like User-Agent and throttles hard,
so each symbol is asked once a minute at most. `regularMarketPrice` stays at the regular close
outside the session, and `regularMarketTime` says so: it is of the regular session even where the
closing auction printed it a second after four o'clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.sessions import SessionState
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason

CURRENCY = "USD"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's chart of today and read its head."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/v8/finance/chart/{symbol}",
            params={"interval": "5m", "range": "1d", "includePrePost": "false"},
        )
        meta = _meta(decode(spec.name, answer))
        meta.says("symbol", symbol)
        meta.says("currency", CURRENCY)
        price = meta.at("regularMarketPrice").price()
        observed_at = meta.at("regularMarketTime").unix_time()
        session = SessionState.REGULAR
        quotes.append(
            quoted(spec, answer, instrument, price, observed_at=observed_at, session=session)
        )
        close = meta.maybe("previousClose")  # absent on the day of a listing
        if close is not None:
            name = previous_close(instrument)
            quotes.append(quoted(spec, answer, name, close.price(), observed_at=observed_at))
    return quotes


def _meta(root: Node) -> Node:
    chart = root.at("chart")
    error = chart.maybe("error")
    if error is not None:
        raise _error(root.provider, error.at("code").text())
    return chart.at("result").item(0).at("meta")


def _error(provider: str, code: str) -> FeedError:
    # normally under HTTP 404, by some reports under 200
    said = f"{provider}: answered {shown(code)}"
    if code == "Not Found":
        message = f"{said}; the symbol may be renamed or delisted"
        return FeedRejected(message, reason=Reason.NOT_FOUND)
    return FeedUnavailable(f"{said}; it is asked again later", reason=Reason.SERVER_ERROR)


FEED = Feed(
    FeedSpec(
        name="yahoo",
        base_url="https://query1.finance.yahoo.com",
        instruments=DEFAULT_SHARES,
        interval_s=60,
        timeout_s=8,
        fresh_s=300,
        # undocumented; the default book's 20 symbols a minute each, in half of that minute
        requests_per_minute=30,
        licence="No public API terms; own use only, do not redistribute the data.",
        max_bytes=262_144,
        headers={"User-Agent": "Mozilla/5.0 (compatible; hashhedge)"},
        hosts=("query2.finance.yahoo.com",),
        batch=1,
        shares=True,
    ),
    fetch,
)
