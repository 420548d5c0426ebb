"""The seven risks: judged levels with an end, computed indicators, what an explanation says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.domain.companies import (
    AiStatus,
    Company,
    CompanyType,
    Flag,
    FlagKind,
    StatusStep,
    fact_at,
)
from monitor.domain.contracts import Contract, Stage, StageStep, remaining_term, tenant_shares
from monitor.domain.derived import with_derived
from monitor.domain.figures import DAY, Confidence, Figure
from monitor.domain.risk_levels import (
    Level,
    RiskKind,
    RiskLevel,
    SubFlag,
    SubFlagKind,
    newest_level,
)
from monitor.domain.risks import RISKS, computed_indicators, risk_notes
from monitor.domain.sites import Cooling, Site, Use

FOUR_YEARS = 4 * 365 * DAY + DAY


def level(risk: RiskKind, word: str, day: int, *, expires: int = 1_000) -> RiskLevel:
    """Return a judgement of a day number."""
    return RiskLevel(
        risk=risk,
        level=word,
        reason="because",
        date=day * DAY,
        author="A. Desk",
        expires=expires * DAY,
        source="https://example.org",
    )


def contract(
    name: str,
    tenant: str,
    value: float | None,
    *,
    term: float | None = 10,
    billed: int | None = None,
) -> Contract:
    """Return a contract signed on day 1 and billed from day `billed` on."""
    stages = [StageStep(Stage.SIGNED, DAY, "words")]
    if billed is not None:
        stages.append(StageStep(Stage.BILLING, billed * DAY, "words"))
    return Contract(
        name=name, stages=tuple(stages), counterparty=tenant, value_usd=value, term_years=term
    )


def company(*contracts: Contract, risks: tuple[RiskLevel, ...] = ()) -> Company:
    """Return a company with these contracts and judgements."""
    return Company(
        ticker="AAA",
        name="A company",
        type=CompanyType.MINER,
        fiscal_year_end="12-31",
        contracts=contracts,
        figures=with_derived({}, contracts),
        risks=risks,
    )


def test_all_seven_risks_are_defined_once() -> None:
    """Each risk has a question, indicators without repetition, and a suggested alert."""
    assert [spec.risk for spec in RISKS] == list(RiskKind)
    for spec in RISKS:
        assert spec.question
        assert spec.suggested_alert
        assert len(set(spec.indicators)) == len(spec.indicators) > 1


def test_an_expired_level_is_not_present() -> None:
    """A level counts from its day until its expiry, and the newest one given is meant."""
    old = level(RiskKind.POWER, "low", 10)
    new = level(RiskKind.POWER, "high", 20, expires=30)
    found = [newest_level((old, new), RiskKind.POWER, day * DAY) for day in (9, 10, 20, 30)]
    assert found == [None, old, new, new]
    assert [new.present_at(day * DAY) for day in (19, 20, 29, 30)] == [False, True, True, False]


def test_the_levels_are_in_order() -> None:
    """Low comes first: a higher level comes later."""
    assert list(Level) == ["low", "medium", "high"]


def test_one_tenant_has_all_of_it() -> None:
    """Two contracts of one tenant: 100 % and HHI 1, also where a term is not disclosed (C10)."""
    subject = company(contract("one", "CoreWeave", 12), contract("two", "coreweave", 5, term=None))
    assert tenant_shares(subject.contracts) == {"coreweave": 1.0}
    assert subject.figures["largest_tenant_share_ratio"][-1].value == 1
    assert subject.figures["tenant_hhi_ratio"][-1].value == 1


def test_tenants_share_by_run_rate() -> None:
    """Three quarters and one: the largest has 0.75, HHI is 0.625."""
    subject = company(contract("one", "A", 30), contract("two", "B", 10))
    assert tenant_shares(subject.contracts) == {"A": 0.75, "B": 0.25}
    assert subject.figures["largest_tenant_share_ratio"][-1].value == 0.75
    assert subject.figures["tenant_hhi_ratio"][-1].value == 0.625


def test_an_undisclosed_tenant_makes_no_share() -> None:
    """Several tenants and one without a value: any share would be too large."""
    subject = company(contract("one", "A", 30), contract("two", "B", None))
    assert tenant_shares(subject.contracts) is None
    assert "largest_tenant_share_ratio" not in subject.figures


def test_a_share_ends_with_the_first_tenant_of_unknown_size() -> None:
    """Alone until day 20; then another signs and discloses nothing: the share is unknown."""
    first = contract("one", "A", 30)
    second = replace(
        contract("two", "B", None), stages=(StageStep(Stage.SIGNED, 20 * DAY, "words"),)
    )
    subject = company(first, second)
    for fact in ("largest_tenant_share_ratio", "tenant_hhi_ratio"):
        found = [fact_at(subject, fact, day * DAY) for day in (0, 1, 19, 20)]
        assert [item and item.value for item in found] == [None, 1, 1, None]
    revenue = fact_at(subject, "contracted_ai_revenue_usd_year", 30 * DAY)
    assert revenue is not None
    assert revenue.value == 3


def test_after_the_last_contract_nobody_has_a_share() -> None:
    """The share falls to nil with the last contract, it does not stay at 100 %."""
    one = contract("one", "A", 30)
    ended = replace(one, stages=(*one.stages, StageStep(Stage.EXITED, 50 * DAY, "words")))
    history = company(ended).figures["largest_tenant_share_ratio"]
    assert [(item.value, item.as_of // DAY) for item in history] == [(1, 1), (0, 50)]


def test_the_remaining_term_is_weighted_by_run_rate() -> None:
    """A term runs from the first billing; who does not bill yet has all of it."""
    now = FOUR_YEARS + DAY // 2  # a part of a day does not count
    running = (
        contract("four years gone", "A", 30, billed=0),
        contract("to come", "B", 10),
        contract("silent", "C", None),
        contract("over", "D", 10, term=1, billed=0),
    )
    found = remaining_term(running, now)
    assert found.years == pytest.approx((3 * 6 + 1 * 10 + 10 * 0) / 14)
    assert (found.contracts, found.undisclosed) == (3, 1)
    assert remaining_term((contract("silent", "C", None),), now).years is None


def test_indicators_name_why_they_have_no_value() -> None:
    """A company of which nothing is known has reasons, never numbers made of nothing."""
    bare = company()
    found = computed_indicators(bare, {"AAA": bare}, 100 * DAY)
    assert {item.name: (item.value, item.reason) for item in found.values()} == {
        "remaining_contract_term_years": (None, "no_disclosed_contract_in_force"),
        "standing_flags_count": (0, ""),
        "raised_sub_flags_count": (None, "not_assessed"),
        "ai_liquid_cooled_mw_ratio": (None, "no_ai_site"),
        "ai_entrants_count": (0, ""),
        "peers_pipeline_mw": (None, "missing:pipeline_mw"),
    }
    listed = {name for spec in RISKS for name in spec.indicators}
    assert set(found) <= listed


def test_entrants_and_the_peers_pipeline_are_counted() -> None:
    """Who began with AI within a year is an entrant; the pipeline is that of the others (C19)."""
    pipeline = Figure(
        fact="pipeline_mw",
        value=500,
        as_of=300 * DAY,
        source="s",
        title="t",
        confidence=Confidence.CONFIRMED,
    )
    one = replace(company(), figures={"pipeline_mw": (pipeline,)})
    steps = (
        StatusStep(AiStatus.EVALUATING, 10 * DAY, "s"),
        StatusStep(AiStatus.HYBRID, 200 * DAY, "s"),
    )
    entrant = replace(
        one, ticker="NEW", figures=with_derived({"pipeline_mw": (pipeline,)}, statuses=steps)
    )
    book = {"AAA": one, "NEW": entrant}
    for day, count in ((199, 0), (200, 1), (564, 1), (565, 0)):
        found = computed_indicators(one, book, day * DAY)
        assert found["ai_entrants_count"].value == count
    peers = computed_indicators(one, book, 300 * DAY)["peers_pipeline_mw"]
    assert (peers.value, peers.note) == (500, "NEW")


def test_liquid_cooling_is_a_share_of_the_ai_power() -> None:
    """Mines do not count; an AI site that does not disclose its cooling makes it unknown (C17)."""
    site = Site(
        name="hall",
        as_of=0,
        use=Use.AI,
        source="s",
        title="t",
        confidence=Confidence.CONFIRMED,
        mw=100,
        cooling=Cooling.LIQUID,
    )
    mine = replace(site, name="mine", use=Use.MINING, cooling=None)
    airy = replace(site, name="airy", mw=300, cooling=Cooling.AIR)
    hidden = replace(site, name="hidden", cooling=Cooling.UNDISCLOSED)
    name = "ai_liquid_cooled_mw_ratio"
    for sites, value, reason in (
        ((site, mine), 1, ""),
        ((site, airy, mine), 0.25, ""),
        ((site, hidden), None, "not_disclosed"),
        ((mine,), None, "no_ai_site"),
    ):
        subject = replace(company(), sites=sites)
        found = computed_indicators(subject, {}, DAY)[name]
        assert (found.value, found.reason) == (value, reason)


def test_flags_and_sub_flags_are_counted_while_they_stand() -> None:
    """A standing flag counts; sub-flags count while their judgement is present (C18)."""
    flags = tuple(
        SubFlag(kind, kind is SubFlagKind.PRIVACY, DAY, "text", "s") for kind in SubFlagKind
    )
    judged = replace(level(RiskKind.COMPLIANCE, "medium", 1, expires=50), sub_flags=flags)
    subject = replace(
        company(risks=(judged,)), flags=(Flag(FlagKind.LITIGATION, DAY, "class action", "s"),)
    )
    for day, raised in ((10, 1), (50, None)):
        found = computed_indicators(subject, {}, day * DAY)
        assert found["standing_flags_count"].value == 1
        assert found["raised_sub_flags_count"].value == raised


def test_an_explanation_names_the_allocation_and_what_the_metric_indicates() -> None:
    """Level, author and expiry; the allocation always, the others where they belong (C20)."""
    subject = company(
        risks=(
            level(RiskKind.ALLOCATION, "two teams, one budget", 10, expires=100),
            level(RiskKind.POWER, "high", 10, expires=100),
        )
    )
    allocation = (
        "allocation risk two teams, one budget: because (judged by A. Desk on 1970-01-11,"
        " expires 1970-04-11)"
    )
    assert risk_notes(subject, "mining_margin_ratio", 20 * DAY) == (allocation,)
    both = risk_notes(subject, "break_even_power_price_usd_kwh", 20 * DAY)
    assert [note.split(" risk ")[0] for note in both] == ["power", "allocation"]
    assert risk_notes(subject, "mining_margin_ratio", 100 * DAY) == ()
    assert risk_notes(subject, "mining_margin_ratio", 9 * DAY) == ()
