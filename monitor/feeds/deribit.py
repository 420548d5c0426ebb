"""Deribit: implied volatility, open options and their next expiry, and the perpetual. No key.

https://docs.deribit.com/ (public/get_book_summary_by_currency, get_volatility_index_data; the
perpetual's ticker channel)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.funding import HOUR_MS
from monitor.domain.options import (
    Contract,
    contract,
    max_pain_usd,
    next_monthly,
    put_call_ratio,
)
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import (
    Frame,
    Ping,
    Quotes,
    Refused,
    Stream,
    StreamSpec,
    Subscribed,
    read,
    sent,
)

PERPETUAL = "BTC-PERPETUAL"
OPTIONS = "BTC"
INDEX = "DVOL"
_PERPETUAL = {
    "mark_usd": "mark_price",
    "funding_8h_ratio": "funding_8h",
    "open_interest_usd": "open_interest",
}
_THROTTLED, _BAD_PARAMETERS = 10_028, -32_602


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the perpetual, for all options at once and for the volatility index, as wanted."""
    quotes: list[Quote] = []
    groups = [PERPETUAL, OPTIONS, INDEX]
    for group in groups:
        wanted = [name for name, symbol in spec.instruments.items() if symbol == group]
        if wanted:
            ask = {PERPETUAL: _perpetual, OPTIONS: _options, INDEX: _volatility}[group]
            quotes += await ask(http, spec, wanted)
    return quotes


async def _ask(
    http: Http, spec: FeedSpec, path: str, params: dict[str, str]
) -> tuple[Answer, Node]:
    answer = await http.get(f"{spec.base_url}/public/{path}", params=params)
    root = decode(spec.name, answer)
    error = root.maybe("error")
    if error is not None:
        raise _error(error)
    return answer, root.at("result")


def _error(error: Node) -> FeedError:
    code, words = error.at("code").number(), error.maybe("message")
    said = shown(code) if words is None else f"{shown(code)}: {shown(words.value)}"
    message = f"{error.provider}: answered {said}"
    if code == _BAD_PARAMETERS:
        return FeedRejected(f"{message}; check the instrument", reason=Reason.NOT_FOUND)
    reason = Reason.THROTTLED if code == _THROTTLED else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


async def _perpetual(http: Http, spec: FeedSpec, wanted: Sequence[str]) -> list[Quote]:
    params = {"instrument_name": PERPETUAL}
    answer, result = await _ask(http, spec, "get_book_summary_by_instrument", params)
    row = result.item(0)
    row.says("instrument_name", PERPETUAL)
    at = row.at("creation_timestamp").unix_time()
    return [quoted(spec, answer, name, _figure(row, name), observed_at=at) for name in wanted]


def _figure(row: Node, instrument: str) -> Decimal:
    """Return a figure of the perpetual: open contracts count dollars, the funding may be zero."""
    figure = instrument.rpartition(".")[2]
    place = row.at(_PERPETUAL[figure])
    return place.number() if figure == "funding_8h_ratio" else place.price()


async def _options(http: Http, spec: FeedSpec, wanted: Sequence[str]) -> list[Quote]:
    params = {"currency": OPTIONS, "kind": "option"}
    answer, result = await _ask(http, spec, "get_book_summary_by_currency", params)
    # one answer is one look at the book; its first row's time is that of all
    at = result.item(0).at("creation_timestamp").unix_time()
    every = [_contract(row) for row in result.items()]
    expiry = next_monthly(every, at)
    found = {
        "open_interest_btc": sum((it.open_btc for it in every), Decimal(0)),
        "put_call_ratio": put_call_ratio(every),
        "next_expiry_open_interest_btc": sum((it.open_btc for it in expiry), Decimal(0)),
        "max_pain_usd": max_pain_usd(expiry),
    }
    quotes = []
    for instrument in wanted:
        value = found[instrument.rpartition(".")[2]]
        if not value:
            result.refuse(f"options enough for {instrument}", Reason.MISSING_FIELD)
        quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


def _contract(row: Node) -> Contract:
    name, held = row.at("instrument_name"), row.at("open_interest")
    amount = held.number()
    if amount < 0:
        held.refuse("no less than zero", Reason.NEGATIVE)
    try:
        return contract(name.text(), amount)
    except ValueError:
        name.refuse("an option such as BTC-28JUN24-42000-C", Reason.WRONG_SYMBOL)


async def _volatility(http: Http, spec: FeedSpec, wanted: Sequence[str]) -> list[Quote]:
    """Return the newest value of Deribit's index of thirty days, which it gives in percent."""
    answer, now = await _ask(http, spec, "get_time", {})
    until = now.unix_time()
    params = {
        "currency": "BTC",
        "start_timestamp": str(until - HOUR_MS),
        "end_timestamp": str(until),
        "resolution": "60",
    }
    answer, result = await _ask(http, spec, "get_volatility_index_data", params)
    candles = result.at("data")
    candle = candles.item(max(0, len(candles.items()) - 1))
    value, at = candle.item(4).price() / 100, candle.item(0).unix_time()
    return [quoted(spec, answer, instrument, value, observed_at=at) for instrument in wanted]


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the perpetual's ticker; the raw one wants a login."""
    del spec
    asked = {"method": "public/subscribe", "params": {"channels": [_CHANNEL]}}
    return (json.dumps({"jsonrpc": "2.0", "id": 1, **asked}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: the ticker, or the answer to the subscription."""
    root = read(message, spec)
    if root.maybe("id") is not None:
        return (_answered(root, spec),)
    params = root.maybe("params")
    if params is None or params.at("channel").text() != _CHANNEL:
        return ()
    row = params.at("data")
    row.says("instrument_name", PERPETUAL)
    at = row.at("timestamp").unix_time()
    found = (
        sent(spec, received_at, name, _figure(row, name), observed_at=at)
        for name in spec.instruments
    )
    return (Quotes(tuple(found)),)


def _answered(root: Node, spec: StreamSpec) -> Frame:
    """Read an answer, which names the channels that will come: one that it does not know it leaves out."""
    error = root.maybe("error")
    if error is not None:
        return Refused(_error(error))
    if _CHANNEL in {channel.text() for channel in root.at("result").items()}:
        return Subscribed(frozenset(spec.instruments))
    message = f"{root.provider}: the stream has no {_CHANNEL}; check the channel's name"
    return Refused(FeedRejected(message, reason=Reason.NOT_FOUND))


_CHANNEL = f"ticker.{PERPETUAL}.100ms"
FEED = Feed(
    FeedSpec(
        name="deribit",
        base_url="https://www.deribit.com/api/v2",
        instruments={
            **{series_name("perp", "deribit", figure): PERPETUAL for figure in _PERPETUAL},
            series_name("options", "deribit", "open_interest_btc"): OPTIONS,
            series_name("options", "deribit", "put_call_ratio"): OPTIONS,
            series_name("options", "deribit", "next_expiry_open_interest_btc"): OPTIONS,
            series_name("options", "deribit", "max_pain_usd"): OPTIONS,
            series_name("options", "deribit", "implied_volatility_30d_ratio"): INDEX,
        },
        interval_s=120,
        timeout_s=15,
        fresh_s=900,
        requests_per_minute=30,  # of 20 a second
        licence="Public market data; own use under Deribit's terms of service.",
        # all strikes of all expiries come in one answer
        max_bytes=4_194_304,
    ),
    fetch,
)
STREAM = Stream(
    StreamSpec(
        name="deribit",
        url="wss://www.deribit.com/ws/api/v2",
        instruments={
            name: symbol for name, symbol in FEED.spec.instruments.items() if symbol == PERPETUAL
        },
        fresh_s=FEED.spec.fresh_s,
        silent_s=60,
        licence=FEED.spec.licence,
        ping=Ping(every_s=20),
        # options and volatility are asked for all the same, and the perpetual comes along
        check_s=None,
        flush_s=1.0,  # it tells ten times a second what is context for an hour
    ),
    subscribe,
    parse,
)
