"""The chi-square quantile against closed forms and against its own inverse."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.quantiles import chi_square_quantile, lower_gamma_ratio


@given(st.floats(1e-6, 1 - 1e-6))
def test_two_degrees_have_a_closed_form(probability: float) -> None:
    """With two degrees the quantile is -2 ln(1 - p)."""
    exact = -2 * math.log1p(-probability)
    assert chi_square_quantile(probability, 2) == pytest.approx(exact, rel=1e-8)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.5, 20_000))
def test_quantile_inverts_the_distribution(probability: float, freedom: float) -> None:
    """The distribution at the quantile is the probability asked for."""
    x = chi_square_quantile(probability, freedom)
    assert lower_gamma_ratio(freedom / 2, x / 2) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    # printed in any table of the distribution
    [(0.95, 1, 3.841), (0.95, 10, 18.307), (0.025, 10, 3.247), (0.975, 100, 129.561)],
)
def test_table_values(probability: float, freedom: float, quantile: float) -> None:
    """The usual table values come out."""
    assert round(chi_square_quantile(probability, freedom), 3) == quantile


@pytest.mark.parametrize(("probability", "freedom"), [(0, 2), (1, 2), (0.5, 0)])
def test_impossible_arguments_are_refused(probability: float, freedom: float) -> None:
    """There is no quantile at 0 or 1, nor without degrees of freedom."""
    with pytest.raises(ValueError, match="no chi-square quantile"):
        chi_square_quantile(probability, freedom)
