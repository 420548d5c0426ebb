"""Yahoo chart: the regular-market price of US stocks. No key, and no published terms.

`/v8/finance/chart/{symbol}` is unofficial. It wants a browser-like User-Agent and throttles hard,
so each symbol is asked once a minute at most. `regularMarketPrice` stays at the regular close
outside the session, and `regularMarketTime` says so: it is of the regular session even where the
closing auction printed it a second after four o'clock. Closes of the past are in today's shares:
they are adjusted to splits, not to dividends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.sessions import SessionState
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import DEFAULT_SHARES, Answer, Feed, FeedSpec, Http, previous_close
from monitor.feeds.reasons import Reason
from monitor.nyse import nyse_calendar

CURRENCY = "USD"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each symbol's chart of today and read its head."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/v8/finance/chart/{symbol}",
            params={"interval": "5m", "range": "1d", "includePrePost": "false"},
        )
        meta = _result(decode(spec.name, answer)).at("meta")
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


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for two years of each symbol's closes."""
    quotes: list[Quote] = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/v8/finance/chart/{symbol}",
            params={"interval": "1d", "range": "2y", "includePrePost": "false"},
        )
        result = _result(decode(spec.name, answer))
        result.at("meta").says("symbol", symbol)
        result.at("meta").says("currency", CURRENCY)
        quotes += _closes(spec, answer, instrument, result)
    return quotes


def _closes(spec: FeedSpec, answer: Answer, instrument: str, result: Node) -> Iterator[Quote]:
    """Yield each close at the end of its session; a bar has the time of a moment within that."""
    if result.maybe("timestamp") is None:
        return  # how a share without any data is answered
    times = result.at("timestamp").items()
    closes = result.at("indicators").at("quote").item(0).at("close").items()
    if len(times) != len(closes):
        result.at("timestamp").refuse(f"{len(closes)} times, one for each close")
    for time, close in zip(times, closes, strict=True):
        if close.value is None:
            continue  # nobody traded
        at = time.unix_time()
        try:
            closed_at = nyse_calendar().session_at(at).close_at
        except ValueError:
            time.refuse("a time in the years of the calendar", Reason.OUT_OF_BOUNDS)
        # today's bar is not over, and says nothing of the close
        if at <= closed_at <= answer.received_at:
            price, regular = close.price(), SessionState.REGULAR
            yield quoted(spec, answer, instrument, price, observed_at=closed_at, session=regular)


def _result(root: Node) -> Node:
    chart = root.at("chart")
    error = chart.maybe("error")
    if error is not None:
        raise _error(root.provider, error.at("code").text())
    return chart.at("result").item(0)


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
    past=past,
)
