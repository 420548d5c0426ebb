"""OKX perpetual swaps: funding, open interest, long/short ratios, liquidations. No key.

https://www.okx.com/docs-v5/en/ (public data, trading statistics, liquidation orders channel): of the
liquidations in one second at most one of a contract is sent, so their sum is a lower bound.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.events import Quote
from monitor.domain.funding import (
    Settled,
    UnevenHistoryError,
    held_over_a_day,
    past_held,
    past_rates,
    per_eight_hours,
)
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.liquidations import Side, liquidated, liquidation_stream
from monitor.feeds.okx import ENVELOPE, stream_refusal
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import (
    Frame,
    Heartbeat,
    Ping,
    Refused,
    StreamSpec,
    Subscribed,
    read,
)

HISTORY = "26"
_RUBIK = "api/v5/rubik/stat/contracts"
# One of them counts a coin over all its contracts, the others one contract.
_RATIOS = {
    "accounts_long_short_ratio": ("long-short-account-ratio", "ccy"),
    "top_accounts_long_short_ratio": (
        "long-short-account-ratio-contract-top-trader",
        "instId",
    ),
    "top_positions_long_short_ratio": (
        "long-short-position-ratio-contract-top-trader",
        "instId",
    ),
}


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each figure at its own path."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        figure = instrument.rpartition(".")[2]
        if figure == "funding_8h_ratio":
            quotes.append(await _funding(http, spec, instrument, symbol))
        elif figure == "funding_held_8h_ratio":
            quotes.append(await _held(http, spec, instrument, symbol))
        elif figure == "open_interest_btc":
            params = {"instType": "SWAP", "instId": symbol}
            answer, data = await _ask(http, spec, "api/v5/public/open-interest", params)
            row = _row(data, symbol)
            # `oi` counts contracts of 0.01 BTC, `oiCcy` the coins in them
            value, at = row.at("oiCcy").price(), row.at("ts").unix_time()
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
        else:
            path, key = _RATIOS[figure]
            params = {key: symbol, "period": "5m"}
            answer, data = await _ask(http, spec, f"{_RUBIK}/{path}", params)
            newest = data.item(0)
            value, at = newest.item(1).price(), newest.item(0).unix_time()
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


async def _ask(
    http: Http, spec: FeedSpec, path: str, params: dict[str, str]
) -> tuple[Answer, Node]:
    answer = await http.get(f"{spec.base_url}/{path}", params=params)
    return answer, ENVELOPE.open(decode(spec.name, answer))


async def _funding(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    """Return the rate of the present interval, whose length its two ends tell."""
    params = {"instId": symbol}
    answer, data = await _ask(http, spec, "api/v5/public/funding-rate", params)
    row = _row(data, symbol)
    rate, at = row.at("fundingRate").number(), row.at("ts").unix_time()
    ends = row.at("nextFundingTime")
    try:
        interval_ms = ends.unix_time() - row.at("fundingTime").unix_time()
        value = per_eight_hours(rate, interval_ms)
    except ValueError:
        ends.refuse("a time up to a day after fundingTime", Reason.OUT_OF_BOUNDS)
    return quoted(spec, answer, instrument, value, observed_at=at)


async def _settled(
    http: Http, spec: FeedSpec, symbol: str, limit: str
) -> tuple[Answer, Node, list[Settled]]:
    params = {"instId": symbol, "limit": limit}
    answer, data = await _ask(http, spec, "api/v5/public/funding-rate-history", params)
    settled = []
    for item in data.items():
        row = _checked(item, symbol)
        # what was announced is `fundingRate`; what was paid is `realizedRate`
        rate = row.maybe("realizedRate") or row.at("fundingRate")
        settled.append(Settled(row.at("fundingTime").unix_time(), rate.number()))
    return answer, data, settled


async def _held(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    answer, data, settled = await _settled(http, spec, symbol, HISTORY)
    try:
        value = held_over_a_day(settled, answer.received_at)
    except UnevenHistoryError as error:
        data.refuse(f"a day of settlements: {error}", Reason.OUT_OF_BOUNDS)
    return quoted(spec, answer, instrument, value)


def _row(data: Node, symbol: str) -> Node:
    return _checked(data.item(0), symbol)


def _checked(row: Node, symbol: str) -> Node:
    row.says("instId", symbol)
    return row


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for a month of settlements and the hours of the ratios; open interest has no past here."""
    quotes: list[Quote] = []
    for instrument, symbol in spec.instruments.items():
        figure = instrument.rpartition(".")[2]
        if figure in _SETTLED:
            answer, _, settled = await _settled(http, spec, symbol, "100")
            rows = _SETTLED[figure](settled)
            quotes += [quoted(spec, answer, instrument, it.rate, observed_at=it.at) for it in rows]
        elif figure in _RATIOS:
            path, key = _RATIOS[figure]
            params = {key: symbol, "period": "1H", "limit": "100"}
            answer, data = await _ask(http, spec, f"{_RUBIK}/{path}", params)
            for row in data.items():
                value, at = row.item(1).price(), row.item(0).unix_time()
                quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


_SETTLED = {"funding_8h_ratio": past_rates, "funding_held_8h_ratio": past_held}


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the liquidations of all swaps: there is no narrower channel."""
    del spec
    return (json.dumps({"op": "subscribe", "args": [_LIQUIDATIONS]}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: liquidations, or an event; the answer to our ping is no JSON."""
    del received_at
    if message == "pong":
        return (Heartbeat(),)
    root = read(message, spec)
    event = root.maybe("event")
    if event is not None:
        if event.text() in {"error", "notice"}:
            return (Refused(stream_refusal(root)),)
        is_done = event.text() == "subscribe"
        return (Subscribed(frozenset(spec.instruments)),) if is_done else ()
    if root.at("arg").at("channel").text() != _LIQUIDATIONS["channel"]:
        return ()
    wanted = set(spec.instruments.values())
    return [
        _liquidation(detail, spec)
        for contract in root.at("data").items()
        if contract.at("instId").text() in wanted
        for detail in contract.at("details").items()
    ]


def _liquidation(detail: Node, spec: StreamSpec) -> Frame:
    # the side is that of the order which closes the position
    side = {"sell": Side.LONG, "buy": Side.SHORT}.get(detail.at("side").text())
    if side is None:
        detail.at("side").refuse("buy or sell")
    btc = detail.at("sz").price() * _BTC_EACH
    return liquidated(spec, side, btc, detail.at("ts").unix_time())


_LIQUIDATIONS = {"channel": "liquidation-orders", "instType": "SWAP"}
_BTC_EACH = Decimal("0.01")
"""What one contract of the swap below is."""
_SWAP = "BTC-USDT-SWAP"
FEED = Feed(
    FeedSpec(
        name="okx_swap",
        base_url="https://www.okx.com",
        instruments={
            series_name("perp", "okx", "funding_8h_ratio"): _SWAP,
            series_name("perp", "okx", "funding_held_8h_ratio"): _SWAP,
            series_name("perp", "okx", "open_interest_btc"): _SWAP,
            series_name("perp", "okx", "accounts_long_short_ratio"): "BTC",
            series_name("perp", "okx", "top_accounts_long_short_ratio"): _SWAP,
            series_name("perp", "okx", "top_positions_long_short_ratio"): _SWAP,
        },
        interval_s=60,
        timeout_s=8,
        fresh_s=900,
        requests_per_minute=60,  # the narrowest of its limits is 5 in two seconds
        licence="Public market data; own use under OKX's API agreement.",
        max_bytes=131_072,
        batch=1,
    ),
    fetch,
    past=past,
)
STREAM = liquidation_stream(
    FEED.spec,
    "okx",
    _SWAP,
    "wss://ws.okx.com:8443/ws/v5/public",
    Ping(every_s=10, message="ping"),  # it ends a connection that is quiet for 30 s
    subscribe=subscribe,
    parse=parse,
)
