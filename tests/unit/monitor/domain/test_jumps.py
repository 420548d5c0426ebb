"""Figures far from the company's own history: refused where nothing moves so far, else doubted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import DAY
from monitor.domain.figures import Figure
from monitor.domain.jumps import LEAP_FACTOR, STEADY_FACTOR, jumps
from monitor.domain.parts import Slip
from tests.situations import figure
from tests.worlds import NOON

FIRST = NOON - NOON % DAY - 800 * DAY


def quarter(fact: str, value: float, number: int, days: int = 91, **fields: object) -> Figure:
    """Return a sum over `days` that ends with a quarter of that number."""
    end = FIRST + 91 * number * DAY
    return figure(
        fact, value, end, period_start=end - (days - 1) * DAY, where=f"Z:{number}", **fields
    )


def found(*figures: Figure) -> list[Slip]:
    """Return what is said of histories of figures."""
    histories: dict[str, tuple[Figure, ...]] = {}
    for item in figures:
        histories[item.fact] = (*histories.get(item.fact, ()), item)
    return list(jumps(histories))


@pytest.mark.parametrize(
    ("fact", "before", "after", "expected"),
    [
        pytest.param("hashrate_installed_eh_s", 42.5, 0.0425, "8.5 to 212 EH/s", id="TH for EH"),
        pytest.param("btc_produced", 1_500, 15_000, "300 to 7,500 BTC", id="a nought too many"),
        pytest.param("btc_produced", 1_500, 150, "300 to 7,500 BTC", id="a nought too few"),
        pytest.param(
            "mining_revenue_usd", 1.5e8, 1.5e9, "30,000,000 to 750,000,000 USD", id="revenue"
        ),
        pytest.param("energy_used_mwh", 4.5e5, 450, "90,000 to 2,250,000 MWh", id="MWh for kWh"),
        pytest.param("uptime_ratio", 0.93, 0.0093, "0.186 to 4.65 ratio", id="percent"),
    ],
)
def test_a_slip_is_refused_with_the_range(
    fact: str, before: float, after: float, expected: str
) -> None:
    """Both figures, the range that was expected, where the other stands, and how to mean it."""
    (slip,) = found(quarter(fact, before, 1), quarter(fact, after, 2))
    assert slip.certain
    assert slip.figure.value == after
    assert f"expected {expected}" in slip.problem
    assert "Z:1" in slip.hint
    assert "`jump: true`" in slip.hint


def test_a_month_stands_beside_a_quarter_by_its_days() -> None:
    """A third of the coins in a third of the days is no jump; a third of that is beyond a fifth."""
    whole = quarter("btc_produced", 1_500, 1)
    assert found(whole, quarter("btc_produced", 500, 2, days=30)) == []
    (slip,) = found(whole, quarter("btc_produced", 50, 2, days=30))
    assert "by the day; expected 98.9 to 2,473 BTC" in slip.problem


def test_hashrates_are_one_series() -> None:
    """The mean of a quarter in TH beside what is installed in EH is the same slip."""
    (slip,) = found(
        figure("hashrate_installed_eh_s", 42.5, FIRST),
        quarter("hashrate_average_operating_eh_s", 0.0425, 1),
    )
    assert "hashrate_installed_eh_s of 42.5 EH/s" in slip.problem


def test_cash_may_leap_and_is_doubted() -> None:
    """A large loan is no slip: doubted from ten times on, and not when the book means it."""
    cash = figure("cash_usd", 1e8, FIRST)
    (slip,) = found(cash, figure("cash_usd", 2.3e9, FIRST + 91 * DAY))
    assert not slip.certain
    assert found(cash, figure("cash_usd", 9e8, FIRST + 91 * DAY)) == []
    assert found(cash, figure("cash_usd", 2.3e9, FIRST + 91 * DAY, jump=True)) == []


def test_one_figure_that_strays_is_said_once() -> None:
    """What comes back is measured by what was before; what stays there by where it went."""
    values = [1_500, 15_000, 1_400, 1_600]
    assert [it.figure.value for it in found(*map(coins, values, range(4)))] == [15_000]
    values = [1_400, 1_500, 15_000, 14_000, 16_000]
    assert [it.figure.value for it in found(*map(coins, values, range(5)))] == [15_000]
    meant = replace(coins(15_000, 1), jump=True)
    assert found(coins(1_500, 0), meant, coins(14_000, 2)) == []


def test_the_first_strays_where_the_others_agree() -> None:
    """A nought too many in the first quarter is said of it, unless the book means it."""
    others = [coins(1_500, 1), coins(1_400, 2)]
    (slip,) = found(coins(15_000, 0), *others)
    assert slip.figure.value == 15_000
    assert "expected 300 to 7,500 BTC" in slip.problem
    assert found(replace(coins(15_000, 0), jump=True), *others) == []


def coins(value: float, number: int) -> Figure:
    """Return the coins of a quarter."""
    return quarter("btc_produced", value, number)


def test_what_is_free_or_far_away_is_not_compared() -> None:
    """A profit may be anything, nil is measured, and two years later it is another company."""
    assert found(quarter("net_income_usd", 1e6, 0), quarter("net_income_usd", 9e8, 1)) == []
    assert found(coins(1_500, 0), coins(0, 1), coins(1_400, 2)) == []
    assert found(coins(1_500, 0), coins(15_000, 5)) == []
    derived = replace(coins(15_000, 1), is_derived=True)
    assert found(coins(1_500, 0), derived) == []


@given(st.floats(0.01, 100), st.booleans())
def test_the_factor_decides(ratio: float, steady: bool) -> None:  # by hypothesis
    """Within the factor nothing is said, beyond it one thing, up and down alike."""
    fact, factor = ("btc_produced", STEADY_FACTOR) if steady else ("cash_usd", LEAP_FACTOR)
    slips = found(quarter(fact, 1e6, 1), quarter(fact, 1e6 * ratio, 2))
    assert len(slips) == (not 1 / factor < ratio < factor)
