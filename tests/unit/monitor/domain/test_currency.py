"""Figures in another currency: which units they are, exact conversion, rates that can be."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.currency import (
    RATES,
    ForeignUnit,
    foreign_unit,
    in_usd,
    rate_expected,
    rate_plausible,
)
from monitor.domain.symbols import CURRENCIES


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        ("CAD", ForeignUnit("CAD", "USD")),
        ("MCAD", ForeignUnit("CAD", "MUSD")),
        ("MAUD/year", ForeignUnit("AUD", "MUSD/year")),
        ("CAD/kWh", ForeignUnit("CAD", "USD/kWh")),
        ("USD", None),
        ("MUSD", None),
        ("c/kWh", None),
        ("xCAD", None),
        ("EH/s", None),
    ],
)
def test_a_unit_of_another_currency_is_seen(unit: str, found: ForeignUnit | None) -> None:
    """The currency's code stands where USD would; everything else is a unit of its own."""
    assert foreign_unit(unit) == found


@given(
    st.decimals(-(10**12), 10**12, places=4, allow_nan=False).map(float),
    st.decimals("0.0001", 10, places=6, allow_nan=False).map(float),
)
def test_a_conversion_is_the_float_nearest_to_the_exact_product(value: float, fx: float) -> None:
    """No rounding on the way: value x rate x 10^6 in decimal, then one float."""
    exact = Fraction(str(value)) * Fraction(str(fx)) * 1_000_000
    assert in_usd(value, fx, "MUSD", "USD") == float(exact)


@pytest.mark.parametrize("code", RATES)
def test_a_rate_has_a_range_in_words(code: str) -> None:
    """Both ends are plausible and named; ten times the upper end is not."""
    limits = RATES[code]
    assert rate_plausible(code, limits.low)
    assert rate_plausible(code, limits.high)
    assert not rate_plausible(code, limits.high * 10)
    assert rate_expected(code) == f"{limits.low:g} to {limits.high:g} USD per {code}"


def test_every_currency_that_a_share_is_quoted_in_has_a_range() -> None:
    """Without one the reciprocal of its live rate would pass."""
    assert set(RATES) >= CURRENCIES


@pytest.mark.parametrize(("code", "pair"), [("CAD", 1.37), ("AUD", 1.52), ("CNY", 7.2)])
def test_the_reciprocal_of_a_usual_rate_is_refused(code: str, pair: float) -> None:
    """Markets quote CAD per USD: as USD per CAD that cannot be."""
    assert not rate_plausible(code, pair)
    assert rate_plausible(code, 1 / pair)
