"""Binance USD-M futures: funding, open interest, long/short ratios, liquidations of one perpetual. No key.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams:
of the liquidations in one second only the largest is sent, so their sum is a lower bound.
Not served from everywhere: HTTP 451, which is an answer, not a fault of ours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.domain.events import Quote
from monitor.domain.funding import (
    DAY_MS,
    HOUR_MS,
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
from monitor.feeds.binance_stream import answered
from monitor.feeds.liquidations import Side, liquidated, liquidation_stream
from monitor.feeds.reasons import Reason
from monitor.feeds.streams import Frame, Ping, StreamSpec, read

USUAL_HOURS = 8
# Twenty-four settlements are a day even where funding is paid every hour.
HISTORY = 26
_RATIOS = {
    "accounts_long_short_ratio": "globalLongShortAccountRatio",
    "top_accounts_long_short_ratio": "topLongShortAccountRatio",
    "top_positions_long_short_ratio": "topLongShortPositionRatio",
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
            answer, row = await _ask(http, spec, "fapi/v1/openInterest", {"symbol": symbol})
            row.says("symbol", symbol)
            value, at = row.at("openInterest").price(), row.at("time").unix_time()
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
        else:
            quotes.append(await _ratio(http, spec, instrument, symbol))
    return quotes


async def _ask(
    http: Http, spec: FeedSpec, path: str, params: dict[str, str]
) -> tuple[Answer, Node]:
    answer = await http.get(f"{spec.base_url}/{path}", params=params)
    return answer, decode(spec.name, answer)


async def _funding(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    """Return the running estimate of the present interval (`lastFundingRate` misleads)."""
    answer, row = await _ask(http, spec, "fapi/v1/premiumIndex", {"symbol": symbol})
    row.says("symbol", symbol)
    rate, at = row.at("lastFundingRate").number(), row.at("time").unix_time()
    _, adjusted = await _ask(http, spec, "fapi/v1/fundingInfo", {})
    value = per_eight_hours(rate, _interval_hours(adjusted, symbol) * HOUR_MS)
    return quoted(spec, answer, instrument, value, observed_at=at)


def _interval_hours(adjusted: Node, symbol: str) -> int:
    """Return a symbol's funding interval; the list has only those that are not the usual."""
    for row in adjusted.items():
        if row.at("symbol").text() == symbol:
            hours = row.at("fundingIntervalHours")
            if not 0 < hours.count() * HOUR_MS <= DAY_MS:
                hours.refuse("1 to 24 hours", Reason.OUT_OF_BOUNDS)
            return hours.count()
    return USUAL_HOURS


async def _settled(
    http: Http, spec: FeedSpec, symbol: str, limit: int
) -> tuple[Answer, Node, list[Settled]]:
    params = {"symbol": symbol, "limit": str(limit)}
    answer, rows = await _ask(http, spec, "fapi/v1/fundingRate", params)
    settled = []
    for row in rows.items():
        row.says("symbol", symbol)
        settled.append(Settled(row.at("fundingTime").unix_time(), row.at("fundingRate").number()))
    return answer, rows, settled


async def _held(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    answer, rows, settled = await _settled(http, spec, symbol, HISTORY)
    try:
        value = held_over_a_day(settled, answer.received_at)
    except UnevenHistoryError as error:
        rows.refuse(f"a day of settlements: {error}", Reason.OUT_OF_BOUNDS)
    return quoted(spec, answer, instrument, value)


async def _ratio(http: Http, spec: FeedSpec, instrument: str, symbol: str) -> Quote:
    """Return the newest row's own ratio; its two shares do not always add up to 1."""
    path = f"futures/data/{_RATIOS[instrument.rpartition('.')[2]]}"
    params = {"symbol": symbol, "period": "5m", "limit": "1"}
    answer, rows = await _ask(http, spec, path, params)
    row = rows.item(max(0, len(rows.items()) - 1))
    row.says("symbol", symbol)
    value, at = row.at("longShortRatio").price(), row.at("timestamp").unix_time()
    return quoted(spec, answer, instrument, value, observed_at=at)


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for a year of settlements, and three weeks of hours of the rest: they keep 30 days."""
    quotes: list[Quote] = []
    for instrument, symbol in spec.instruments.items():
        figure = instrument.rpartition(".")[2]
        if figure in _SETTLED:
            answer, _, settled = await _settled(http, spec, symbol, 1_000)
            rows = _SETTLED[figure](settled)
            quotes += [quoted(spec, answer, instrument, it.rate, observed_at=it.at) for it in rows]
            continue
        path, field = f"futures/data/{_RATIOS.get(figure, '')}", "longShortRatio"
        if figure not in _RATIOS:
            path, field = "futures/data/openInterestHist", "sumOpenInterest"
        params = {"symbol": symbol, "period": "1h", "limit": "500"}
        answer, hours = await _ask(http, spec, path, params)
        for row in hours.items():
            row.says("symbol", symbol)
            value, at = row.at(field).price(), row.at("timestamp").unix_time()
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


_SETTLED = {"funding_8h_ratio": past_rates, "funding_held_8h_ratio": past_held}


def subscribe(spec: StreamSpec) -> Sequence[str]:
    """Ask for the liquidations of each contract."""
    names = sorted({f"{contract.lower()}@forceOrder" for contract in spec.instruments.values()})
    return (json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}),)


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read one message: a liquidation, or the answer to the subscription."""
    del received_at
    root = read(message, spec)
    kind = root.maybe("e")
    if kind is None:
        return answered(root, spec)
    if kind.text() != "forceOrder":
        return ()
    order = root.at("o")
    spec.instrument(order.at("s"))
    # the side is that of the order which closes the position
    side = {"SELL": Side.LONG, "BUY": Side.SHORT}.get(order.at("S").text())
    if side is None:
        order.at("S").refuse("BUY or SELL")
    return (liquidated(spec, side, order.at("z").price(), order.at("T").unix_time()),)


FEED = Feed(
    FeedSpec(
        name="binance_futures",
        base_url="https://fapi.binance.com",
        instruments={
            series_name("perp", "binance", figure): "BTCUSDT"
            for figure in (
                "funding_8h_ratio",
                "funding_held_8h_ratio",
                "open_interest_btc",
                *_RATIOS,
            )
        },
        interval_s=60,
        timeout_s=8,
        # the ratios come every five minutes
        fresh_s=900,
        # weights of 1 out of 2,400 a minute; the ratios' own limit is 1,000 in five minutes
        requests_per_minute=60,
        licence="Public market data; own use under Binance's terms, not from restricted places.",
        max_bytes=262_144,
        enabled=False,  # HTTP 451 from whole regions: a feeds book switches it on
        batch=1,
    ),
    fetch,
    past=past,
)
STREAM = liquidation_stream(
    FEED.spec,
    "binance",
    "BTCUSDT",
    "wss://fstream.binance.com/market/ws",
    Ping(every_s=20),
    subscribe=subscribe,
    parse=parse,
)
