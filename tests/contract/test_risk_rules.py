"""The sample rulebook about the risks of a turn to AI, with figures as books give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alerts.model import AlertState, Severity, Transition
from alerts.rule_doubts import doubts_about
from alerts.rulebook import Rulebook, check_rulebook, load_rulebook
from alerts.rules.threshold import ThresholdRule
from monitor.app.world import World, build_step
from monitor.books import load_companies
from monitor.compute.targets import targets
from monitor.core.clock import SystemClock, parse_iso
from monitor.domain.companies import Companies
from monitor.nyse import nyse_calendar
from tests.worlds import CATALOGUE, NOON, make_step, quote, tick

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples"
BOOK = load_rulebook(SAMPLES / "rules" / "risks.yaml", [ThresholdRule])
HOUR = 3_600_000


def told(fact: str, *values: float) -> Sequence[Transition]:
    """Return what is told when HIVE's figure takes one value after another, an hour apart."""
    step = make_step(BOOK.rules)
    found: list[Transition] = []
    for place, value in enumerate(values):
        at = NOON + place * HOUR
        step.process(tick(at, quote(f"HIVE.{fact}", value, at, fresh_ms=9 * HOUR)))
        found += [it for it in step.take().transitions if it.notifies]
    return found


def test_each_rule_of_the_sample_can_fire() -> None:
    """Nothing is misspelt, every target is a metric of companies, and no level is doubtful."""
    known = targets(CATALOGUE, ["HIVE"], BOOK.rules)
    assert check_rulebook(BOOK, known) == []
    assert doubts_about(BOOK, known) == []
    assert all(known[rule.on].companies for rule in BOOK.rules)


def test_too_little_power_under_contract_is_a_warning() -> None:
    """Row C16: half is the line and not beyond it, 40 % is told once, 55 % is not yet over it."""
    fired, ended = told("power_contracted_ratio", 0.8, 0.5, 0.4, 0.38, 0.55, 0.56)
    assert (fired.rule, fired.severity) == ("power-uncontracted", Severity.WARNING)
    assert (fired.labels["company"], fired.value, fired.bound) == ("HIVE", 0.4, 0.5)
    assert fired.summary.startswith("HIVE has a supply contract for 40 % of its power in use")
    assert (ended.to_state, ended.value) == (AlertState.RESOLVED, 0.56)


@pytest.mark.parametrize(
    ("contracted", "rules"), [(200, []), (125, []), (120, ["power-uncontracted"])]
)
def test_the_sites_of_a_book_speak(contracted: int, rules: list[str], tmp_path: Path) -> None:
    """Row C16, from a book to the warning: 120 of a site's 250 MW are too little, 125 are not."""
    text = (SAMPLES / "profiles" / "NOVA.yaml").read_text(encoding="utf-8")
    assert "power_contracted_mw: 200" in text
    changed = text.replace("power_contracted_mw: 200", f"power_contracted_mw: {contracted}")
    (tmp_path / "NOVA.yaml").write_text(changed, encoding="utf-8")
    now = parse_iso("2025-12-01")
    nova = load_companies(SystemClock().now(), tmp_path)["NOVA"]
    rules_of_power = Rulebook(tuple(rule for rule in BOOK.rules if "power" in rule.id))
    world = World(Companies({"NOVA": nova}), rules_of_power, (), CATALOGUE, nyse_calendar())
    step = build_step(world)
    step.advance(now)
    assert [it.rule for it in step.take().transitions if it.notifies] == rules


def test_one_tenant_and_short_cash_are_told() -> None:
    """Row C10 and the burn: more than half from one tenant for information, under a year of cash."""
    (fired,) = told("largest_tenant_share_ratio", 0.5, 0.7)
    assert (fired.rule, fired.severity) == ("tenant-concentrated", Severity.INFO)
    step = make_step(BOOK.rules)
    cash = quote("RIOT.cash_usd", 90e6, NOON, fresh_ms=HOUR)
    step.process(tick(NOON, cash, quote("RIOT.cash_burn_usd_year", 100e6, NOON, fresh_ms=HOUR)))
    (short,) = [it for it in step.take().transitions if it.notifies]
    assert (short.rule, short.value) == ("cash-runs-short", 3.6)
    assert "cash for 3.6" in short.summary
