"""Which of several figures holds: restatements, conflicts, and nothing known before its day."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.companies import Company, CompanyType, fact_at
from monitor.domain.derived import with_derived
from monitor.domain.figures import DAY, Confidence, Figure, Stated, known_of, standing

CONFIDENCES = st.sampled_from(sorted(Confidence))


def figure(
    value: float,
    day: int,
    *,
    published: int | None = None,
    days: int = 0,
    confidence: Confidence = Confidence.SINGLE_SOURCE,
    expires: int | None = None,
) -> Figure:
    """Return a revenue as of a day number; `days` is the length of its period."""
    return Figure(
        fact="total_revenue_usd",
        value=value,
        as_of=day * DAY,
        source="https://example.org",
        title="a paper",
        confidence=confidence,
        period_start=(day - days + 1) * DAY if days else None,
        published=None if published is None else published * DAY,
        expires=None if expires is None else expires * DAY,
    )


def company(*figures: Figure) -> Company:
    """Return a company of these revenues."""
    return Company(
        ticker="AAA",
        name="A company",
        type=CompanyType.MINER,
        fiscal_year_end="12-31",
        figures=with_derived({"total_revenue_usd": figures}),
    )


def value_at(subject: Company, day: int) -> float | None:
    """Return the revenue that holds on a day."""
    found = fact_at(subject, "total_revenue_usd", day * DAY)
    return None if found is None else found.value


def test_a_restatement_counts_from_its_publication_on() -> None:
    """The old figure of a period holds until the new one is out, whatever their order (B22)."""
    old = figure(115.3, 90, published=150, days=90, confidence=Confidence.CONFIRMED)
    new = figure(112.0, 90, published=400, days=90)
    for subject in (company(old, new), company(new, old)):
        found = [value_at(subject, day) for day in (149, 150, 399, 400, 900)]
        assert found == [None, 115.3, 115.3, 112.0, 112.0]
    assert new.restates(old)
    assert not old.restates(new)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Confidence.CONFIRMED, Confidence.SINGLE_SOURCE),
        (Confidence.SINGLE_SOURCE, Confidence.UNCONFIRMED),
        (Confidence.UNCONFIRMED, Confidence.ARTICLE_ONLY),
    ],
)
def test_of_two_of_one_day_the_better_sourced_holds(better: Confidence, worse: Confidence) -> None:
    """Two figures that became known together: the confidence decides, not the order."""
    pair = (figure(1, 90, confidence=better), figure(2, 90, confidence=worse))
    assert value_at(company(*pair), 90) == value_at(company(*reversed(pair)), 90) == 1


def test_what_is_unconfirmed_restates_nothing_that_is_sourced() -> None:
    """A tracker that comes later does not replace the company's own paper."""
    paper = figure(1, 90, published=100)
    tracker = figure(2, 90, published=300, confidence=Confidence.UNCONFIRMED)
    assert value_at(company(paper, tracker), 400) == 1


def test_of_periods_that_end_together_the_quarter_holds() -> None:
    """A year and its last quarter end on one day; most papers are quarterly, so the quarter."""
    year, quarter, month = (figure(size, 500, days=size) for size in (365, 92, 31))
    assert value_at(company(year, quarter, month), 500) == 92
    assert value_at(company(year, month), 500) == 31
    assert not year.restates(quarter)


def test_a_month_does_not_replace_the_quarter_before_it() -> None:
    """Beside other quarters a month's sum would be wrong by three, until it is far ahead."""
    quarter, month, later = (
        figure(92, 500, days=92),
        figure(31, 531, days=31),
        figure(30, 601, days=30),
    )
    assert value_at(company(quarter, month), 540) == 92
    assert value_at(company(quarter, month, later), 601) == 30


def test_a_figure_given_for_a_time_gives_way_at_its_end() -> None:
    """What expires counts until then, is not stale before, and leaves the book's figure."""
    book, live = figure(1, 90), figure(2, 100, expires=110)
    assert [value_at(company(book, live), day) for day in (99, 100, 109, 110)] == [1, 2, 2, 1]
    assert live.quality_at(2_000 * DAY).word == "ok"


@given(
    st.lists(
        st.tuples(
            st.integers(1, 400),
            st.integers(1, 500),
            st.sampled_from([0, 31, 91, 365]),
            CONFIDENCES,
        ),
        max_size=8,
    ),
    st.integers(0, 600),
    st.integers(0, 600),
    st.randoms(use_true_random=False),
)
def test_what_is_known_stays_known_until_something_replaces_it(
    rows: list[tuple[int, int, int, str]], one: int, other: int, chance: random.Random
) -> None:
    """Between two moments the figure that counts stays, or something came out in between."""
    figures = [
        figure(number, day, published=seen, days=days, confidence=Confidence(word))
        for number, (day, seen, days, word) in enumerate(rows)
    ]
    subject = company(*figures)
    earlier, later = sorted((one, other))
    before = fact_at(subject, "total_revenue_usd", earlier * DAY)
    after = fact_at(subject, "total_revenue_usd", later * DAY)
    assert before is None or before.known_at <= earlier * DAY
    news = [item for item in figures if earlier * DAY < item.known_at <= later * DAY]
    if before is not None:
        assert after is not None
    if not news:
        assert after == before
    chance.shuffle(figures)
    again = fact_at(company(*figures), "total_revenue_usd", later * DAY)
    assert (again and standing(again)) == (after and standing(after))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 20)), max_size=8), st.integers(0, 25))
def test_nothing_is_known_before_it_was_published(rows: list[tuple[int, int]], now: int) -> None:
    """No look-ahead: a restated figure does not appear before its publication (K05)."""
    history = tuple(figure(1, day, published=seen) for day, seen in rows)
    for item in known_of(history, now * DAY):
        assert item.published is not None
        assert item.published <= now * DAY
        assert item.as_of <= now * DAY


def test_a_stated_figure_says_what_was_printed() -> None:
    """The raw value, its unit and the rate stand in one phrase."""
    assert Stated(28.5, "MCAD", "CAD", 0.7305).words == "28.5 MCAD at 0.7305 USD/CAD"
