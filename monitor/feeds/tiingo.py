"""Tiingo: last price and book of US stocks on IEX, all in one request. Needs a free key.

https://www.tiingo.com/documentation/iex. Times have New York's offset; outside the session the sides
of the book are null or zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.core.errors import BadQuote, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
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
from monitor.feeds.reasons import Reason


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Fetched]:
    """Ask once for all; what is wrong with one share costs that one alone."""
    wanted = {symbol.upper(): instrument for instrument, symbol in spec.instruments.items()}
    answer = await http.get(f"{spec.base_url}/iex/", params={"tickers": ",".join(wanted)})
    root = decode(spec.name, answer)
    _raise_error(root)
    rows = {row.at("ticker").text().upper(): row for row in root.items()}
    found: list[Fetched] = []
    for symbol, instrument in wanted.items():
        try:
            found += _read(spec, answer, instrument, _row(root, rows, symbol))
        except BadQuote as error:
            found.append(Fault(instrument, error))
    return found


def _row(root: Node, rows: Mapping[str, Node], symbol: str) -> Node:
    if symbol not in rows:
        root.refuse(f"a row of {symbol}", Reason.MISSING_FIELD)
    return rows[symbol]


def _read(spec: FeedSpec, answer: Answer, instrument: str, row: Node) -> Iterator[Quote]:
    at = row.at("timestamp").iso_time()
    bid, ask = row.optional("bidPrice"), row.optional("askPrice")
    book = Book(bid, ask, None) if bid and ask and bid < ask else None
    price = row.at("tngoLast").price()
    yield quoted(spec, answer, instrument, price, observed_at=at, book=book)
    close = row.optional("prevClose")
    if close is not None:
        yield quoted(spec, answer, previous_close(instrument), close, observed_at=at)


def _raise_error(root: Node) -> None:
    # an object where success is a list, at times under HTTP 200
    said = root.maybe("detail") if isinstance(root.value, dict) else None
    if said is None:
        return
    text = shown(said.value)
    throttled = "request allocation" in text
    reason = Reason.THROTTLED if throttled else Reason.SERVER_ERROR
    message = f"{root.provider}: answered {text}; it is asked again later"
    raise FeedUnavailable(message, reason=reason)


FEED = Feed(
    FeedSpec(
        name="tiingo",
        base_url="https://api.tiingo.com",
        instruments=DEFAULT_SHARES,
        interval_s=90,
        timeout_s=8,
        fresh_s=300,
        requests_per_minute=0.8,  # reported for the free plan: 50 an hour
        licence="Free plan for own use; IEX data may not be redistributed without a licence.",
        max_bytes=262_144,
        credentials=(Credential(env="TIINGO_API_KEY", header="Authorization", prefix="Token "),),
        shares=True,
    ),
    fetch,
)
