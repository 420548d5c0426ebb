"""A part above its whole, and sums of different periods: pairs that cannot be (domain 0, 3, 5)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import parse_iso
from monitor.domain.figures import Confidence, Figure
from monitor.domain.parts import PAIRS, ROUNDING_RATIO, Pair, mixed_sums, parts_above_wholes

QUARTER = ("2025-01-01", "2025-03-31")
MARCH = ("2025-03-01", "2025-03-31")
YEAR = ("2025-01-01", "2025-12-31")


def figure(
    fact: str,
    value: float,
    period: tuple[str, str] = QUARTER,
    *,
    basis: str = "",
    confidence: Confidence = Confidence.CONFIRMED,
) -> Figure:
    """Return a figure of a period."""
    return Figure(
        fact=fact,
        value=value,
        as_of=parse_iso(period[1]),
        period_start=parse_iso(period[0]),
        source="s",
        title="t",
        basis=basis,
        confidence=confidence,
        where=f"{fact}:1",
    )


def book(*figures: Figure) -> Mapping[str, tuple[Figure, ...]]:
    """Return figures by fact."""
    facts = dict.fromkeys(item.fact for item in figures)
    return {fact: tuple(item for item in figures if item.fact == fact) for fact in facts}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.part)
def test_each_part_is_held_against_its_whole(pair: Pair) -> None:
    """Twice the whole is named at the part's place with the range; the whole itself is fine."""
    part, whole = pair.part, pair.whole
    (slip,) = parts_above_wholes(book(figure(part, 20), figure(whole, 10)))
    assert slip.figure.where == f"{part}:1"
    assert f"{part} of 20" in slip.problem
    assert "expected 0 to 10" in slip.problem
    assert not list(parts_above_wholes(book(figure(part, 10), figure(whole, 10))))


@given(st.floats(1, 1e9), st.floats(0, 2))
def test_a_part_is_named_exactly_above_the_slack(whole: float, ratio: float) -> None:
    """Whatever the numbers: above the whole by more than rounding, and not below."""
    part = whole * ratio
    slips = list(
        parts_above_wholes(book(figure("ai_revenue_usd", part), figure("total_revenue_usd", whole)))
    )
    assert bool(slips) == (part > whole * ROUNDING_RATIO)


def test_other_periods_are_no_pair() -> None:
    """A year's AI revenue may well exceed a quarter's revenue."""
    figures = book(figure("ai_revenue_usd", 20, YEAR), figure("total_revenue_usd", 10))
    assert not list(parts_above_wholes(figures))


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (
            figure("ai_revenue_usd", 20, confidence=Confidence.ARTICLE_ONLY),
            figure("total_revenue_usd", 10),
        ),
        (
            figure("ai_energised_mw", 20, basis="gross"),
            figure("energised_mw", 10, basis="critical IT"),
        ),
        (
            figure("hashrate_average_operating_eh_s", 20),
            figure("hashrate_installed_eh_s", 10),
        ),
        (figure("mining_revenue_usd", 1.429e9), figure("total_revenue_usd", 161.4e6)),
    ],
)
def test_what_may_be_all_the_same_is_not_certain(part: Figure, whole: Figure) -> None:
    """Hearsay, two bases of power, a mean over a month in which machines left: a doubt only."""
    (slip,) = parts_above_wholes(book(part, whole))
    assert not slip.certain


def test_two_sourced_figures_of_one_basis_are_certain() -> None:
    """One of two papers' figures is wrong, and the book must not be used until somebody looks."""
    figures = book(figure("ai_energised_mw", 900), figure("energised_mw", 100))
    assert next(parts_above_wholes(figures)).certain


def test_a_quarter_beside_a_month_is_mixed() -> None:
    """Both periods are named; two quarters, though of other days, are a metric's own flag."""
    revenue = figure("mining_revenue_usd", 142.9e6)
    (slip,) = mixed_sums(book(revenue, figure("btc_produced", 500, MARCH)))
    assert "2025-01-01 to 2025-03-31" in slip.problem
    assert "2025-03-01 to 2025-03-31" in slip.problem
    assert not slip.certain
    assert not list(mixed_sums(book(revenue, figure("btc_produced", 1_530))))
    assert not list(mixed_sums(book(revenue)))
