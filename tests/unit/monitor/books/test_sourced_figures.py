"""The default books against the table they were made from: row by row, and figure by figure."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime

import pytest
import yaml

from monitor.books import load_companies
from monitor.books.company_book import default_directory
from monitor.core.clock import parse_iso
from monitor.domain.companies import Company, Confidence, Figure, iso_day
from monitor.domain.facts import FACTS
from monitor.domain.units import convert
from tests.unit.monitor.books.rows import (
    COMPANIES_CSV,
    FACT_OF,
    FROM_WORDS,
    LEFT_OUT,
    OTHER_FACT,
    SUMS,
    UNMAPPED,
    Row,
    read_rows,
    span,
)

COMPANIES = load_companies(parse_iso("2026-11-01"))
# June stands for its quarter in the row, which says so in its note.
JUNE_ONLY = ("CLSK", "hashrate_average_operating_eh_s", "2025-06-30")

pytestmark = pytest.mark.skipif(
    not COMPANIES_CSV.is_file() and os.environ.get("CI") != "true",
    reason="the table of sourced figures is not beside the repository",
)


def given_figures(company: Company) -> list[Figure]:
    """Return the figures that a file states, without those that follow from others."""
    path = default_directory() / f"{company.ticker}.yaml"
    stated = {
        (fact, str(entry["as_of"]), str(entry.get("period_from", "")))
        for fact, entries in yaml.safe_load(path.read_text(encoding="utf-8"))["figures"].items()
        for entry in entries
    }
    return [
        figure
        for history in company.figures.values()
        for figure in history
        if (figure.fact, iso_day(figure.as_of), began(figure)) in stated
    ]


def began(figure: Figure) -> str:
    """Return the first day of a figure's period, empty for a state on one day."""
    return "" if figure.period_start is None else iso_day(figure.period_start)


def fact_of(row: Row) -> tuple[str, str]:
    """Return the fact that a row gives, and its unit."""
    fact, unit = FACT_OF[row.metric]
    return OTHER_FACT.get((row.ticker, row.metric, row.period), fact), unit


def says(figure: Figure, row: Row) -> bool:
    """Tell whether a figure is that row: same day, same period if it has one, same value."""
    fact, unit = fact_of(row)
    first, last = span(row)
    same_start = began(figure) in {"", str(first)}
    if (row.ticker, fact, str(last)) == JUNE_ONLY:
        same_start = True
    return (
        iso_day(figure.as_of) == str(last)
        and same_start
        and figure.value == pytest.approx(convert(row.number, unit, FACTS[fact].unit), rel=1e-12)
    )


def parts() -> set[tuple[str, str, str]]:
    """Return the rows that are counted in a sum, as (ticker, metric, value)."""
    return {
        (ticker, metric.removeprefix("-"), value)
        for (ticker, _, _), summed in SUMS.items()
        for metric, value in summed
    }


def expected_rows() -> list[Row]:
    """Return the rows that must stand in a book, as they are or in a sum."""
    return [
        row
        for row in read_rows()
        if row.metric in FACT_OF and row.confidence != "article-only" and row.place not in LEFT_OUT
    ]


def test_every_row_of_the_table_stands_in_a_book() -> None:
    """Each mapped row is a figure of that company with the same value, day and period."""
    summed = parts()
    missing = []
    for row in expected_rows():
        history = COMPANIES[row.ticker].figures.get(fact_of(row)[0], ())
        if (row.ticker, row.metric, row.value) not in summed and not any(
            says(figure, row) for figure in history
        ):
            missing.append(row)
    assert missing == []
    assert len(expected_rows()) > 600


def test_a_row_keeps_the_word_of_its_confidence() -> None:
    """A figure is as well sourced as the best of the rows that give it, and no better."""
    order = [word.value for word in Confidence]
    worse = []
    for company in COMPANIES.values():
        rows = [row for row in expected_rows() if row.ticker == company.ticker]
        for figure in given_figures(company):
            words = [r.confidence for r in rows if fact_of(r)[0] == figure.fact and says(figure, r)]
            if words and figure.confidence.value != min(words, key=order.index):
                worse.append((company.ticker, figure, words))
    assert worse == []


def test_a_metric_without_a_fact_says_why() -> None:
    """Every metric of the table is mapped, part of a sum, or listed with its reason."""
    summed = {metric for _, metric, _ in parts()}
    known = set(FACT_OF) | set(UNMAPPED) | summed | {"interest_share_of_revenue_pct"}
    assert {row.metric for row in read_rows()} <= known
    assert not set(FACT_OF) & set(UNMAPPED)
    assert all(UNMAPPED.values())
    assert all(LEFT_OUT.values())


def test_the_lists_hold_nothing_that_is_not_in_the_table() -> None:
    """What is left out or renamed exists; a row that went away leaves no ghost."""
    rows = read_rows()
    assert set(LEFT_OUT) <= {row.place for row in rows}
    assert set(OTHER_FACT) <= {(row.ticker, row.metric, row.period) for row in rows}
    assert parts() <= {(row.ticker, row.metric, row.value) for row in rows}
    assert set(UNMAPPED) <= {row.metric for row in rows}


def test_every_figure_traces_to_the_table() -> None:
    """Each figure of a default book is a row, a sum of rows, or listed with where it was read."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in expected_rows():
        rows.setdefault((row.ticker, fact_of(row)[0]), []).append(row)
    loose = []
    for company in COMPANIES.values():
        for figure in given_figures(company):
            place = (company.ticker, figure.fact, iso_day(figure.as_of))
            found = rows.get((company.ticker, figure.fact), [])
            listed = place in SUMS or place in FROM_WORDS
            of_the_article = figure.confidence is Confidence.ARTICLE_ONLY
            if not (listed or of_the_article or any(says(figure, row) for row in found)):
                loose.append((place, figure.value))
    assert loose == []


@pytest.mark.parametrize("place", SUMS, ids=lambda place: "-".join(map(str, place)))
def test_a_sum_adds_up(place: tuple[str, str, str]) -> None:
    """A figure that is made of several rows is their sum, in its own unit."""
    ticker, fact, day = place
    units = {"USD": 1e6, "MW": 1.0}
    total = sum(
        -float(value) if metric.startswith("-") else float(value) for metric, value in SUMS[place]
    )
    if place == ("APLD", "ai_contracted_mw", "2026-08-05"):
        total += 210  # Delta Forge 2, a contract of that day
    values = [f.value for f in COMPANIES[ticker].figures[fact] if iso_day(f.as_of) == day]
    assert any(value == pytest.approx(total * units[FACTS[fact].unit]) for value in values)


def test_what_the_article_alone_says_is_among_the_claims() -> None:
    """A row that only the article gives is a number of a claim with its verdict."""
    checked = 0
    for row in read_rows():
        if row.confidence != "article-only" or not row.value.replace(".", "").isdigit():
            continue
        company = COMPANIES[row.ticker]
        numbers = [number for claim in company.claims for number in claim.numbers.values()]
        scale = {"USD m": 1e6, "%": 0.01}.get(row.unit, 1)
        assert any(number == pytest.approx(row.number * scale) for number in numbers), row
        checked += 1
    assert checked >= 10


def test_every_claim_of_the_article_has_its_verdict() -> None:
    """All 39 claims stand in the books, with the verdict and the company of the table."""
    path = COMPANIES_CSV.with_name("article_claims.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        claims = list(csv.DictReader(lines))
    assert len(claims) == 39
    kept = {ticker: [c.verdict for c in company.claims] for ticker, company in COMPANIES.items()}
    kept["NETWORK"] = [
        claim.verdict
        for claim in COMPANIES["CORZ"].claims
        if claim.claim.startswith("Block subsidy")
    ]
    kept["CORZ"] = kept["CORZ"][1:]  # the first is the network's
    for ticker in {claim["ticker"] for claim in claims}:
        verdicts = [
            c["verdict"].replace("Sept ", "September ") for c in claims if c["ticker"] == ticker
        ]
        assert kept[ticker] == verdicts, ticker


def test_no_figure_is_newer_than_what_was_collected() -> None:
    """Nothing was read after August 2026, so no figure may be younger."""
    end = datetime(2026, 8, 31, tzinfo=UTC).timestamp() * 1000
    for company in COMPANIES.values():
        assert max(figure.as_of for figure in given_figures(company)) <= end
