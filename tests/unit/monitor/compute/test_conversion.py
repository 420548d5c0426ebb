"""An input in another currency shows its amount and its rate, with source and age (row A09)."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.compute.conversion import BOOK_RATE
from monitor.core.clock import MINUTE
from monitor.domain.companies import Stated
from monitor.domain.derived import with_derived
from tests.situations import MONTH_AGO, company, figure, situation
from tests.worlds import NOON, quote

DAY_S = 86_400
IN_CAD = Stated(0.06, "CAD/kWh", "CAD", 0.7186)


def test_a_figure_in_cad_shows_what_its_paper_prints() -> None:
    """0.06 CAD/kWh at the 0.7186 of the book, as old as the figure; in USD there is nothing."""
    book = [figure("power_price_usd_kwh", 0.043116, stated=IN_CAD), figure("efficiency_j_th", 20)]
    scene = situation(company("HIVE", book))
    assert scene.origin("power_price_usd_kwh", "HIVE")["converted"] == {
        "value": 0.06,
        "unit": "CAD/kWh",
        "currency": "CAD",
        "usd_rate": 0.7186,
        "rate_source": BOOK_RATE,
        "rate_at": scene.origin("efficiency_j_th", "HIVE")["as_of"],
        "rate_age_s": 30 * DAY_S,
    }
    assert scene.origin("efficiency_j_th", "HIVE")["converted"] is None


def test_a_share_quoted_in_toronto_shows_price_and_rate() -> None:
    """4.11 CAD over 1.37 of a minute ago are 3 USD; both sources are there."""
    told = (
        quote("HIVE-CAD", "4.11", NOON, source="exchange"),
        quote("USD-CAD", "1.37", NOON - MINUTE, source="bank"),
    )
    found = _stock(*told)
    assert found["value"] == pytest.approx(3.0)
    shown = found["converted"]
    assert (shown["value"], shown["unit"], shown["rate_source"]) == (4.11, "CAD", "bank")
    assert shown["usd_rate"] == pytest.approx(1 / 1.37)
    assert shown["rate_age_s"] == 60


def test_without_a_rate_the_amount_stands_alone() -> None:
    """The price in CAD is no secret, and that a rate is missing is said."""
    shown = _stock(quote("HIVE-CAD", "4.11", NOON))["converted"]
    assert (shown["value"], shown["usd_rate"], shown["rate_source"]) == (4.11, None, None)


def test_a_share_quoted_in_usd_is_not_converted() -> None:
    """A quote in dollars goes first, and then no rate has anything to do with it."""
    told = [quote("HIVE-CAD", "4.11", NOON), quote("USD-CAD", "1.37", NOON)]
    assert _stock(*told, quote("HIVE", "3.05", NOON))["converted"] is None


def test_a_yearly_rate_keeps_its_currency() -> None:
    """10 M CAD of a quarter are 40 M CAD a year at the same rate."""
    stated = Stated(10, "MCAD", "CAD", 0.7263)
    sums = figure("mining_revenue_usd", 7.263e6, period_start=MONTH_AGO - 89 * DAY_S * 1000)
    sums = figure("mining_revenue_usd", 7.263e6, period_start=sums.period_start, stated=stated)
    (rate,) = with_derived({"mining_revenue_usd": [sums]})["mining_revenue_usd_year"]
    assert rate.stated == Stated(40, "MCAD/year", "CAD", 0.7263)


def _stock(*told: Any) -> dict[str, Any]:
    return situation(company("HIVE"), quotes=told).origin("stock_usd", "HIVE")
