"""Figures in time: which one holds, when it is stale, what follows from it, who depends on whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.claims import NUMBERS, Claim, derive
from monitor.domain.companies import (
    AiStatus,
    Alias,
    Companies,
    Company,
    CompanyType,
    Confidence,
    Dependency,
    Figure,
    Flag,
    FlagKind,
    StatusStep,
    dependents_of,
    fact_at,
    iso_day,
    latest,
)
from monitor.domain.contracts import Contract, Stage, StageStep, mw_by_stage
from monitor.domain.derived import with_derived, year_ago
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS

DAY = 86_400_000


def figure(fact: str, value: float, day: int, *, days: int = 0, published: int = 0) -> Figure:
    """Return a figure as of a day number; `days` is the length of its period."""
    return Figure(
        fact=fact,
        value=value,
        as_of=day * DAY,
        source="https://example.org",
        title="a paper",
        confidence=Confidence.CONFIRMED,
        period_start=(day - days + 1) * DAY if days else None,
        published=published * DAY if published else None,
    )


def contract(name: str, *steps: tuple[Stage, int], mw: float | None = 10.0) -> Contract:
    """Return a contract with CRWV of 120 USD over 12 years and `mw`."""
    stages = tuple(StageStep(stage, day * DAY, "words") for stage, day in steps)
    return Contract(
        name=name,
        stages=stages,
        counterparty="CoreWeave",
        counterparty_ticker="CRWV",
        mw=mw,
        value_usd=120.0,
        term_years=12.0,
    )


def company(*figures: Figure, contracts: tuple[Contract, ...] = ()) -> Company:
    """Return a company with these figures, derived ones included."""
    by_fact: dict[str, list[Figure]] = {}
    for item in figures:
        by_fact.setdefault(item.fact, []).append(item)
    return Company(
        ticker="AAA",
        name="A company",
        type=CompanyType.MINER,
        fiscal_year_end="12-31",
        figures=with_derived(by_fact, contracts),
        contracts=contracts,
    )


def test_the_newest_figure_that_was_known_holds() -> None:
    """A figure holds from its day, or from its publication where that was later."""
    subject = company(figure("btc_held", 1, 100), figure("btc_held", 2, 200, published=240))
    values = [fact_at(subject, "btc_held", day * DAY) for day in (99, 100, 239, 240)]
    assert [item and item.value for item in values] == [None, 1, 1, 2]
    newest = latest(subject, "btc_held")
    assert newest is not None
    assert newest.value == 2


def test_a_restatement_replaces_from_its_publication_on() -> None:
    """The same day published again: the earlier date still shows the old figure."""
    subject = company(
        figure("btc_held", 10, 100, published=110), figure("btc_held", 11, 100, published=300)
    )
    old = fact_at(subject, "btc_held", 200 * DAY)
    new = fact_at(subject, "btc_held", 300 * DAY)
    assert (old and old.value, new and new.value) == (10, 11)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=8), st.integers(0, 500)
)
def test_no_figure_is_used_before_it_was_known(days: list[tuple[int, int]], now: int) -> None:
    """Whatever the history, what holds was known, and nothing known is newer."""
    subject = company(*(figure("btc_held", 5, day, published=seen) for day, seen in days))
    found = fact_at(subject, "btc_held", now * DAY)
    known = [max(day, seen) for day, seen in days if max(day, seen) <= now]
    assert (found is None) == (not known)
    if found is not None:
        assert found.known_at <= now * DAY
        assert found.as_of == max(day for day, seen in days if max(day, seen) <= now) * DAY


@pytest.mark.parametrize(
    ("fact", "limit"),
    [("ai_revenue_usd", 100), ("hashrate_installed_eh_s", 550), ("efficiency_j_th", 550)],
)
def test_a_figure_is_stale_beyond_the_age_of_its_fact(fact: str, limit: int) -> None:
    """On the last day it is good, on the next it is stale."""
    item = figure(fact, 20, 0)
    assert item.quality_at(limit * DAY) is Quality.OK
    assert item.quality_at((limit + 1) * DAY) is Quality.STALE


def test_contracts_do_not_age() -> None:
    """A contracted figure stays good; its stage speaks for it."""
    assert figure("contracted_ai_revenue_usd_year", 1e6, 0).quality_at(5_000 * DAY) is Quality.OK


def test_the_best_basis_stands_for_the_hashrate_until_it_is_outdated() -> None:
    """Average operating beats installed, until installed is 200 days ahead of it."""
    subject = company(
        figure("hashrate_average_operating_eh_s", 30, 0, days=90),
        figure("hashrate_installed_eh_s", 40, 200),
        figure("hashrate_installed_eh_s", 42, 201),
    )
    bases = [fact_at(subject, "hashrate_eh_s", day * DAY) for day in (100, 200, 201)]
    assert [item and item.value for item in bases] == [30, 30, 42]
    newest = latest(subject, "hashrate_eh_s")
    assert newest is not None
    assert newest.fact == "hashrate_installed_eh_s"
    assert fact_at(company(), "hashrate_eh_s", 0) is None
    assert latest(company(), "hashrate_eh_s") is None


@pytest.mark.parametrize(
    ("days", "factor"), [(30, 12), (91, 4), (182, 2), (365, 1), (366, 1), (60, None)]
)
def test_a_yearly_rate_follows_from_a_whole_period(days: int, factor: int | None) -> None:
    """Month, quarter, half and year give a yearly rate with its basis; odd lengths give none."""
    subject = company(figure("total_revenue_usd", 1e6, 400, days=days))
    yearly = fact_at(subject, "total_revenue_usd_year", 400 * DAY)
    if factor is None:
        assert yearly is None
    else:
        assert yearly is not None
        assert yearly.value == 1e6 * factor
        assert "derived from total_revenue_usd" in yearly.basis


def test_the_days_of_mining_follow_the_coins() -> None:
    """A quarter's coins and its days are of one period, beside a month that ends later."""
    subject = company(
        figure("btc_produced", 900, 400, days=91, published=410),
        figure("btc_produced", 300, 430, days=30),
    )
    for day in (405, 415, 430):
        coins, days = (
            fact_at(subject, name, day * DAY) for name in ("btc_produced", "period_days")
        )
        assert (coins and coins.period_days) == (days and days.value)
    last = fact_at(subject, "period_days", 430 * DAY)
    assert last is not None
    assert (last.value, last.as_of) == (91, 400 * DAY)


def test_a_given_yearly_figure_wins_over_a_derived_one() -> None:
    """The book's own yearly figure of the same day stands alone."""
    subject = company(
        figure("total_revenue_usd", 1e6, 400, days=90), figure("total_revenue_usd_year", 3e6, 400)
    )
    assert [item.value for item in subject.figures["total_revenue_usd_year"]] == [3e6]


def test_contract_sums_follow_the_stages() -> None:
    """Only contracts in force count; after the last has ended the sum is nil, not unknown."""
    subject = company(
        contracts=(
            contract("one", (Stage.EVALUATING, 1), (Stage.SIGNED, 10), (Stage.EXITED, 30)),
            contract("two", (Stage.SIGNED, 20), (Stage.EXITED, 40)),
        )
    )
    days = (5, 10, 20, 30, 40)
    found = [fact_at(subject, "ai_contracted_mw", day * DAY) for day in days]
    assert [item and item.value for item in found] == [None, 10, 20, 10, 0]
    money = fact_at(subject, "contracted_ai_revenue_usd_year", 20 * DAY)
    assert money is not None
    assert money.value == 20.0


def test_an_undisclosed_contract_makes_no_sum() -> None:
    """A sum that leaves a contract out would be too small; the last whole sum stays."""
    subject = company(
        contracts=(
            contract("one", (Stage.SIGNED, 10)),
            contract("two", (Stage.SIGNED, 20), mw=None),
        )
    )
    found = fact_at(subject, "ai_contracted_mw", 25 * DAY)
    assert found is not None
    assert (found.value, found.as_of) == (10, 10 * DAY)


def test_power_by_stage_counts_what_is_not_disclosed() -> None:
    """Each stage has its sum and the number of entries without one; 0 is never put for unknown."""
    plans = (
        contract("one", (Stage.EVALUATING, 1)),
        contract("two", (Stage.EVALUATING, 1), mw=None),
        contract("three", (Stage.SIGNED, 2), mw=None),
        contract("later", (Stage.SIGNED, 9)),
    )
    sums = mw_by_stage(plans, 5 * DAY)
    assert list(sums) == [Stage.EVALUATING, Stage.SIGNED]
    assert (sums[Stage.EVALUATING].mw, sums[Stage.EVALUATING].undisclosed) == (10, 1)
    assert sums[Stage.SIGNED].mw is None


def test_dependents_are_those_with_a_contract_in_force() -> None:
    """CRWV's watchers reach a company from signature until exit."""
    subject = company(contracts=(contract("one", (Stage.SIGNED, 10), (Stage.EXITED, 30)),))
    book = Companies({"AAA": subject})
    edge = Dependency("AAA", "CRWV", ("one",))
    assert dependents_of(book, "CRWV", 5 * DAY) == ()
    assert dependents_of(book, "CRWV", 10 * DAY) == (edge,)
    assert dependents_of(book, "CRWV", 30 * DAY) == ()
    assert dependents_of(book, "MSFT", 10 * DAY) == ()
    open_ended = replace(subject, contracts=(contract("one", (Stage.SIGNED, 10)),))
    assert dependents_of({"AAA": open_ended}, "CRWV") == (edge,)


def test_status_and_flags_hold_from_their_day() -> None:
    """A status holds until the next step, a flag until its end."""
    subject = replace(
        company(),
        ai_status=(
            StatusStep(AiStatus.EVALUATING, 10 * DAY, "s"),
            StatusStep(AiStatus.EXITED, 20 * DAY, "s"),
        ),
        flags=(Flag(FlagKind.LITIGATION, 10 * DAY, "t", "s", until=20 * DAY),),
    )
    steps = [subject.status_at(day * DAY) for day in (9, 10, 20)]
    assert [step and step.status for step in steps] == [None, AiStatus.EVALUATING, AiStatus.EXITED]
    assert [len(subject.flags_at(day * DAY)) for day in (9, 10, 19, 20)] == [0, 1, 1, 0]


def test_a_former_ticker_finds_its_company() -> None:
    """Aliases and lower case lead to the company; the book is ordered by ticker."""
    keel = replace(company(), ticker="KEEL", aliases=(Alias("BITF"),))
    book = Companies({"ZZZ": replace(keel, ticker="ZZZ", aliases=()), "KEEL": keel})
    assert list(book) == ["KEEL", "ZZZ"]
    assert book.find("bitf") is keel
    assert book.find("none") is None
    assert keel.ticker_at(0) == "KEEL"


def test_a_dated_alias_was_the_ticker_until_its_day() -> None:
    """KEEL was BITF until its day; whoever took the free ticker later is found after it."""
    keel = replace(company(), ticker="KEEL", aliases=(Alias("BITF", until=100 * DAY),))
    heir = replace(company(), ticker="BITF", aliases=())
    book = Companies({"KEEL": keel, "BITF": heir})
    assert [keel.ticker_at(day * DAY) for day in (99, 100)] == ["BITF", "KEEL"]
    assert book.find("BITF", 99 * DAY) is keel
    assert book.find("BITF", 100 * DAY) is heir
    assert book.find("bitf") is heir
    alias = keel.alias("bitf")
    assert alias is not None
    assert alias.until == 100 * DAY


def test_the_year_ago_figure_has_the_same_length_of_period() -> None:
    """A quarter is compared with the quarter a year before, not with a year that ended there."""
    new = figure("btc_produced", 135, 800, days=90)
    quarter = figure("btc_produced", 592, 435, days=91)
    year = figure("btc_produced", 2_000, 435, days=365)
    assert year_ago((year, quarter, new), new) is quarter
    assert year_ago((year, new), new) is None
    assert year_ago((figure("btc_held", 1, 435),), figure("btc_held", 2, 800)) is None


def test_claims_give_what_follows_from_their_numbers() -> None:
    """A number is derived when all it needs was claimed, and left out otherwise."""
    claims = (
        Claim(claim="a", says="b", verdict="c", numbers={"ai_revenue_usd": 10.1e6}),
        Claim(claim="a", says="b", verdict="c", numbers={"ai_share_ratio": 0.09}),
    )
    found = {item.name: item.value for item in derive(claims)}
    assert found["implied_total_revenue_usd"] == pytest.approx(112.222e6, rel=1e-5)
    assert found["ai_revenue_mix_ratio"] == pytest.approx(0.09)
    assert "ai_goal_progress_ratio" not in found
    assert derive(()) == ()


@given(st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.floats(1e-3, 1e12)))
def test_any_positive_claims_derive_without_error(numbers: dict[str, float]) -> None:
    """Whatever positive numbers are claimed, the derivation gives finite numbers."""
    for item in derive((Claim(claim="a", says="b", verdict="c", numbers=numbers),)):
        assert abs(item.value) < float("inf")


def test_every_fact_has_a_sane_range_and_a_unit_in_its_name() -> None:
    """Ranges are in order, ratios are fractions, and names end in their unit."""
    for spec in FACTS.values():
        assert spec.low < spec.high
        assert spec.plausible(spec.low)
        assert not spec.plausible(spec.high * 1.01)
        assert (spec.unit == "ratio") == spec.name.endswith("_ratio")
        assert spec.name.endswith("_usd_year") == (spec.unit == "USD/year")


def test_days_are_written_in_iso() -> None:
    """A moment prints as its UTC date."""
    assert iso_day(1_752_710_400_000) == "2025-07-17"
