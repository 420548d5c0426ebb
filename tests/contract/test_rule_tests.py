"""Rule tests: the samples keep their word, and a wrong expectation is told and fails (row E35)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.model import AlertState
from alerts.rulebook import load_rulebook
from alerts.rules.base import Rule
from monitor.app.rule_trials import Room, outcomes, read_tests, told
from monitor.app.world import find_catalogue, find_rule_types
from monitor.books import load_calendar, load_companies
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from tests.command import hashhedge

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples" / "rules"
TESTS = SAMPLES / "tests"
SHOWN = {"wrong", "misspelt"}


@pytest.fixture(scope="module")
def room() -> Room:
    """Return the books."""
    companies = load_companies(SystemClock().now())
    return Room(companies, find_catalogue(), load_calendar(None, companies))


@pytest.mark.parametrize(
    "name", sorted(it.stem for it in TESTS.glob("*.yaml") if it.stem not in SHOWN)
)
def test_the_samples_pass(name: str, room: Room) -> None:
    """Each test of each sample, with no value that the step refused in silence."""
    done = list(outcomes(read_tests(TESTS / f"{name}.yaml", room), room))
    assert done
    assert [(it.name, it.differences) for it in done if not it.passed] == []
    assert [it.notes for it in done if it.notes] == []


def read(tmp_path: Path, room: Room, body: str) -> str:
    """Return why a file is refused."""
    path = tmp_path / "t.yaml"
    path.write_text(f"rules: {SAMPLES / 'pace.yaml'}\n{body}", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read_tests(path, room)
    return str(raised.value)


CASE = "tests: [{name: n, expect: [], "


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (CASE + "only: [btc-crush]}]", ("t.yaml:2", "no rule `btc-crush`", "btc-crash")),
        (
            CASE + "inputs: [{instrument: BTC-USB, values: 1}]}]",
            ("t.yaml:2", "no instrument `BTC-USB`", "BTC-USD"),
        ),
        (CASE + "figures: {RIOTT: {}}}]", ("t.yaml:2", "no company `RIOTT`", "RIOT")),
        (
            CASE + "figures: {RIOT: {power_price: 1}}}]",
            ("t.yaml:2", "no figure `power_price`", "power_price_usd_kwh"),
        ),
        (CASE + "start: noon}]", ("t.yaml:2", "`noon` is no moment", "2026-01-12")),
        (CASE + "inputs: [{instrument: RIOT, values: 1y}]}]", ("t.yaml:2", "`1y` is no value")),
        (CASE + "shwo: all}]", ("t.yaml:2", "unknown field `shwo`", "show")),
        ("tests: []", ("t.yaml:2", "length >= 1")),
    ],
)
def test_a_slip_is_named_with_its_line(
    body: str, words: tuple[str, ...], tmp_path: Path, room: Room
) -> None:
    """What is wrong, where, and the word that was meant."""
    said = read(tmp_path, room, body)
    assert all(word in said for word in words), said


def test_a_wrong_expectation_exits_1_and_fits_the_page() -> None:
    """The differences are told at 80 columns, and in JSON with their places."""
    said = hashhedge("rules", "test", TESTS / "wrong.yaml", env={"COLUMNS": "80"})
    assert said.code == 1
    assert max(map(len, said.out.splitlines())) <= 80
    said = hashhedge("rules", "test", TESTS / "wrong.yaml", "--output", "json")
    (test,) = said.json["tests"]
    first, second = test["differences"]
    assert (said.code, said.json["failed"]) == (1, 1)
    assert first["where"].endswith("wrong.yaml:10")
    assert first["fields"][0] == {"field": "at", "expected": "1m", "got": "2m"}
    assert second["kind"] == "differs"


def test_the_cookbook_has_thirty_recipes_that_are_tested(tmp_path: Path, room: Room) -> None:
    """Each block of the page is the rule of the book, and each rule is in a test that fires."""
    page = (SAMPLES.parents[1] / "cookbook.md").read_text(encoding="utf-8")
    shown: dict[str, Rule] = {}
    for block in re.findall(r"^```yaml\n(rules:\n.*?)^```$", page, re.MULTILINE | re.DOTALL):
        path = tmp_path / "block.yaml"
        top = (SAMPLES / "cookbook.yaml").read_text(encoding="utf-8").partition("\nrules:\n")[0]
        path.write_text(f"{top}\n{block}", encoding="utf-8")
        shown |= {rule.id: rule for rule in load_rulebook(path, find_rule_types()).rules}
    tests = read_tests(TESTS / "cookbook.yaml", room)
    assert shown == {rule.id: rule for rule in tests.book.rules}
    assert len(shown) >= 30
    assert tests.untested == []
    assert all(case.expect for case in tests.script.tests)


def test_a_divergence_is_one_alert_with_both_numbers_and_their_windows(room: Room) -> None:
    """Row C09: AI from 10 to 30 % of revenue at a beta of 1; the inputs are named by their windows."""
    tests = read_tests(TESTS / "cookbook.yaml", room)
    (case,) = (it for it in tests.script.tests if it.name.startswith("beta-lags-the-filings"))
    (fired,) = (it for it in told(tests, case, room) if it.notifies)
    assert (fired.rule, fired.key, fired.to_state) == (
        "beta-lags-the-filings",
        "RIOT",
        AlertState.FIRING,
    )
    assert {str(it["name"]): it["value"] for it in fired.inputs if "ratio" in str(it["name"])} == {
        "btc_beta_60_sessions_ratio": pytest.approx(1.0),
        "btc_beta_120_sessions_ago_ratio": pytest.approx(1.0),
        "ai_revenue_mix_ratio": pytest.approx(0.3),
        "ai_revenue_mix_two_quarters_ago_ratio": pytest.approx(0.1),
    }
    assert "60 sessions against 120 sessions ago" in fired.summary
    assert "182 days ago" in fired.summary
