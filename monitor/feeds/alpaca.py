"""Alpaca: last trade and book of US stocks on IEX, all in one request. Needs a free key of two parts.

https://docs.alpaca.markets/reference/stocksnapshots-1. The free plan has the trades of one exchange
with a small share of the volume: a small share may show none for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.core.errors import BadQuote
from monitor.domain.events import Quote
from monitor.feeds.answers import Book, Node, decode, quoted
from monitor.feeds.base import (
    DEFAULT_SHARES,
    Answer,
    Credential,
    Fault,
    Feed,
    FeedSpec,
    Fetched,
    Http,
    previous_close,
)


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Fetched]:
    """Ask once for all; what is wrong with one share costs that one alone."""
    answer = await http.get(
        f"{spec.base_url}/v2/stocks/snapshots",
        params={"symbols": ",".join(spec.instruments.values()), "feed": "iex"},
    )
    root = decode(spec.name, answer)
    found: list[Fetched] = []
    for instrument, symbol in spec.instruments.items():
        try:
            found += _read(spec, answer, instrument, root.at(symbol))
        except BadQuote as error:
            found.append(Fault(instrument, error))
    return found


async def fetch_single(http: Http, spec: FeedSpec) -> Sequence[Fetched]:
    """Ask for the latest trade alone, which the snapshots must agree with."""
    found: list[Fetched] = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/v2/stocks/trades/latest", params={"symbols": symbol, "feed": "iex"}
        )
        trade = decode(spec.name, answer).at("trades").at(symbol)
        at = trade.at("t").iso_time()
        found.append(quoted(spec, answer, instrument, trade.at("p").price(), observed_at=at))
    return found


def _read(spec: FeedSpec, answer: Answer, instrument: str, snapshot: Node) -> Iterator[Quote]:
    trade = snapshot.at("latestTrade")
    at = trade.at("t").iso_time()
    yield quoted(
        spec,
        answer,
        instrument,
        trade.at("p").price(),
        observed_at=at,
        book=_book(snapshot.maybe("latestQuote")),
    )
    yesterday = snapshot.maybe("prevDailyBar")
    if yesterday is not None:
        close = yesterday.at("c").price()
        yield quoted(spec, answer, previous_close(instrument), close, observed_at=at)


def _book(quote: Node | None) -> Book | None:
    if quote is None:
        return None
    bid, ask = quote.optional("bp"), quote.optional("ap")
    # one exchange's book: outside the session its sides may be far apart or turned round
    return Book(bid, ask, None) if bid and ask and bid < ask <= bid * _WIDEST else None


_WIDEST = 2
"""A wider book is none: an ask at twice the bid stands there so as not to be taken."""

FEED = Feed(
    FeedSpec(
        name="alpaca",
        base_url="https://data.alpaca.markets",
        instruments=DEFAULT_SHARES,
        interval_s=15,
        timeout_s=8,
        fresh_s=300,
        requests_per_minute=200,  # documented for the free plan
        licence="Free plan for own use; IEX data may not be redistributed without a licence.",
        max_bytes=262_144,
        credentials=(
            Credential(env="APCA_API_KEY_ID", header="APCA-API-KEY-ID"),
            Credential(env="APCA_API_SECRET_KEY", header="APCA-API-SECRET-KEY"),
        ),
        shares=True,
    ),
    fetch,
    fetch_single,
)
