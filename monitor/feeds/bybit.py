"""Bybit v5: funding, open interest, long/short ratio, liquidations of perpetuals. No key.

https://bybit-exchange.github.io/docs/v5/market/tickers
https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
Over its limit it answers 403 and wants ten minutes of silence, which a refused key gets here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedRejected
from monitor.domain.events import Quote
from monitor.domain.funding import (
    HOUR_MS,
    Settled,
    UnevenHistoryError,
    held_over_a_day,
    past_held,
    past_rates,
    per_eight_hours,
)
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.envelope import Envelope
from monitor.feeds.liquidations import Side, liquidated, liquidation_stream
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import Frame, Heartbeat, Ping, Refused, StreamSpec, Subscribed, read

HISTORY = "26"
ENVELOPE = Envelope(
    code="retCode",
    good="0",
    inside="result",
    words="retMsg",
    reasons=(
        ("10001", Reason.NOT_FOUND),
        ("10006", Reason.THROTTLED),
        ("10009", Reason.GEO_BLOCKED),
        ("10018", Reason.THROTTLED),
        ("10024", Reason.GEO_BLOCKED),
    ),
)


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each figure at its own path."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        figure = instrument.rpartition(".")[2]
        if figure == "funding_8h_ratio":
            quotes.append(await _funding(http, spec, instrument, symbol))
        elif figure == "funding_held_8h_ratio":
            quotes.append(await _held(http, spec, instrument, symbol))
        elif figure in ("open_interest_btc", "open_interest_usd"):
            quotes.append(await _open_interest(http, spec, instrument, symbol))
        else:
            quotes.append(await _accounts(http, spec, instrument, symbol))
    return quotes


async def _ask(
    http: Http, spec: FeedSpec, path: str, symbol: str, params: dict[str, str] | None = None
) -> tuple[Answer, Node, Node]:
    """Return the answer, its root (which has the server's time) and what is in the envelope."""
    category = "linear" if symbol.endswith("USDT") else "inverse"
    asked = {"category": category, "symbol": symbol, **(params or {})}
    answer = await http.get(f"{spec.base_url}/v5/market/{path}", params=asked)
    root = decode(spec.name, answer)
    return answer, root, ENVELOPE.open(root)


async def _funding(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    answer, root, result = await _ask(http, spec, "tickers", symbol)
    row = result.at("list").item(0)
    row.says("symbol", symbol)
    rate, hours = row.at("fundingRate").number(), row.at("fundingIntervalHour")
    try:
        value = per_eight_hours(rate, hours.count() * HOUR_MS)
    except ValueError:
        hours.refuse("1 to 24 hours", Reason.OUT_OF_BOUNDS)
    return quoted(spec, answer, instrument, value, observed_at=root.at("time").unix_time())


async def _settled(
    http: Http, spec: FeedSpec, symbol: str, limit: str
) -> tuple[Answer, Node, list[Settled]]:
    answer, _, result = await _ask(http, spec, "funding/history", symbol, {"limit": limit})
    rows = result.at("list")
    settled = []
    for row in rows.items():
        row.says("symbol", symbol)
        at = row.at("fundingRateTimestamp").unix_time()
        settled.append(Settled(at, row.at("fundingRate").number()))
    return answer, rows, settled


async def _held(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    answer, rows, settled = await _settled(http, spec, symbol, HISTORY)
    try:
        value = held_over_a_day(settled, answer.received_at)
    except UnevenHistoryError as error:
        rows.refuse(f"a day of settlements: {error}", Reason.OUT_OF_BOUNDS)
    return quoted(spec, answer, instrument, value)


async def _open_interest(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    """Return one side: linear contracts count coins, inverse ones dollars."""
    params = {"intervalTime": "5min", "limit": "1"}
    answer, _, result = await _ask(http, spec, "open-interest", symbol, params)
    row = result.at("list").item(0)
    at = row.at("timestamp").unix_time()
    return quoted(spec, answer, instrument, _one_side(row), observed_at=at)


def _one_side(row: Node) -> Decimal:
    both = row.at("openInterest").price()
    single = row.maybe("singleOpenInterest")
    # openInterest counts buyers and sellers; older answers have nothing else
    return both / 2 if single is None or single.value == "" else single.price()


async def _accounts(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    params = {"period": "5min", "limit": "1"}
    answer, _, result = await _ask(http, spec, "account-ratio", symbol, params)
    row = result.at("list").item(0)
    row.says("symbol", symbol)
    at = row.at("timestamp").unix_time()
    return quoted(spec, answer, instrument, _long_to_short(row), observed_at=at)


def _long_to_short(row: Node) -> Decimal:
    return row.at("buyRatio").price() / row.at("sellRatio").price()


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for two months of settlements, and a month or more of the rest, each four hours."""
    quotes: list[Quote] = []
    for instrument, symbol in spec.instruments.items():
        figure = instrument.rpartition(".")[2]
        if figure in _SETTLED:
            answer, _, settled = await _settled(http, spec, symbol, "200")
            rows = _SETTLED[figure](settled)
            quotes += [quoted(spec, answer, instrument, it.rate, observed_at=it.at) for it in rows]
            continue
        path, params, value_of = "open-interest", {"intervalTime": "4h", "limit": "200"}, _one_side
        if figure == "accounts_long_short_ratio":
            path, params, value_of = (
                "account-ratio",
                {"period": "4h", "limit": "500"},
                _long_to_short,
            )
        answer, _, result = await _ask(http, spec, path, symbol, params)
        for row in result.at("list").items():
            at = row.at("timestamp").unix_time()
            quotes.append(quoted(spec, answer, instrument, value_of(row), observed_at=at))
    return quotes


_SETTLED = {"funding_8h_ratio": past_rates, "funding_held_8h_ratio": past_held}


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the liquidations of each contract."""
    topics = sorted({f"{_TOPIC}.{contract}" for contract in spec.instruments.values()})
    return (json.dumps({"op": "subscribe", "args": topics}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: liquidations of half a second, or the answer to what we said."""
    del received_at
    root = read(message, spec)
    topic = root.maybe("topic")
    if topic is None:
        return _answered(root, spec)
    if topic.text().partition(".")[0] != _TOPIC:
        return ()
    return [_liquidation(row, spec) for row in root.at("data").items()]


def _liquidation(row: Node, spec: StreamSpec) -> Frame:
    spec.instrument(row.at("s"))
    # the side is that of the position, unlike at other venues
    side = {"Buy": Side.LONG, "Sell": Side.SHORT}.get(row.at("S").text())
    if side is None:
        row.at("S").refuse("Buy or Sell")
    return liquidated(spec, side, row.at("v").price(), row.at("T").unix_time())


def _answered(root: Node, spec: StreamSpec) -> Sequence[Frame]:
    op, done = root.at("op").text(), root.at("success").value
    if op == "ping":
        return (Heartbeat(),)
    if op != "subscribe":
        return ()
    if done is True:
        return (Subscribed(frozenset(spec.instruments)),)
    said = f"{root.provider}: the stream answered {shown(root.at('ret_msg').value)}"
    error = FeedRejected(f"{said}; check the contract's name", reason=Reason.NOT_FOUND)
    return (Refused(error),)


_TOPIC = "allLiquidation"
FEED = Feed(
    FeedSpec(
        name="bybit",
        base_url="https://api.bybit.com",
        instruments={
            series_name("perp", "bybit", "funding_8h_ratio"): "BTCUSDT",
            series_name("perp", "bybit", "funding_held_8h_ratio"): "BTCUSDT",
            series_name("perp", "bybit", "open_interest_btc"): "BTCUSDT",
            series_name("perp", "bybit", "accounts_long_short_ratio"): "BTCUSDT",
            series_name("perp", "bybit-inverse", "funding_8h_ratio"): "BTCUSD",
            series_name("perp", "bybit-inverse", "open_interest_usd"): "BTCUSD",
        },
        interval_s=60,
        timeout_s=8,
        fresh_s=900,
        requests_per_minute=60,  # of 7,200
        licence="Public market data; own use under Bybit's API terms, not from the US.",
        max_bytes=65_536,
        enabled=False,  # refused from whole regions: a feeds book switches it on
        batch=1,
    ),
    fetch,
    past=past,
)
STREAM = liquidation_stream(
    FEED.spec,
    "bybit",
    "BTCUSDT",
    "wss://stream.bybit.com/v5/public/linear",
    Ping(every_s=20, message='{"op":"ping"}'),
    subscribe=subscribe,
    parse=parse,
)
