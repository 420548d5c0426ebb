"""Massive (formerly Polygon.io): last trade and book of US stocks. Needs a key of a paid plan.

https://massive.com/docs/rest/stocks/snapshots/single-ticker-snapshot. Times of trades are in
nanoseconds, those of minutes in milliseconds; in the book, capitals are the ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Credential, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason

_PATH = "/v2/snapshot/locale/us/markets/stocks/tickers"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's snapshot."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}{_PATH}/{symbol}")
        root = decode(spec.name, answer)
        _raise_error(root)
        ticker = root.at("ticker")
        ticker.says("ticker", symbol)
        price, at = _last(ticker)
        book = _book(ticker.maybe("lastQuote"))
        quotes.append(quoted(spec, answer, instrument, price, observed_at=at, book=book))
        yesterday = ticker.maybe("prevDay")
        close = None if yesterday is None else yesterday.optional("c")
        if close is not None:
            quotes.append(quoted(spec, answer, previous_close(instrument), close, observed_at=at))
    return quotes


def _last(ticker: Node) -> tuple[Decimal, int]:
    """Return the last trade's price and time; a plan without trades gives the last minute's."""
    trade = ticker.maybe("lastTrade")
    if trade is not None:
        return trade.at("p").price(), trade.at("t").unix_time()
    minute = ticker.at("min")
    return minute.at("c").price(), minute.at("t").unix_time()


def _book(quote: Node | None) -> Book | None:
    return None if quote is None else Book(quote.optional("p"), quote.optional("P"), None)


def _raise_error(root: Node) -> None:
    status = root.at("status").text()
    if status not in {"OK", "DELAYED"}:
        said = root.maybe("error") or root.maybe("message")
        raise _error(root.provider, status, "" if said is None else shown(said.value))


def _error(provider: str, status: str, text: str) -> FeedError:
    message = f"{provider}: answered {shown(status)} {text}".rstrip()
    if status == "NOT_AUTHORIZED":
        mend = "the key's plan does not cover this"
        return FeedRejected(f"{message}; {mend}", reason=Reason.FORBIDDEN)
    if status == "NOT_FOUND":
        return FeedRejected(f"{message}; check the symbol", reason=Reason.NOT_FOUND)
    if "Unknown API Key" in text:
        return FeedRejected(f"{message}; set a valid key", reason=Reason.UNAUTHORIZED)
    reason = Reason.THROTTLED if "maximum requests" in text else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="massive",
        base_url="https://api.massive.com",
        instruments=DEFAULT_SHARES,
        interval_s=60,
        timeout_s=8,
        fresh_s=300,
        requests_per_minute=100,  # paid plans are not limited; the free one has no snapshots
        licence="Paid plan for own use; redistribution needs a licence of the exchanges.",
        max_bytes=32_768,
        credentials=(Credential(env="MASSIVE_API_KEY", header="Authorization", prefix="Bearer "),),
        batch=1,
        shares=True,
    ),
    fetch,
)
