"""Recorded and documented messages give what stands in them; any other message gives ours.

The recordings lie beside the project and are read in place, as in `test_recorded_answers.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import ManualClock, parse_iso
from monitor.core.discovery import declared
from monitor.core.errors import BadQuote, FeedRejected
from monitor.domain.events import BLOCK_PACE, BTC_USD, HEIGHT
from monitor.feeds.answers import Book
from monitor.feeds.streams import (
    Added,
    Beside,
    Frame,
    Heartbeat,
    Quotes,
    Refused,
    Stream,
    Subscribed,
)
from tests.contract.test_recorded_answers import sample
from tests.simulator.catalogue import STREAMS as SIMULATED
from tests.simulator.catalogue import VALUES
from tests.simulator.market import Market

NOW = 1_768_229_760_000
STREAMS = dict(declared("monitor.feeds", "STREAM", Stream))


def parsed(name: str, message: str, **instruments: str) -> Sequence[Frame]:
    """Return the frames of one message, with these symbols subscribed."""
    stream = STREAMS[name]
    own = {key.replace("_", "-"): symbol for key, symbol in instruments.items()}
    spec = replace(stream.spec, instruments=own or stream.spec.instruments)
    return stream.parse(message, NOW, spec)


@pytest.mark.parametrize(
    ("file", "name", "symbol", "prices", "times", "numbers"),
    [
        (
            "coinbase_exchange_ws_ticker.json",
            "coinbase",
            "BTC-USDT",
            ["22345.67"],
            ["2023-03-04T03:37:20.799Z"],
            [11_586_478],
        ),
        (
            "kraken_ws_v2_trade.json",
            "kraken",
            "BTC/USD",
            ["105944.2", "105910.5"],
            ["2023-10-06T17:35:55.440Z", "2023-10-06T17:35:56.123Z"],
            [10_218_208, 10_218_209],
        ),
        (
            "bitstamp_ws_trade.json",
            "bitstamp",
            "ethusd",
            ["2090.22"],
            ["2026-03-05T15:15:51.946Z"],
            [542_327_128],
        ),
        (
            "binance_us_ws_agg_trade.json",
            "binance_us",
            "OMGBUSD",
            ["13.8076"],
            ["2021-10-12T00:24:48.467Z"],
            [425_086],
        ),
        (
            "okx_ws_ticker.json",
            "okx",
            "BTC-USDT",
            ["30236"],
            ["2022-05-13T16:27:04.956Z"],
            [None],
        ),
        (
            "gemini_ws_trade.json",
            "gemini",
            "BTCUSD",
            ["22530.80"],
            ["2022-06-15T23:31:20.981Z"],
            [122_278_173_770],
        ),
        (
            "finnhub_ws_trade.json",
            "finnhub",
            "BINANCE:BTCUSDT",
            ["7296.89"],
            ["2019-12-05T06:18:11.134Z"],
            [None],
        ),
        (
            "alpaca_ws_trade.json",
            "alpaca",
            "AAPL",
            ["126.55"],
            ["2021-02-22T15:51:44.208Z"],
            [None],
        ),
    ],
)
def test_a_recorded_trade_gives_its_price(
    file: str,
    name: str,
    symbol: str,
    prices: list[str],
    times: list[str],
    numbers: list[int | None],
) -> None:
    """Price, the source's time and the number are those that stand in the recording."""
    frames = parsed(name, sample(file), BTC_USD=symbol)
    quotes = [frame for frame in frames if isinstance(frame, Quotes)]
    assert [frame.quotes[0].value for frame in quotes] == [Decimal(price) for price in prices]
    assert [frame.quotes[0].observed_at for frame in quotes] == [parse_iso(at) for at in times]
    assert [frame.number for frame in quotes] == numbers
    assert not any(frame.quotes[0].local_time for frame in quotes)


def test_a_recorded_ticker_gives_its_book() -> None:
    """Coinbase tells the book with the price; Kraken beside it, with or without a time."""
    (frame,) = parsed("coinbase", sample("coinbase_exchange_ws_ticker.json"), BTC_USD="BTC-USDT")
    assert isinstance(frame, Quotes)
    quote = frame.quotes[0]
    assert (quote.bid, quote.ask) == (Decimal("22345.67"), Decimal("22349.68"))
    assert quote.volume == Decimal("470.21123644")
    book = Book(Decimal("105944.2"), Decimal("105944.3"), Decimal("163.28908096"))
    frames = parsed("kraken", sample("kraken_ws_v2_ticker.json"))
    assert list(frames) == [Beside(BTC_USD, book, NOW)]
    (timeless,) = parsed(
        "kraken", sample("kraken_ws_v2_ticker_no_timestamp.json"), BTC_USD="ETH/USDT"
    )
    assert isinstance(timeless, Beside)
    assert timeless.book.volume == Decimal("997038.98383185")
    (told,) = parsed("binance", sample("binance_ws_24hr_ticker.json"), BTC_USD="ETHBTC")
    sides = Book(Decimal("0.09155300"), Decimal("0.09177200"), Decimal("287542.792"))
    assert told == Beside(BTC_USD, sides, NOW)
    (beside,) = parsed("okx", sample("okx_ws_ticker.json"))
    assert isinstance(beside, Quotes)
    asked = beside.quotes[0]
    assert (asked.bid, asked.ask) == (Decimal("30228.6"), Decimal("30228.7"))
    assert asked.volume == Decimal("17602.13085371")


def test_a_recorded_confirmation_confirms() -> None:
    """Bitstamp's own words for a subscription that came about, of a channel that is not ours."""
    message = sample("bitstamp_ws_subscription_succeeded.json")
    with pytest.raises(BadQuote, match="diff_order_book_sgbeur"):
        parsed("bitstamp", message)
    ours = json.loads(message) | {"channel": "live_trades_btcusd"}
    assert list(parsed("bitstamp", json.dumps(ours))) == [Subscribed(frozenset({BTC_USD}))]


def test_a_recorded_bag_gives_the_pace() -> None:
    """596,239 ms a block, stamped with our time; a bag without a block tells no height."""
    frames = parsed("mempool", sample("mempool_ws_live_data.json"))
    assert frames[0] == Subscribed(frozenset({HEIGHT, BLOCK_PACE}))
    (pace,) = (frame for frame in frames if isinstance(frame, Quotes))
    assert pace.quotes[0].instrument == BLOCK_PACE
    assert pace.quotes[0].value == Decimal("596.239")
    assert (pace.quotes[0].observed_at, pace.quotes[0].local_time) == (NOW, True)


def test_a_match_of_another_kind_says_nothing() -> None:
    """A message of a channel that was not asked for is passed over."""
    assert list(parsed("coinbase", sample("coinbase_exchange_ws_match.json"))) == []


def test_bitfinex_frames_are_told_by_their_shape() -> None:
    """A list names a channel by number: heartbeat, book, trades of before, and a trade."""
    assert list(parsed("bitfinex", sample("bitfinex_ws_heartbeat.json"))) == [Heartbeat()]
    assert list(parsed("bitfinex", sample("bitfinex_ws_info.json"))) == [Heartbeat()]
    book = Book(Decimal(278_200), Decimal(282_030), Decimal("32.20946748"))
    assert list(parsed("bitfinex", sample("bitfinex_ws_ticker.json"))) == [
        Beside(BTC_USD, book, NOW)
    ]
    before = sample("bitfinex_ws_trades.json")
    assert list(parsed("bitfinex", before)) == [Subscribed(frozenset({BTC_USD}))]
    channel, rows = json.loads(before)
    (frame,) = parsed("bitfinex", json.dumps([channel, "te", rows[0]]))
    assert isinstance(frame, Quotes)
    quote = frame.quotes[0]
    assert (quote.value, quote.observed_at) == (Decimal("7244.9"), 1_574_694_475_039)
    assert (frame.number, quote.local_time) == (401_597_393, False)
    assert list(parsed("bitfinex", json.dumps([channel, "tu", rows[0]]))) == []


def test_a_bitfinex_frame_is_of_one_pair() -> None:
    """With two pairs a number would not say which one: nothing is guessed."""
    with pytest.raises(BadQuote, match="one pair"):
        parsed("bitfinex", "[7, []]", BTC_USD="tBTCUSD", ETH_USD="tETHUSD")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"event": "info", "version": 2, "platform": {"status": 0}}, "server_error"),
        ({"event": "info", "code": 20060, "msg": "maintenance"}, "server_error"),
        ({"event": "info", "code": 20051, "msg": "restart"}, "connection"),
        ({"event": "error", "code": 10305, "msg": "limit"}, "throttled"),
        ({"event": "error", "code": 10300, "msg": "symbol: invalid"}, "not_found"),
    ],
)
def test_bitfinex_tells_why_it_ends(message: dict[str, Any], reason: str) -> None:
    """Maintenance and a restart hand over to the poller; a wrong pair needs a person."""
    (frame,) = parsed("bitfinex", json.dumps(message))
    assert isinstance(frame, Refused)
    assert frame.error.reason == reason
    assert isinstance(frame.error, FeedRejected) is (reason == "not_found")


def test_a_second_connection_of_alpaca_is_tried_again() -> None:
    """The recorded refusal: an account has one connection, and somebody else has it."""
    (frame,) = parsed("alpaca", sample("alpaca_ws_error.json"))
    assert isinstance(frame, Refused)
    assert (frame.error.reason, isinstance(frame.error, FeedRejected)) == ("throttled", False)


@pytest.mark.parametrize(
    ("file", "name", "symbol", "figure", "btc", "at"),
    [
        (
            "binance_fapi_ws_force_order.json",
            "binance_futures",
            "BTCUSDT",
            "liquidated_long_1h_btc",
            "0.014",
            1_568_014_460_893,
        ),
        # `Sell` is a short's position here, and `buy` the order that closes a short there
        (
            "bybit_v5_ws_all_liquidation.json",
            "bybit",
            "ROSEUSDT",
            "liquidated_short_1h_btc",
            "20000",
            1_739_502_302_929,
        ),
        (
            "okx_ws_liquidation_orders.json",
            "okx_swap",
            "IOST-USDT-SWAP",
            "liquidated_short_1h_btc",
            "0.13",
            1_692_266_434_010,
        ),
    ],
)
def test_a_recorded_liquidation_adds_to_its_side(
    file: str, name: str, symbol: str, figure: str, btc: str, at: int
) -> None:
    """Side, amount and time are those that stand in the recording, of another coin than ours."""
    spec = STREAMS[name].spec
    theirs = replace(spec, instruments=dict.fromkeys(spec.instruments, symbol))
    (frame,) = STREAMS[name].parse(sample(file), NOW, theirs)
    assert isinstance(frame, Added)
    assert frame.instrument.rpartition(".")[2] == figure
    assert (frame.value, frame.at) == (Decimal(btc), at)
    stranger = STREAMS[name]
    if name == "okx_swap":  # its channel is of all contracts: others are passed over
        assert list(stranger.parse(sample(file), NOW, spec)) == []
    elif name == "bybit":
        with pytest.raises(BadQuote, match="not subscribed"):
            stranger.parse(sample(file), NOW, spec)


def test_deribit_names_what_will_come() -> None:
    """A ticker of another contract is passed over; an answer without our channel is a refusal."""
    assert list(parsed("deribit", sample("deribit_ws_ticker_option.json"))) == []
    ours = {"jsonrpc": "2.0", "id": 1, "result": ["ticker.BTC-PERPETUAL.100ms"]}
    told = frozenset(STREAMS["deribit"].spec.instruments)
    assert list(parsed("deribit", json.dumps(ours))) == [Subscribed(told)]
    for answer in (ours | {"result": []}, json.loads(sample("deribit_error.json")) | {"id": 1}):
        (frame,) = parsed("deribit", json.dumps(answer))
        assert isinstance(frame, Refused)
        assert frame.error.reason == "not_found"


def test_finnhub_refuses_one_share_or_all() -> None:
    """A share that it names is that one alone; a plan that is too small concerns all."""
    invalid = {"type": "error", "msg": "Invalid symbol RIOT"}
    (one,) = parsed("finnhub", json.dumps(invalid))
    assert isinstance(one, Refused)
    assert (one.instruments, one.error.reason) == (frozenset({"RIOT"}), "not_found")
    many = {"type": "error", "msg": "Subscribing to too many symbols"}
    (all_of_them,) = parsed("finnhub", json.dumps(many))
    assert isinstance(all_of_them, Refused)
    assert (all_of_them.instruments, all_of_them.error.reason) == (frozenset(), "forbidden")


def test_a_text_that_is_no_json_is_a_sign_of_life() -> None:
    """OKX answers our ping with a bare word, and with nothing else that is no JSON."""
    assert list(parsed("okx", "pong")) == [Heartbeat()]
    with pytest.raises(BadQuote, match="no JSON"):
        parsed("okx", "pon")
    assert list(parsed("okx", sample("okx_ws_trade.json"))) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [("64008", "connection"), ("60014", "throttled"), ("60018", "not_found")],
)
def test_okx_tells_why_it_ends(code: str, reason: str) -> None:
    """Maintenance and a full door are tried again; a pair that is not there needs a person."""
    message = {"event": "error", "code": code, "msg": "why", "connId": "a4d3ae55"}
    (frame,) = parsed("okx", json.dumps(message))
    assert isinstance(frame, Refused)
    assert frame.error.reason == reason
    assert isinstance(frame.error, FeedRejected) is (reason == "not_found")


def test_a_first_ticker_without_a_trade_only_confirms() -> None:
    """Coinbase may open with a ticker that tells of no trade: there is no time for a price."""
    told = SIMULATED["coinbase"].value(Market(ManualClock(NOW), start=VALUES), 5)
    for name in ("time", "trade_id"):
        without = {key: item for key, item in told.items() if key != name}
        frames = parsed("coinbase", json.dumps(without))
        assert list(frames) == [Subscribed(frozenset({BTC_USD}))]


def test_a_kraken_snapshot_has_no_numbers() -> None:
    """Trades of before are values, and no part of the count."""
    told = SIMULATED["kraken"].value(Market(ManualClock(NOW), start=VALUES), 5)
    (frame,) = parsed("kraken", json.dumps(told | {"type": "snapshot"}))
    assert isinstance(frame, Quotes)
    assert (frame.number, len(frame.quotes)) == (None, 1)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "trade",
            "ticker",
            "update",
            "BTC-USD",
            "BTC/USD",
            "live_trades_btcusd",
            "te",
            "t",
            "success",
            "connected",
            "subscription",
            "forceOrder",
            "allLiquidation.BTCUSDT",
            "liquidation-orders",
            "BTCUSDT",
            "BTC-USDT-SWAP",
            "ticker.BTC-PERPETUAL.100ms",
            "error",
            "info",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6)
            | st.sampled_from(
                [
                    "type",
                    "channel",
                    "event",
                    "data",
                    "block",
                    "da",
                    "arg",
                    "code",
                    "T",
                    "msg",
                    "e",
                    "o",
                    "s",
                    "S",
                    "topic",
                    "op",
                    "details",
                    "instId",
                    "side",
                    "sz",
                    "params",
                    "id",
                    "result",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", STREAMS)
@given(body=ANYTHING)
def test_whatever_comes_is_told_or_refused_by_name(name: str, body: Any) -> None:
    """No exception but ours leaves a parser, and no value of another source."""
    _check(name, json.dumps(body))


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
def test_a_damaged_message_is_told_or_refused_by_name(name: str, data: st.DataObject) -> None:
    """A good message with one member replaced, or cut short, gives our error or a sound value."""
    document = SIMULATED[name].value(Market(ManualClock(NOW), start=VALUES), 17)
    text = json.dumps(_damaged(document, data))
    cut = data.draw(st.integers(min_value=0, max_value=len(text)) | st.just(len(text)))
    _check(name, text[:cut])


def _damaged(node: Any, data: st.DataObject) -> Any:
    """Return `node` with anything in one of its places."""
    if isinstance(node, dict) and node and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(node)))
        return node | {key: _damaged(node[key], data)}
    if isinstance(node, list) and node and data.draw(st.booleans()):
        return [_damaged(node[0], data), *node[1:]]
    return data.draw(ANYTHING)


def _check(name: str, text: str) -> None:
    try:
        frames = STREAMS[name].parse(text, NOW, STREAMS[name].spec)
    except BadQuote:
        return
    for frame in frames:
        if isinstance(frame, Quotes):
            assert frame.quotes
            assert all(quote.source == name for quote in frame.quotes)
            assert {quote.instrument for quote in frame.quotes} <= set(
                STREAMS[name].spec.instruments
            )
            assert frame.number is None or frame.number >= 0
