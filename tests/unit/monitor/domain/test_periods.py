"""Figures of one period: the newest that has all of them, and a doubt only where none has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.domain.companies import Company, Figure
from monitor.domain.periods import NEWEST, Shared, of_one_earlier_period, of_one_period
from tests.situations import company, figure

SOLD = ("btc_sold", "btc_produced")
MADE = ("btc_produced", "hashrate_average_operating_eh_s")


def day(text: str) -> int:
    """Return the midnight of a date, ms UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


def of(fact: str, value: float, begins: str, ends: str, published: str = "") -> Figure:
    """Return a figure of a period."""
    known = day(published) if published else None
    return figure(fact, value, day(ends), period_start=day(begins), published=known)


Q1, Q2, MARCH = (
    ("2025-01-01", "2025-03-31"),
    ("2025-04-01", "2025-06-30"),
    ("2025-03-01", "2025-03-31"),
)
YEAR = ("2024-07-01", "2025-06-30")
NOW = day("2025-09-01")


def chosen(firm: Company, names: tuple[str, ...], now: int = NOW) -> dict[str, float]:
    """Return the values of the shared period, {} where the newest figures stay."""
    return values(of_one_period(firm, names, now))


def values(found: Shared) -> dict[str, float]:
    """Return what stands in by fact; a period is found or a reason given, never both."""
    assert not (found.figures and found.reason)
    return {name: item.value for name, item in found.figures.items()}


def test_the_newest_period_that_has_all_counts() -> None:
    """Coins sold of the second quarter have no coins mined beside them: the first has both."""
    firm = company(
        "RIOT",
        [of("btc_sold", 100, *Q1), of("btc_sold", 300, *Q2), of("btc_produced", 200, *Q1)],
    )
    assert chosen(firm, SOLD) == {"btc_sold": 100, "btc_produced": 200}


def test_newest_figures_of_one_period_stay() -> None:
    """Nothing stands in where nothing is mixed."""
    firm = company("RIOT", [of("btc_sold", 100, *Q1), of("btc_produced", 200, *Q1)])
    assert chosen(firm, SOLD) == {}


def test_without_a_common_period_the_newest_stay() -> None:
    """Neighbouring quarters are doubted, which `mixed_period` says of the figures."""
    firm = company("RIOT", [of("btc_sold", 300, *Q2), of("btc_produced", 200, *Q1)])
    assert of_one_period(firm, SOLD, NOW) == NEWEST


@pytest.mark.parametrize(
    ("period", "other"),
    [
        pytest.param(Q2, ("2024-10-01", "2024-12-31"), id="two quarters apart"),
        pytest.param(Q1, MARCH, id="a month beside the quarter that it ends"),
        pytest.param(Q2, YEAR, id="a quarter beside the year that it ends"),
    ],
)
def test_periods_apart_or_of_unlike_length_are_no_quotient(
    period: tuple[str, str], other: tuple[str, str]
) -> None:
    """Three quarters' sales over the coins of one month are not 700 %, they are nothing."""
    firm = company("MARA", [of("btc_sold", 15_000, *period), of("btc_produced", 700, *other)])
    assert of_one_period(firm, SOLD, NOW) == Shared(reason="mixed_period")


def test_machines_of_another_year_are_no_divisor() -> None:
    """A hashrate has no length that matters, its day does."""
    years_ago = ("2023-10-01", "2023-12-31")
    firm = company(
        "HIVE",
        [of("btc_produced", 700, *Q2), of("hashrate_average_operating_eh_s", 4, *years_ago)],
    )
    assert of_one_period(firm, MADE, NOW).reason == "mixed_period"
    near = company(
        "HIVE", [of("btc_produced", 700, *Q2), of("hashrate_average_operating_eh_s", 4, *MARCH)]
    )
    assert of_one_period(near, MADE, NOW) == NEWEST


def test_an_earlier_period_stands_beside_a_later_one_only() -> None:
    """What both sides take of one period shows no change, and says so."""
    mined = [of("btc_produced", 200, *Q1, "2025-04-20"), of("btc_produced", 250, *Q2, "2025-08-15")]
    sold = [of("btc_sold", 100, *Q1, "2025-04-20"), of("btc_sold", 300, *Q2, "2025-07-20")]
    firm = company("RIOT", [*mined, *sold])
    between, after = day("2025-08-01"), day("2025-08-15")
    # by then the sales of the second quarter are known, and its coins are not
    assert of_one_earlier_period(firm, SOLD, day("2025-05-01"), between).reason == "same_period"
    found = of_one_earlier_period(firm, SOLD, between, after)
    assert values(found) == {"btc_sold": 100, "btc_produced": 200}
    assert of_one_earlier_period(firm, SOLD, day("2025-05-01"), after) == NEWEST
    apart = company("RIOT", [of("btc_sold", 300, *Q2), of("btc_produced", 200, *MARCH)])
    assert of_one_earlier_period(apart, SOLD, between, after).reason == "mixed_period"


def test_the_last_month_of_a_quarter_is_of_it_and_a_month_within_a_year_is_not() -> None:
    """March's machines speak for the quarter that ends with it, not for a year around it."""
    firm = company(
        "RIOT",
        [
            of("btc_produced", 1_530, *Q1),
            of("btc_produced", 1_426, *Q2),
            of("btc_produced", 5_000, *YEAR),
            of("hashrate_average_operating_eh_s", 30.3, *MARCH),
        ],
    )
    found = chosen(firm, MADE)
    assert found == {"btc_produced": 1_530, "hashrate_average_operating_eh_s": 30.3}


def test_what_is_not_yet_published_is_not_chosen() -> None:
    """Before the paper of the second quarter's coins the first quarter is the common one."""
    late = of("btc_produced", 250, *Q2, published="2025-08-15")
    firm = company(
        "RIOT",
        [
            of("btc_sold", 100, *Q1),
            of("btc_sold", 300, *Q2),
            of("btc_produced", 200, *Q1),
            late,
        ],
    )
    assert chosen(firm, SOLD, day("2025-08-01")) == {"btc_sold": 100, "btc_produced": 200}
    assert chosen(firm, SOLD, day("2025-08-15")) == {}


def test_a_figure_given_live_goes_before_the_book() -> None:
    """Somebody's word for today is not set aside for an older period."""
    live = figure("btc_sold", 7, NOW, expires=NOW + 1)
    firm = company("RIOT", [of("btc_sold", 100, *Q1), of("btc_produced", 200, *Q1), live])
    assert chosen(firm, SOLD) == {}
