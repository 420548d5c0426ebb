"""Rules of users in the step: what is kept, what is refused, what works and what does not any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from alerts.desk.book import NOTHING_SAID, DeskBook, Inhibit
from alerts.desk.user_rules import MAX_RULE_BYTES, UserLimits, UserRule, UserRules
from alerts.forms import owned_id, owner_of
from alerts.model import AlertState, Severity
from alerts.reasons import Reason
from alerts.rule_review import Review
from monitor.app.world import find_rule_types
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.compute.targets import targets
from monitor.domain.agenda import NO_EVENTS
from monitor.domain.commands import (
    Action,
    AddSilence,
    Command,
    DrillAlert,
    RemoveRule,
    Reply,
    SetRule,
)
from tests.worlds import (
    CATALOGUE,
    NOON,
    OpenCalendar,
    commit,
    firms,
    quote,
    states,
    threshold,
    tick,
)

HIGH: Mapping[str, Any] = {"id": "high", "type": "threshold", "on": "X", "above": 10.0}
MIX: Mapping[str, Any] = {**HIGH, "on": "ai_revenue_mix_ratio", "above": 0.25}
TICKERS = ("CRWV", "HIVE", "RIOT")
HOUR = 3_600_000
USUAL = UserLimits()
BOOK = [threshold(id="file-rule", on="X", above=5.0)]


def review(loudest: Severity = Severity.WARNING, *, without: str = "") -> Review:
    """Return the reviewer of the small world, perhaps of one that has lost a metric."""

    def known(rules: Any = ()) -> Any:
        found = targets(CATALOGUE, TICKERS, rules)
        return {name: target for name, target in found.items() if name != without}

    return Review(
        types=find_rule_types(),
        targets=known,
        quoted=known,
        agenda=NO_EVENTS,
        desk=NOTHING_SAID,
        loudest=loudest,
    )


class Room:
    """A step with rules of users, and the cells that it has committed."""

    def __init__(self, limits: UserLimits = USUAL, reviewer: Review | None = None) -> None:
        self.limits, self.reviewer = limits, reviewer or review(limits.loudest)
        self.cells: dict[str, bytes] = {}
        self.all: list[Any] = []
        self.asked = 0
        self.step = self._made({})

    def _made(self, users: Mapping[str, UserRule]) -> Step:
        own = UserRules(self.reviewer, self.limits, users)
        return Step(firms(), CATALOGUE, BOOK, OpenCalendar(), users=own)

    def ask(self, action: Action, by: str = "ana", *, dry_run: bool = False) -> Reply:
        """Ask for something, and commit it."""
        self.asked += 1
        command = Command(id=f"c{self.asked}", by=by, action=action, dry_run=dry_run)
        self.step.process(tick(NOON + self.asked, commands=(command,)))
        reply = self.step.telling.replies[-1]
        self.all += commit(self.step, self.cells)
        return reply

    def set(self, by: str = "ana", **fields: object) -> Reply:
        """Set a rule like HIGH."""
        return self.ask(SetRule(rule={**HIGH, **fields}), by)

    def price(self, value: float) -> None:
        """Tell the price of X, and commit it."""
        self.asked += 1
        at = NOON + self.asked
        self.step.process(tick(at, quote("X", value, at, fresh_ms=HOUR)))
        self.all += commit(self.step, self.cells)

    def bind(self, reviewer: Review | None = None) -> None:
        """Go on with a step that has bound what is kept, as the worker does."""
        self.reviewer = reviewer or self.reviewer
        saved = read_cells(self.cells)
        self.step = self._made(saved.users)
        self.step.restore(saved)
        self.step.judge()
        self.all += commit(self.step, self.cells)


def test_no_two_owners_and_no_file_can_have_the_same_id() -> None:
    """The point is in no id of a rulebook and in no user's name, so the id names its owner."""
    ids = {owned_id("a", "b-c"), owned_id("a-b", "c"), owned_id("a", "b"), "a-b-c", "a"}
    assert len(ids) == 5
    assert [owner_of(owned_id("a-b", "c")), owner_of("a-b-c")] == ["a-b", ""]
    room = Room()
    assert "`bob.high` may not stand here" in room.set(id="bob.high").text
    assert not room.step.users.kept


def test_nobody_hears_by_a_command_what_another_waits_for() -> None:
    """A silence of all of X and a drill tell eve of the rulebook alone; ana hears of her own too."""
    room = Room()
    room.set()
    room.bind()
    room.price(11.0)
    wish = AddSilence(match={"target": "X"}, until=NOON + HOUR, reason="look")
    eve, ana = (room.ask(wish, by, dry_run=True) for by in ("eve", "ana"))
    assert (eve.matches, eve.matched, eve.firing) == (("file-rule|X",), 1, 1)
    assert (set(ana.matches), ana.matched, ana.firing) == ({"file-rule|X", "ana.high|X"}, 2, 2)
    drill = DrillAlert(rule="ana.high", key="")
    refused, sent = (room.ask(drill, by, dry_run=True) for by in ("eve", "ana"))
    assert (refused.accepted, refused.text) == (False, "no rule ana.high watches anything")
    assert sent.accepted


def test_a_set_rule_is_kept_in_the_same_commit_and_works_when_it_is_bound() -> None:
    """The answer, the cell and the state come together; the alert names its owner."""
    room = Room()
    room.price(11)
    reply = room.set()
    assert (reply.accepted, reply.made, room.step.users.stale) == (True, "ana.high", True)
    assert "rule|ana.high" in room.cells
    room.bind()
    assert not room.step.users.stale
    assert ("ana.high", "X", "firing") in states(room.all)


def test_binding_leaves_what_others_have_as_it_was() -> None:
    """A firing alert of the file keeps its `since`, and nothing is told again."""
    room = Room()
    room.price(11)
    room.price(11.5)
    before = room.cells["a|file-rule|X"]
    room.set()
    room.bind()
    assert room.cells["a|file-rule|X"] == before
    assert [name for name, *_ in states(room.all)].count("file-rule") == 1


def test_a_removed_rule_ends_aloud_and_its_cell_is_gone() -> None:
    """Who was told of the fire is told of the end; another user cannot do it."""
    room = Room()
    room.set()
    room.bind()
    room.price(11)
    assert not room.ask(RemoveRule(rule="high"), "bob").accepted
    reply = room.ask(RemoveRule(rule="high"))
    assert (reply.matches, "rule|ana.high" in room.cells) == (("ana.high|X",), False)
    room.bind()
    assert room.all[-1].reason is Reason.RULE_REMOVED
    assert room.all[-1].to_state is AlertState.RESOLVED


def test_a_removed_rule_that_is_quiet_takes_its_state_back_in_silence() -> None:
    """A sink that kept `resolved` of it must forget it (F03)."""
    room = Room()
    room.set()
    room.bind()
    room.ask(RemoveRule(rule="high"))
    last = room.all[-1]
    assert (last.name, last.reason, last.told) == ("ana.high|X", Reason.RULE_REMOVED, False)


def test_a_text_goes_on_and_a_level_ends_the_alert() -> None:
    """A rule that is set anew tells which alerts end by that."""
    room = Room()
    room.set()
    room.bind()
    room.price(11)
    assert room.set().text.startswith("set already: ana.high")
    assert room.set(summary="high").matches == ()
    assert room.set(above=9.0).matches == ("ana.high|X",)


def test_what_may_be_a_slip_is_told_of_the_own_rule_alone() -> None:
    """Of the rulebook a user's rule is no part: what that says of other rules is no news to him."""
    mutes = Inhibit(source={"rule": "file-rule"}, target={"target": "X"})
    desk = DeskBook(inhibit=(mutes,))
    room = Room(reviewer=replace(review(), desk=desk))
    assert "inhibit" not in room.set().text
    assert "rule `high` expired at 2020-01-06" in room.set(notify={"expires": "2020-01-05"}).text


def test_a_dry_run_changes_nothing() -> None:
    """It says what would be (J07)."""
    room = Room()
    reply = room.ask(SetRule(rule=dict(HIGH)), dry_run=True)
    assert reply.text.startswith("would set ana.high")
    assert (room.step.users.kept, room.step.users.stale) == ({}, False)
    room.set()
    assert room.ask(RemoveRule(rule="high"), dry_run=True).text == "would remove ana.high"
    assert list(room.step.users.kept) == ["ana.high"]


@pytest.mark.parametrize(
    ("fields", "text", "hint"),
    [
        ({"on": "ai_revenue_mix"}, "which is no metric and no instrument", "did you mean"),
        ({"abov": 3}, "unknown field `abov`", "did you mean `above`?"),
        ({"above": "ten"}, "expected `float | null`", ""),
        ({"above": 1.0, "recover": 2.0}, "recover", ""),
        ({**MIX, "companies": ["IREM"]}, "names company `IREM`", "known are"),
        ({"severity": "critical"}, "louder than warning", "HASHHEDGE_USER_RULES_LOUDEST"),
        ({"steps": [{"severity": "critical", "after": "1m"}]}, "louder than warning", ""),
        ({"id": "Ana"}, "id", ""),
        ({"id": "x" * 60}, "60 characters", "shorten it"),
        ({"summary": "x" * MAX_RULE_BYTES}, "bytes as JSON", "shorten its texts"),
        ({"notify": {"escalate": "night"}}, "night", ""),
    ],
)
def test_what_a_rulebook_would_be_refused_for_is_refused(
    fields: Mapping[str, object], text: str, hint: str
) -> None:
    """The words are those of `rules check`; nothing is kept."""
    room = Room()
    reply = room.ask(SetRule(rule={**HIGH, **fields}))
    assert not reply.accepted
    assert text in reply.text
    assert hint in reply.hint
    assert room.step.users.kept == {}


def test_who_runs_the_service_may_allow_critical_rules() -> None:
    """The setting decides, not the rule."""
    assert Room(UserLimits(loudest=Severity.CRITICAL)).set(severity="critical").accepted


def test_a_slip_is_kept_and_told() -> None:
    """25 of a ratio is 2,500 %."""
    reply = Room().ask(SetRule(rule={**MIX, "above": 25.0}))
    assert reply.accepted
    assert "did you mean 0.25?" in reply.text


def test_a_name_that_is_none_may_not_have_rules() -> None:
    """It would be part of topics and of ids."""
    assert "is no name of a user" in Room().set("Ana B").text


def test_limits_say_what_they_are_and_what_to_remove() -> None:
    """One of the user, one of all; a rule that is there may be changed at any rate."""
    room = Room(UserLimits(each=2, total=3))
    assert room.set(id="one").accepted
    assert room.set(id="two").accepted
    full = room.set(id="three")
    assert full.text == "ana has 2 rules, and a user may have 2"
    assert full.hint == "hashhedge rules remove --user ana one removes the oldest"
    assert room.set(id="one", above=12.0).accepted
    assert room.set("bob", id="one").accepted
    all_full = room.set("carl", id="one")
    assert all_full.text == "users have 3 rules, and may have 3 together"
    assert "HASHHEDGE_USER_RULES_TOTAL" in all_full.hint


def test_a_rule_whose_metric_is_gone_stops_nobody_and_comes_back_with_it() -> None:
    """It is kept and named with its reason; the others work (upgrade, and the way back)."""
    room = Room()
    room.set(id="mix", on="ai_revenue_mix_ratio", above=0.25)
    room.set()
    room.bind(review(without="ai_revenue_mix_ratio"))
    assert "which is no metric" in room.step.users.bench.broken["ana.mix"]
    assert sorted(room.step.users.kept) == ["ana.high", "ana.mix"]
    room.price(11)
    assert ("ana.high", "X", "firing") in states(room.all)
    room.bind(review())
    assert room.step.users.bench.broken == {}
