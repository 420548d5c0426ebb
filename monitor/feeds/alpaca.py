"""Alpaca: last trade and book of US stocks on IEX, all in one request. Needs a free key of two parts.

https://docs.alpaca.markets/reference/stocksnapshots-1. The free plan has the trades of one exchange
with a small share of the volume: a small share may show none for minutes.
https://docs.alpaca.markets/docs/real-time-stock-pricing-data: of its trades as they are made it has
one connection for each account, and 30 shares. The same stream tells of a halt and its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable
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
from monitor.feeds.streams import (
    Frame,
    Halted,
    Ping,
    Quotes,
    Refused,
    Reply,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
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

_ID, _SECRET = "APCA_API_KEY_ID", "APCA_API_SECRET_KEY"
_LOGIN = json.dumps({"action": "auth", "key": f"{{{_ID}}}", "secret": f"{{{_SECRET}}}"})
# Error codes of the stream. Who is let in nowhere waits for a person, the others come again.
_REJECTED = {
    402: (Reason.UNAUTHORIZED, "check both parts of the key"),
    405: (Reason.FORBIDDEN, "the key's plan has fewer shares"),
    409: (Reason.FORBIDDEN, "the key's plan has no such stream"),
    410: (Reason.FORBIDDEN, "the key's plan has no such stream"),
    411: (Reason.FORBIDDEN, "the key's plan has no such stream"),
}
_TOO_MANY_CONNECTIONS = 406


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Say nothing: the provider greets, then wants a login, then a subscription."""
    del spec
    return ()


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: a list of things, each with its kind in `T`."""
    frames: list[Frame] = []
    for item in read(message, spec).items():
        match item.at("T").text():
            case "t":
                frames.append(_trade(item, received_at, spec))
            case "s":
                frames += _status(item, spec)
            case "success":
                frames += _answer(item.at("msg").text(), spec)
            case "subscription":
                frames.append(_confirmed(item, spec))
            case "error":
                frames.append(Refused(_refusal(item)))
    return frames


def _trade(trade: Node, received_at: int, spec: StreamSpec) -> Frame:
    instrument = spec.instrument(trade.at("S"))
    price, at = trade.at("p").price(), trade.at("t").iso_time()
    return Quotes((sent(spec, received_at, instrument, price, observed_at=at),))


# By the two plans that report for the tapes: a halt, a pause by volatility, and the end of either.
_HALTS = {"2": True, "3": False, "H": True, "P": True, "T": False}


def _status(status: Node, spec: StreamSpec) -> Iterator[Frame]:
    """Yield a halt or its end; a price indication or an imbalance is neither."""
    instrument = spec.instrument(status.at("S"))
    halted, at = _HALTS.get(status.at("sc").text()), status.at("t").iso_time()
    if halted is not None:
        yield Halted(instrument, at, halted)


def _answer(said: str, spec: StreamSpec) -> Iterator[Frame]:
    """Log in to a greeting, and subscribe once that is done."""
    if said == "connected":
        yield Reply((_LOGIN,))
    elif said == "authenticated":
        shares = list(spec.instruments.values())
        asked = {"action": "subscribe", "trades": shares, "statuses": shares}
        yield Reply((json.dumps(asked),))


def _confirmed(item: Node, spec: StreamSpec) -> Frame:
    told = {symbol.text() for symbol in item.at("trades").items()}
    return Subscribed(frozenset(ours for ours, own in spec.instruments.items() if own in told))


def _refusal(item: Node) -> FeedUnavailable | FeedRejected:
    code = item.at("code").count()
    said = f"{item.provider}: the stream answered {code} {shown(item.at('msg').text())}"
    if code in _REJECTED:
        reason, mend = _REJECTED[code]
        return FeedRejected(f"{said}; {mend}", reason=reason)
    if code == _TOO_MANY_CONNECTIONS:
        message = f"{said}; end whatever else listens with this key: it is one at a time"
        return FeedUnavailable(message, reason=Reason.THROTTLED)
    return FeedUnavailable(f"{said}; it is opened again", reason=Reason.SERVER_ERROR)


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
            Credential(env=_ID, header="APCA-API-KEY-ID"),
            Credential(env=_SECRET, header="APCA-API-SECRET-KEY"),
        ),
        shares=True,
    ),
    fetch,
    fetch_single,
)
STREAM = Stream(
    StreamSpec(
        name="alpaca",
        url="wss://stream.data.alpaca.markets/v2/iex",
        instruments=FEED.spec.instruments,
        fresh_s=FEED.spec.fresh_s,
        silent_s=60,
        licence=FEED.spec.licence,
        ping=Ping(every_s=20),
        # book and yesterday's close come with the snapshots alone
        check_s=60,
        # both parts go out in the login: never in the address, nor in a header that a proxy logs
        credentials=(Credential(env=_ID), Credential(env=_SECRET)),
        shares=True,
    ),
    subscribe,
    parse,
)
