"""The plausibility gate: each refusal by an example, and that sane quotes pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from monitor.domain.events import (
    BLOCK_PACE,
    BLOCK_WINDOW,
    BTC_USD,
    DIFFICULTY,
    FEES,
    HEIGHT,
    Quote,
)
from monitor.domain.plausibility import FUTURE_MS, Refusal, bounds_of, judge

NOW = 1_768_229_760_000
GOOD = Quote(
    instrument=BTC_USD,
    value=Decimal(105000),
    observed_at=NOW - 500,
    source="kraken",
    bid=Decimal("104999.9"),
    ask=Decimal(105000),
)


def quote(instrument: str, value: str) -> Quote:
    """Return a quote without a book."""
    return structs.replace(GOOD, instrument=instrument, value=Decimal(value), bid=None, ask=None)


def test_a_sane_quote_passes() -> None:
    """A tight book around a price of now is believed, with and without a last quote."""
    assert judge(GOOD, None, NOW) is None
    assert judge(GOOD, structs.replace(GOOD, observed_at=NOW - 5_000), NOW) is None


def test_three_days_old_is_not_refused() -> None:
    """Age is shown, not refused: Friday's close must be stored on Monday morning."""
    old = structs.replace(GOOD, observed_at=NOW - 3 * 86_400_000)
    assert judge(old, None, NOW) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": Decimal(0)}, "zero_price"),
        ({"value": Decimal("-0.0")}, "zero_price"),
        ({"value": Decimal(-1)}, "negative"),
        ({"value": Decimal("NaN")}, "not_a_number"),
        ({"value": Decimal("sNaN")}, "not_a_number"),
        ({"value": Decimal("Infinity")}, "not_a_number"),
        ({"value": Decimal("0.5")}, "out_of_bounds"),
        ({"value": Decimal("1e8")}, "out_of_bounds"),
        ({"observed_at": NOW + FUTURE_MS + 1}, "future"),
        ({"bid": Decimal(105001), "ask": Decimal(105000)}, "crossed"),
        ({"bid": Decimal(104000), "ask": Decimal(106000)}, "wide_spread"),
        ({"bid": Decimal(-1)}, "negative"),
        ({"ask": Decimal(0)}, "negative"),
        ({"bid": Decimal("NaN")}, "not_a_number"),
        ({"ask": Decimal("sNaN")}, "not_a_number"),
        ({"volume": Decimal("NaN")}, "not_a_number"),
        ({"volume": Decimal("sNaN")}, "not_a_number"),
        ({"volume": Decimal(-1)}, "negative"),
        ({"volume": Decimal("1e400")}, "out_of_bounds"),
        ({"bid": Decimal("9e999999"), "ask": Decimal("9e999999")}, "out_of_bounds"),
    ],
)
def test_what_cannot_be_true_is_refused(changes: dict[str, Any], reason: str) -> None:
    """Each impossible quote is refused by its own name."""
    assert judge(structs.replace(GOOD, **changes), None, NOW) == reason


def test_a_clock_may_be_ten_seconds_off() -> None:
    """Exactly ten seconds ahead is still believed."""
    assert judge(structs.replace(GOOD, observed_at=NOW + FUTURE_MS), None, NOW) is None


def test_time_running_backwards_is_refused() -> None:
    """A source may repeat a moment but not go behind it."""
    last = structs.replace(GOOD, observed_at=NOW - 100)
    assert judge(GOOD, last, NOW) is Refusal.OLDER_THAN_LAST
    assert judge(structs.replace(GOOD, observed_at=NOW - 100), last, NOW) is None


def test_only_the_same_source_binds_the_order() -> None:
    """Another venue's newer quote refuses nothing."""
    assert judge(GOOD, structs.replace(GOOD, source="coinbase", observed_at=NOW), NOW) is None


def test_a_clock_set_back_does_not_lock_a_source_out() -> None:
    """A last quote from the future cannot refuse what comes now."""
    assert judge(GOOD, structs.replace(GOOD, observed_at=NOW + 3_600_000), NOW) is None


def test_one_sided_book_is_no_spread() -> None:
    """With only a bid there is nothing to cross."""
    assert judge(structs.replace(GOOD, ask=None), None, NOW) is None


@pytest.mark.parametrize(
    ("instrument", "value", "reason"),
    [
        (DIFFICULTY, "146472570619930", None),
        (DIFFICULTY, "0", "out_of_bounds"),
        (HEIGHT, "900000", None),
        (HEIGHT, "-1", "negative"),
        (HEIGHT, "900000.0", None),
        (HEIGHT, "900000.5", "not_whole"),
        (FEES, "0", None),
        (FEES, "2000000", "out_of_bounds"),
        (BLOCK_PACE, "553.311", None),
        (BLOCK_PACE, "553311", "out_of_bounds"),
        (BLOCK_WINDOW, "91633", None),
        (BLOCK_WINDOW, "91633000", "out_of_bounds"),
        ("USDC-USD", "0.9998", None),
        ("CAN", "0.62", None),
        ("USD-CAD", "1.37", None),
        ("USD-CAD", "0.73", "out_of_bounds"),
        ("USD-EUR", "0.86", None),
        ("USD-EUR", "1.163", "out_of_bounds"),
        ("USD-JPY", "155", None),
        ("USD-JPY", "0.00645", "out_of_bounds"),
        ("USD-CHF", "0", "zero_price"),
        ("CRWV", "0", "zero_price"),
        ("RIOT.power_price_usd_kwh", "-0.02", None),
        ("RIOT.power_price_usd_kwh", "60", "implausible"),
        ("RIOT.efficiency_j_th", "20000", "implausible"),
        ("RIOT.hashrate_eh_s", "0", None),
        ("RIOT.hashrate_eh_s", "0.001", "implausible"),
        ("RIOT.hashrate_eh_s", "1e16", "out_of_bounds"),
        ("HUT.shares", "0", None),
    ],
)
def test_bounds_follow_the_kind_of_instrument(
    instrument: str, value: str, reason: str | None
) -> None:
    """Zero fees and a negative power price are values; a zero stock price is not."""
    assert judge(quote(instrument, value), None, NOW) == reason


def test_a_one_cent_tick_of_a_one_dollar_stock_is_no_wide_spread() -> None:
    """0.61 to 0.62 is one tick, though over one percent."""
    stock = structs.replace(quote("CAN", "0.62"), bid=Decimal("0.61"), ask=Decimal("0.62"))
    assert judge(stock, None, NOW) is None


@given(
    st.sampled_from(
        [BTC_USD, DIFFICULTY, HEIGHT, FEES, "USDT-USD", "IREN", "HIVE.btc", "A.btc_held"]
    ),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.integers(0, 2**53),
    st.none() | st.decimals(),
    st.none() | st.decimals(),
)
def test_judge_never_raises_and_passes_only_what_is_in_bounds(
    instrument: str, value: Decimal, at: int, bid: Decimal | None, ask: Decimal | None
) -> None:
    """Whatever comes, the verdict is a reason or a finite value within its bounds."""
    subject = Quote(
        instrument=instrument, value=value, observed_at=at, source="x", bid=bid, ask=ask
    )
    verdict = judge(subject, None, NOW)
    if verdict is None:
        bounds = bounds_of(instrument)
        assert value.is_finite()
        assert bounds.low <= value <= bounds.high
        assert at <= NOW + FUTURE_MS
