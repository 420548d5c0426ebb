"""Answers of our own about futures, options and flows: units, signs, periods, holes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.core.clock import parse_iso
from monitor.core.errors import FeedError
from monitor.domain.events import Quote
from monitor.feeds.base import FeedSpec, Fetched, faults_of, quotes_of
from monitor.feeds.lanes import lanes_of
from tests.contract.test_recorded_answers import NOW
from tests.contract.test_recorded_derivatives import FEEDS, Bodies, fetch


def test_binance_says_only_which_intervals_are_unusual() -> None:
    """A symbol that the list does not name pays every eight hours; one that it names, as it says."""
    index = {"symbol": "BTCUSDT", "lastFundingRate": "0.0001", "time": NOW}
    for info, value in (
        ([], "0.0001"),
        ([{"symbol": "ETHUSDT", "fundingIntervalHours": 1}], "0.0001"),
        ([{"symbol": "BTCUSDT", "fundingIntervalHours": 1}], "0.0008"),
    ):
        bodies = (json.dumps(index), json.dumps(info))
        quote = fetch("binance_futures", "perp.binance.funding_8h_ratio", "BTCUSDT", *bodies)
        assert quote.value == Decimal(value)


def test_a_rate_of_zero_is_a_rate() -> None:
    """No funding is paid: a value, unlike a price of zero."""
    index = {"symbol": "BTCUSDT", "lastFundingRate": "0.00000000", "time": NOW}
    quote = fetch(
        "binance_futures", "perp.binance.funding_8h_ratio", "BTCUSDT", json.dumps(index), "[]"
    )
    assert quote.value == 0


def test_deribit_is_asked_for_the_hour_before_its_own_time() -> None:
    """The index's candles come in percent; the newest close counts."""
    candles = [[NOW - 60_000, 44.0, 44.0, 44.0, 44.1], [NOW, 45.0, 46.0, 45.0, 45.3]]
    bodies = [{"result": NOW}, {"result": {"data": candles, "continuation": None}}]
    http = Bodies([json.dumps(body) for body in bodies])
    name = "options.deribit.implied_volatility_30d_ratio"
    spec = replace(FEEDS["deribit"].spec, instruments={name: "DVOL"})

    async def ask() -> list[Quote]:
        return quotes_of(await FEEDS["deribit"].fetch(http, spec))

    (quote,) = asyncio.run(ask())
    assert (quote.value, quote.observed_at) == (Decimal("0.453"), NOW)
    assert http.asked[1]["start_timestamp"] == str(NOW - 3_600_000)
    assert http.asked[1]["end_timestamp"] == str(NOW)


def test_longs_that_grow_by_a_tenth_in_a_day() -> None:
    """77,000 against 70,000 a day ago; without a row of that time there is no change (row L14)."""
    name = "perp.bitfinex.margin_long_day_change_ratio"
    day = 86_400_000
    rows = [[NOW, 77_000], [NOW - 60_000, 1], [NOW - day - 60_000, 70_000], [NOW - 2 * day, 5]]
    quote = fetch("bitfinex_margin", name, "long", json.dumps(rows))
    assert (quote.value, quote.observed_at) == (Decimal("0.1"), NOW)
    with pytest.raises(FeedError) as caught:
        fetch("bitfinex_margin", name, "long", json.dumps([rows[0], rows[1], rows[3]]))
    assert caught.value.reason == "missing_field"


def test_stablecoins_are_compared_with_a_week_ago() -> None:
    """312 against 300 seven days before, and not with the day before (row L30)."""
    day = 86_400
    days = [
        {"date": str(NOW // 1_000 - back * day), "totalCirculating": {"peggedUSD": coins}}
        for back, coins in ((14, 250), (8, 290), (7, 300), (6, 305), (1, 311), (0, 312))
    ]
    name = "stablecoin.all.cap_week_change_ratio"
    quote = fetch("defillama", name, "all", json.dumps(days))
    assert (quote.value, quote.observed_at) == (Decimal("0.04"), NOW // 1_000 * 1_000)


def test_who_was_liquidated_is_said_in_words() -> None:
    """300 M USD, of which 210 are longs: the split comes along (row L09)."""
    row = {
        "exchange": "All",
        "liquidation_usd": 300_000_000,
        "long_liquidation_usd": 210_000_000.4,
        "short_liquidation_usd": 89_999_999.6,
    }
    body = json.dumps({"code": "0", "data": [row]})
    quote = fetch("coinglass", "perp.all.liquidated_1h_usd", "All", body)
    assert quote.value == 300_000_000
    assert quote.note == "Long 210.0 M USD, short 90.0 M USD."


def test_coins_at_exchanges_are_added_up() -> None:
    """20,000 BTC in a day over two exchanges, one of which lost some (row L05)."""
    rows = [
        {"exchange_name": "A", "total_balance": 1_000_000.5, "balance_change_1d": 21_500},
        {"exchange_name": "B", "total_balance": 500_000, "balance_change_1d": -1_500},
    ]
    body = json.dumps({"code": "0", "data": rows})
    balance = fetch("coinglass_daily", "exchange.all.balance_btc", "BTC", body)
    change = fetch("coinglass_daily", "exchange.all.balance_change_24h_btc", "BTC", body)
    assert (balance.value, change.value) == (Decimal("1500000.5"), Decimal(20_000))


def etf_days(*flows: tuple[int, float, float, list[float]]) -> str:
    """Return days of flows: days back, flow, price and the funds' flows."""
    midnight = NOW // 86_400_000 * 86_400_000
    rows = [
        {
            "timestamp": midnight - back * 86_400_000,
            "flow_usd": flow,
            "price_usd": price,
            "etf_flows": [{"etf_ticker": "IBIT", "flow_usd": part} for part in parts],
        }
        for back, flow, price, parts in flows
    ]
    return json.dumps({"code": "0", "data": rows})


def test_a_corrected_flow_is_of_the_same_day() -> None:
    """The morning after and later the day's flow has the same time, so it is a revision (row L20)."""
    first = fetch("coinglass_daily", "etf.btc.flow_usd", "BTC", etf_days((1, 100e6, 97e3, [])))
    days = etf_days((2, 5, 96e3, []), (1, 120e6, 97e3, []), (0, 0, 97e3, []))
    later = fetch("coinglass_daily", "etf.btc.flow_usd", "BTC", days, now=NOW + 3_600_000)
    assert first.observed_at == later.observed_at == parse_iso("2026-01-11T21:00:00Z")
    assert first.period == later.period == "2026-01-11"
    assert (first.value, later.value) == (Decimal(100_000_000), Decimal(120_000_000))


def test_a_flow_that_is_corrected_within_a_week_is_told_again() -> None:
    """Each answer is read seven days back, the newest last; what is older is left (row L20)."""
    none: list[float] = []
    found = flows(etf_days(*((back, (20 - back) * 1e6, 97e3, none) for back in range(12, 0, -1))))
    assert [quote.period for quote in quotes_of(found)] == [
        f"2026-01-{day:02d}" for day in range(4, 12)
    ]
    assert [quote.value for quote in quotes_of(found)] == [
        Decimal(12_000_000 + step * 1_000_000) for step in range(8)
    ]
    assert faults_of(found) == []


def test_an_earlier_day_that_is_wrong_costs_itself() -> None:
    """It is named, and the newest day is the value; wrong itself, the newest costs the answer."""
    wrong = [-300e6, 57e6]
    found = flows(etf_days((2, 243e6, 97e3, wrong), (1, 5e6, 97e3, [])))
    (fault,) = faults_of(found)
    assert (fault.instrument, fault.error.reason) == ("etf.btc.flow_usd", "out_of_bounds")
    assert [quote.period for quote in quotes_of(found)] == ["2026-01-11"]
    with pytest.raises(FeedError, match="sign"):
        flows(etf_days((2, 5e6, 97e3, []), (1, 243e6, 97e3, wrong)))


def test_a_page_is_asked_for_once() -> None:
    """Three figures of one list are one request; figures of another page are another lane."""
    lanes = {tuple(lane.instruments): lane for lane in lanes_of(FEEDS["coinglass"].spec)}
    assert sorted(map(len, lanes)) == [1, 2, 3]
    row = {"liquidation_usd": 3, "long_liquidation_usd": 1, "short_liquidation_usd": 2}
    http = Bodies([json.dumps({"code": "0", "data": [{"exchange": "All", **row}]})])
    (lane,) = (lane for lane in lanes.values() if len(lane.instruments) == 3)
    found = quotes_of(asyncio.run(_asked("coinglass", lane.spec, http)))
    assert [quote.value for quote in found] == [3, 1, 2]
    assert len(http.asked) == 1
    assert sorted(len(it.instruments) for it in lanes_of(FEEDS["coinglass_daily"].spec)) == [1, 2]


async def _asked(name: str, spec: FeedSpec, http: Bodies) -> Sequence[Fetched]:
    return await FEEDS[name].fetch(http, spec)


def flows(body: str) -> Sequence[Fetched]:
    """Return all that is made of days of flows."""
    spec = replace(FEEDS["coinglass_daily"].spec, instruments={"etf.btc.flow_usd": "BTC"})
    return asyncio.run(_asked("coinglass_daily", spec, Bodies([body])))


def test_a_flow_whose_sign_contradicts_its_funds_is_refused() -> None:
    """Funds that lost 243 M USD have no total of plus 243 M (row L20)."""
    body = etf_days((1, 243e6, 97e3, [-300e6, 57e6]))
    with pytest.raises(FeedError, match="sign") as caught:
        fetch("coinglass_daily", "etf.btc.flow_usd", "BTC", body)
    assert caught.value.reason == "out_of_bounds"


def test_a_flow_against_the_price_says_so() -> None:
    """Money in while the price falls by 4 % is possible, and wants a second look (row L20)."""
    name = "etf.btc.flow_usd"
    body = etf_days((2, 5e6, 100e3, []), (1, 655e6, 96e3, []))
    doubted = fetch("coinglass_daily", name, "BTC", body)
    assert doubted.note == "Check the sign: 655 M USD went in while bitcoin fell by 4.0%."
    agreed = fetch("coinglass_daily", name, "BTC", body.replace("655", "-655"))
    assert (agreed.value, agreed.note) == (Decimal(-655_000_000), "")
