"""Rulebooks: what is wrong is named with file, line and mend; what is right is read as written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest

from alerts.model import Severity
from alerts.pacing.notify import Notify
from alerts.rule_doubts import absent, doubts_about, untimely
from alerts.rulebook import check_rulebook, decode_rulebook, encode_rulebook, load_rulebook
from alerts.rules.change import ChangeRule
from alerts.rules.expression import ExpressionRule
from alerts.rules.move import MoveRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from alerts.series import Target
from monitor.compute.targets import targets
from monitor.core.clock import DAY, parse_iso
from monitor.core.errors import ConfigError, ConfigErrors
from tests.worlds import CATALOGUE

TARGETS = {
    "BTC-USD": Target("BTC-USD", "USD", None, {"instrument": "BTC-USD"}),
    "mining_margin_ratio": Target("mining_margin_ratio", "ratio", ("HIVE", "RIOT")),
}
GOOD = """\
rules:
  - id: thin
    type: threshold
    on: mining_margin_ratio
    below: 0.25
    recover: 0.30
    for: 5m
    severity: critical
    companies: [RIOT]
    summary: "{company} is at {value}"
  - id: price
    type: threshold
    on: BTC-USD
    above: 100_000
"""


def written(folder: Path, text: str, name: str = "rules.yaml") -> Path:
    """Write a rulebook."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rulebook_is_read_as_written(tmp_path: Path) -> None:
    """Order, fields, defaults and lines are kept; nothing in it is wrong."""
    book = load_rulebook(written(tmp_path, GOOD), [ThresholdRule])
    thin, price = book.rules
    assert isinstance(thin, ThresholdRule)
    assert (thin.below, thin.recover, thin.hold_ms, thin.companies) == (
        0.25,
        0.3,
        300_000,
        ("RIOT",),
    )
    assert thin.severity is Severity.CRITICAL
    assert (price.companies, price.hold_ms, price.severity) == ("all", 0, Severity.WARNING)
    assert [book.where(number).rpartition(":")[2] for number in (0, 1)] == ["2", "11"]
    assert book.where(0, "for").endswith(":7")
    assert check_rulebook(book, TARGETS) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("below: 0.25", "belwo: 0.25", 5, "did you mean `below`?"),
        ("severity: critical", "severity: critcal", 8, "did you mean `critical`?"),
        ("type: threshold\n    on: m", "type: treshold\n    on: m", 3, "did you mean `threshold`?"),
        ("type: threshold", "tpye: threshold", 3, "did you mean `type`?"),
        ("below: 0.25", "below: low", 5, "float"),
        ("below: 0.25", "below: 0.25\n    above: 0.1", 6, "exactly one"),
        ("recover: 0.30", "recover: 0.20", 6, "recover"),
        ("for: 5m", "for: 5 minutes", 7, "90s, 5m"),
        ("{value}", "{valeu}", 10, "valeu"),
        ("{value}", "{value:.2f}", 10, "{value:.2f}"),
        ("{value}", "{value.real}", 10, "{value.real}"),
        ("{value}", "{value[0]}", 10, "{value[0]}"),
        ("{value}", "{{value}}", 10, "a brace that is around no name"),
        ("{value}", "{company{value}}", 10, "a brace that is around no name"),
        ("{value}", "{value", 10, "a brace that is around no name"),
        ("{value}", "!" * 500, 10, "500 are allowed"),
        ("id: thin", "id: Thin Margin", 2, "id"),
        ("id: price", "id: thin", 11, "twice"),
        ("rules:", "rule:", 1, "did you mean `rules`?"),
        ("    on: BTC-USD\n", "", 11, "add `on:`"),
        ("above: 100_000", "above: [1", 15, ""),
        ("companies: [RIOT]", "companies: RIOT", 9, "all"),
        ("companies: [RIOT]", "companies: []", 9, "watches nobody"),
    ],
)
def test_a_mistake_is_named_with_line_and_mend(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    """Each kind of mistake comes back as file, line, cause and what to write instead (row E01)."""
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_rulebook(path, [ThresholdRule])
    found = caught.value
    assert found.where == f"{path}:{line}"
    assert words in str(found)


def test_all_mistakes_of_a_rulebook_come_at_once(tmp_path: Path) -> None:
    """Who mends a rulebook is not sent back once for each rule."""
    text = GOOD.replace("below: 0.25", "belwo: 0.25").replace("above: 100_000", "above: much")
    path = written(tmp_path, text)
    with pytest.raises(ConfigErrors) as caught:
        load_rulebook(path, [ThresholdRule])
    assert [error.where for error in caught.value.problems] == [f"{path}:5", f"{path}:14"]


def test_a_percentage_is_doubted(tmp_path: Path) -> None:
    """A level of 25 on a fraction never fires or always does: it is told, with what was meant."""
    book = load_rulebook(written(tmp_path, GOOD), [ThresholdRule])
    assert doubts_about(book, TARGETS) == []
    text = GOOD.replace("below: 0.25", "below: 25").replace("recover: 0.30", "recover: 25")
    (doubt,) = doubts_about(load_rulebook(written(tmp_path, text), [ThresholdRule]), TARGETS)
    assert "ratios are fractions; did you mean 0.25?" in doubt


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("type: change, on: BTC-USD, over: 1h, below: -5", "-0.05"),
        ("type: change, on: BTC-USD, over: 1h, below: -3", "-0.03"),
        ("type: change, on: BTC-USD, over: 1h, above: 0.5", ""),
        ("type: move, on: BTC-USD, by: 5", "0.05"),
        ("type: move, on: BTC-USD, by: 1", "0.01"),
        (
            "type: expression, on: BTC-USD, inputs: {c: {on: BTC-USD, change: 1h}}, when: c < -2",
            "-0.02",
        ),
        ("type: expression, on: hashprice, inputs: {m: MARGIN}, when: m < 15", "0.15"),
        ("type: change, on: BTC-USD, over: 1h, below: -5, measure: points", ""),
        ("type: move, on: BTC-USD, by: 5, measure: points", ""),
        ("type: expression, on: BTC-USD, when: value < 15", ""),
    ],
)
def test_a_percentage_is_doubted_wherever_it_stands(tmp_path: Path, rule: str, meant: str) -> None:
    """In a change, a move and an expression too; points and dollars are no percent."""
    margin = next(name for name, target in TARGETS.items() if target.unit == "ratio")
    text = (
        f"rules:\n  - {{id: a, {rule.replace('MARGIN', margin).replace('hashprice', 'BTC-USD')}}}\n"
    )
    book = load_rulebook(written(tmp_path, text), [ChangeRule, MoveRule, ExpressionRule])
    doubts = [it for it in doubts_about(book, TARGETS) if "fractions" in it]
    assert [it.endswith(f"did you mean {meant}?") for it in doubts] == [True] * bool(meant)


def test_a_rule_that_is_not_there_is_doubted_where_it_is_named(tmp_path: Path) -> None:
    """It would mute nothing, or nothing would mute it: a slip that no alert shows."""
    text = GOOD.replace(
        "rules:",
        "inhibit: [{source: {rule: btc-lwo}, target: {rule: feed-dead}}]\n"
        "quiet: [{name: tea, from: '12:00', to: '13:00', match: {rule: nope}}]\nrules:",
        1,
    )
    doubts = list(absent(load_rulebook(written(tmp_path, text), [ThresholdRule])))
    assert len(doubts) == 2
    assert "quiet `tea` names the rule `nope`, which there is not" in doubts[0]
    assert "inhibit 1, source names the rule `btc-lwo`, which there is not" in doubts[1]


def test_all_rules_that_cannot_work_are_named_at_once(tmp_path: Path) -> None:
    """An unknown metric, an unknown company and companies on a single value, in one reading."""
    text = GOOD.replace("on: mining_margin_ratio", "on: mining_margin_rato")
    text += "    companies: [RIOT]\n  - {id: c, type: threshold, on: mining_margin_ratio, above: 1,"
    text += " companies: [RIOTT, HIVE]}\n"
    book = load_rulebook(written(tmp_path, text), [ThresholdRule])
    metric, single, company = check_rulebook(book, TARGETS)
    assert metric.where.endswith(":4")
    assert metric.hint == "did you mean `mining_margin_ratio`?"
    assert single.where.endswith(":15")
    assert "remove `companies`" in str(single)
    assert company.where.endswith(":16")
    assert company.hint == "did you mean `RIOT`?"


def test_a_json_rulebook_says_the_same(tmp_path: Path) -> None:
    """A program's rulebook has the same shape and the same version as a person's."""
    path = written(tmp_path, GOOD)
    people = load_rulebook(path, [ThresholdRule])
    rules = [
        {"id": "thin", "type": "threshold", "on": "mining_margin_ratio", "below": 0.25}
        | {"recover": 0.3, "for": "5m", "severity": "critical", "companies": ["RIOT"]}
        | {"summary": "{company} is at {value}"},
        {"id": "price", "type": "threshold", "on": "BTC-USD", "above": 100_000},
    ]
    program = written(tmp_path, json.dumps({"rules": rules}), "rules.json")
    book = load_rulebook(program, [ThresholdRule])
    assert book.rules == people.rules
    assert book.version == people.version
    assert book.where(1) == f"{program}: 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "rules.json"),
        ('{"rules": [{"id": "a", "type": "threshold", "on": "X", "abov": 1}]}', "abov"),
        ('{"rules": [{"id": "a", "type": "threshold", "on": "X", "above": "1"}]}', "above"),
        (
            '{"rules": [{"id": "a", "type": "threshold", "on": "X", "abov": 1}]}',
            "did you mean `above`",
        ),
        ('{"rules": [\n{"id": "a",\n"type": "threshold", "on": "X", "above": "b"}]}', "json:3"),
        (
            '{"rules": [{"id": "a", "type": "threshold", "on": "X",\n"above": 1, "above": 2}]}',
            "twice",
        ),
        ('{"rules": [], "rules": []}', "`rules` is given twice"),
        ("[" * 100_000, "rules.json"),
        ('{"rules": [\n\n}', "json:3"),
        ('{"rules": 1}', "rules"),
        (
            '{"rules": [{"id": "a", "type": "threshold", "on": "X", "above": 1, "manner": {}}]}',
            "manner",
        ),
        ("\ufeff\x00", "rules.json"),
    ],
)
def test_a_broken_json_rulebook_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Broken JSON and wrong fields are errors for a person too, never a traceback."""
    with pytest.raises(ConfigError, match=words):
        load_rulebook(written(tmp_path, text, "rules.json"), [ThresholdRule])


def test_many_rules_are_read_one_as_the_other(tmp_path: Path) -> None:
    """Some that say how they live among thousands that do not: in order, each with its own."""
    rules: list[dict[str, object]] = [
        {"id": f"r{number}", "type": "threshold", "on": "X", "above": number}
        for number in range(2_500)
    ]
    loud: dict[int, dict[str, object]] = {
        3: {"severity": "critical"},
        999: {"for": "5m"},
        1_700: {"notify": {"cooldown": "5m"}},
    }
    for number, more in loud.items():
        rules[number] |= more
    path = written(tmp_path, json.dumps({"rules": rules}), "rules.json")
    book = load_rulebook(path, [ThresholdRule])
    assert list(book.rules) == [rule_of(rule, ThresholdRule) for rule in rules]
    rules[2_400]["manner"] = {"severity": "critical"}
    path.write_text(json.dumps({"rules": rules}))
    with pytest.raises(ConfigError, match="manner"):
        load_rulebook(path, [ThresholdRule])


@pytest.mark.parametrize("name", ["none.yaml", "none.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """A path that leads nowhere is said, with the path."""
    with pytest.raises(ConfigError, match=name):
        load_rulebook(tmp_path / name, [ThresholdRule])


def test_the_version_follows_every_word(tmp_path: Path) -> None:
    """The book's version changes with texts too; a rule's own only with what decides."""
    first = load_rulebook(written(tmp_path, GOOD), [ThresholdRule])
    text = GOOD.replace("is at", "stands at")
    second = load_rulebook(written(tmp_path, text, "b.yaml"), [ThresholdRule])
    assert first.version != second.version
    assert first.rules[0].version == second.rules[0].version
    harder = GOOD.replace("below: 0.25", "below: 0.20")
    third = load_rulebook(written(tmp_path, harder, "c.yaml"), [ThresholdRule])
    assert third.rules[0].version != first.rules[0].version
    assert third.rules[1].version == first.rules[1].version


def test_the_news_of_the_books_keep_their_ids(tmp_path: Path) -> None:
    """A rule under the same id would share their topics, so it is refused."""
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - {id: risk-level, type: threshold, on: BTC-USD, above: 1}\n")
    with pytest.raises(ConfigError, match="risk-level` is taken by the news of the books"):
        load_rulebook(path, [ThresholdRule])


def test_a_window_around_what_is_in_no_calendar_is_refused(tmp_path: Path) -> None:
    """A misspelt kind has file, line and the nearest one; a kind without a date is a doubt."""
    text = (
        "rules:\n"
        "  - {id: a, type: threshold, on: BTC-USD, above: 1, exclude: [{event: cip}]}\n"
        "  - {id: b, type: threshold, on: BTC-USD, above: 1, require: [{event: fomc}]}\n"
        "  - {id: c, type: threshold, on: BTC-USD, above: 1, exclude: [{event: options-expiry}]}\n"
    )
    book = load_rulebook(written(tmp_path, text), [ThresholdRule])
    (error,) = check_rulebook(book, TARGETS)
    assert error.where.endswith(":2")
    assert "`cip`" in error.message
    assert "cpi" in error.hint
    (doubt,) = doubts_about(book, TARGETS)
    assert ":3: rule `b` names `fomc`" in doubt
    assert "never judged" in doubt


def test_sessions_of_what_no_share_has_part_in_are_refused(tmp_path: Path) -> None:
    """Bitcoin never closes; a halt is asked of the share itself, for a metric has no value then."""
    rows = [
        "  - {id: a, type: threshold, on: BTC-USD, above: 1, sessions: [regular]}",
        "  - {id: b, type: threshold, on: RIOT, above: 1, sessions: [pre, halted]}",
        "  - {id: c, type: threshold, on: stock_change_day_ratio, above: 1, sessions: [regular]}",
        "  - {id: d, type: threshold, on: stock_change_day_ratio, above: 1, sessions: [halted]}",
        "  - {id: e, type: threshold, on: mining_margin_ratio, above: 1, sessions: [post]}",
    ]
    book = load_rulebook(written(tmp_path, "\n".join(["rules:", *rows])), [ThresholdRule])
    found = check_rulebook(book, targets(CATALOGUE, ["RIOT"], book.rules))
    assert [(error.where[-1], error.hint) for error in found] == [
        ("2", "remove `sessions`"),
        ("5", "watch the share itself: `on: RIOT`"),
        ("6", "remove `sessions`"),
    ]


PACED = """\
notify: {cooldown: 5m}
groups:
  - {name: market, wait: 10s}
caps:
  - {name: phone, limit: 10}
escalations:
  - name: night
    steps: [{after: 5m, to: lead}]
rules:
  - id: price
    type: threshold
    on: BTC-USD
    above: 100_000
    notify:
      group: market
      escalate: night
      expires: 2027-12-31
"""


def test_pace_is_read_as_written(tmp_path: Path) -> None:
    """A rule's block and what rules share; how often it is told makes no other rule of it."""
    book = load_rulebook(written(tmp_path, PACED), [ThresholdRule])
    (price,) = book.rules
    assert price.notify == Notify(group="market", escalate="night", expires="2027-12-31")
    assert book.desk.pace.notify == Notify(cooldown="5m")
    assert [group.wait for group in book.desk.pace.groups] == ["10s"]
    assert price.version == rule_of(price.written() | {"notify": None}, ThresholdRule).version
    as_json = tmp_path / "rules.json"
    as_json.write_bytes(
        msgspec.json.encode({"rules": [price.written()], **msgspec.to_builtins(book.desk.pace)})
    )
    again = load_rulebook(as_json, [ThresholdRule])
    assert (again.rules, again.desk, again.version) == (book.rules, book.desk, book.version)
    body = encode_rulebook(book)
    assert body is not None
    assert encode_rulebook(book, len(body)) == body
    assert encode_rulebook(book, len(body) - 1) is None
    stored = decode_rulebook(body, [ThresholdRule], "there")
    assert (stored.name, stored.version, stored.desk) == ("there", book.version, book.desk)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("group: market", "group: markets", 14, "did you mean `market`?"),
        ("escalate: night", "escalate: day", 14, "known are `night`"),
        ("escalate: night", "escalat: night", 16, "did you mean `escalate`?"),
        ("notify: {cooldown: 5m}", "notify: {group: all}", "", "which is not under `groups:`"),
        ("notify: {cooldown: 5m}", "notify: {expires: 2027-01-01}", 1, "of one rule"),
        ("wait: 10s", "wait: 2h", 3, "longer than 1h"),
        ("limit: 10", "limit: 0", 5, ">= 1"),
        ("limit: 10}", "limit: 10}\n  - {name: phone}", "", "`phone` is used twice"),
        ("after: 5m", "after: 5 m", 8, "90s, 5m"),
    ],
)
def test_wrong_pace_is_named(tmp_path: Path, old: str, new: str, line: object, words: str) -> None:
    """File, line and mend, as for everything else in a rulebook."""
    assert PACED.count(old) == 1
    path = written(tmp_path, PACED.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_rulebook(path, [ThresholdRule])
    assert words in str(caught.value)
    assert f"{path}:{line}" in str(caught.value) if line else str(path) in str(caught.value)


def test_rules_share_what_they_say_alike(tmp_path: Path) -> None:
    """There may be a million: each is its id, its input and its levels, however the file is written."""
    file = tmp_path / "rules.json"
    rules = [
        {"type": "threshold", "id": f"r{number}", "on": "BTC-USD", "above": number}
        | {"for": "5m", "steps": [{"severity": "critical", "after": "1h"}]}
        for number in range(3)
    ]
    rules.append(rules[0] | {"id": "own", "overrides": {"HIVE": {"above": 7}}})
    file.write_bytes(msgspec.json.encode({"rules": rules}))
    one, two, three, own = load_rulebook(file, [ThresholdRule]).rules
    assert one.manner is two.manner is three.manner is not own.manner
    assert own.for_company("RIOT").manner is own.manner
    assert own.for_company("HIVE").manner == one.manner
    assert sys.getsizeof(one) <= 80
    assert [one.written()[name] for name in ("type", "id", "for")] == ["threshold", "r0", "5m"]


def test_what_a_book_dates_on_the_wrong_side_of_now_is_doubted(tmp_path: Path) -> None:
    """It is allowed, as a rule is kept for later; who wrote the wrong year has to see it."""
    text = (
        "rules:\n"
        "  - {id: a, type: threshold, on: BTC-USD, above: 1, notify: {expires: 2026-01-05}}\n"
        "  - {id: b, type: threshold, on: RIOT, above: 1, as_of: 2026-01-06}\n"
    )
    book = load_rulebook(written(tmp_path, text), [ThresholdRule])
    (doubt,) = untimely(book, parse_iso("2026-01-06T00:00:00Z") - DAY)
    assert ":3: rule `b` has levels as of 2026-01-06, which is to come" in doubt
    (doubt,) = untimely(book, parse_iso("2026-01-07T00:00:00Z"))
    assert ":2: rule `a` expired at 2026-01-0" in doubt
    assert "tells nobody" in doubt


@pytest.mark.parametrize(
    ("when", "doubts"),
    [
        ("value < other", []),
        ("other > 3", []),
        ("value > 3", ["rule `a` has the input `other`, which `when` does not read"]),
        ("1 < 2", ["rule `a` reads no value in `when`: it holds always, or never"]),
    ],
)
def test_a_condition_that_does_not_read_what_it_is_given_is_doubted(
    tmp_path: Path, when: str, doubts: list[str]
) -> None:
    """Of a constant condition the rule fires once, or never, and no value decides."""
    text = (
        "rules:\n"
        f"  - {{id: a, type: expression, on: BTC-USD, when: '{when}', inputs: {{other: hashprice}}}}\n"
    )
    book = load_rulebook(written(tmp_path, text), [ExpressionRule])
    found = [it.partition(": ")[2] for it in doubts_about(book, TARGETS)]
    assert [it for it in found if "hashprice" not in it] == doubts


def test_an_override_of_a_company_that_is_left_out_is_refused(tmp_path: Path) -> None:
    """It would decide nothing, while who wrote it takes the company for watched."""
    own = "companies: [RIOT]\n    overrides: {HIVE: {below: 0.15}}"
    book = load_rulebook(written(tmp_path, GOOD.replace("companies: [RIOT]", own)), [ThresholdRule])
    (found,) = check_rulebook(book, TARGETS)
    assert "of rule `thin` name `HIVE`, which its `companies` leave out" in found.message
    assert (found.where or "").endswith(":10")
    assert "add HIVE to `companies`" in found.hint


@pytest.mark.parametrize(
    ("below", "own", "words"),
    [
        (0.25, 0.35, "with the `overrides` of HIVE: `recover` 0.3 must not be under `below` 0.35"),
        (0.40, 0.45, "`recover` 0.3 must not be under `below` 0.4"),
    ],
)
def test_levels_that_clash_for_one_company_name_it(below: float, own: float, words: str) -> None:
    """The two levels stand in different places; what is wrong without the override is not its fault."""
    body = {"type": "threshold", "id": "thin", "on": "X", "below": below, "recover": 0.3}
    with pytest.raises(msgspec.ValidationError) as caught:
        rule_of(body | {"overrides": {"HIVE": {"below": own}}}, ThresholdRule)
    assert str(caught.value).partition(" - at ")[0] == words


def test_a_move_that_shall_tell_of_lost_data_is_doubted(tmp_path: Path) -> None:
    """It has no state that could be lost; an absence rule tells it."""
    text = "rules:\n  - {id: m, type: move, on: BTC-USD, by: 0.05, no_data: alert}\n"
    (doubt,) = doubts_about(load_rulebook(written(tmp_path, text), [MoveRule]), TARGETS)
    assert ":2: rule `m` tells moves, and no loss of data; write an `absence` rule" in doubt
