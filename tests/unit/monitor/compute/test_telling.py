"""What is told, and what not, from a tick on: silences, acknowledgements, ends, extremes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.model import AlertState
from alerts.reasons import NoticeReason, Reason
from monitor.compute.saved import read_cells
from monitor.domain.commands import EndSilence, UnackAlert
from tests.desks import HOUR, MINUTE, Room, ack, notices, silence
from tests.worlds import NOON, owned, threshold

RULES = [threshold(on="X", above=10.0, recover=5.0)]
FIRE = ("r", "X", "new")
END = ("r", "X", "resolved")


def test_an_end_tells_how_long_and_how_far() -> None:
    """A resolve has the duration, the extremes of the episode and the value at its end (row E33)."""
    room = Room(RULES)
    for minute, value in enumerate((11, 40, 12, 10.5, 4)):
        room.price(NOON + minute * MINUTE, value)
    assert notices(room.told) == [FIRE, END]
    end = room.told[1]
    assert (end.duration_s, end.min, end.max, end.value) == (240.0, 4.0, 40.0, 4.0)


def test_extremes_count_from_the_first_moment_of_the_episode() -> None:
    """What was before it does not count, and what was while it waited does."""
    room = Room([threshold(on="X", above=10.0, **{"for": "2m"})])
    for minute, value in enumerate((1, 60, 20, 30, 25, 9)):
        room.price(NOON + minute * MINUTE, value)
    end = room.told[-1]
    assert (end.duration_s, end.min, end.max) == (240.0, 9.0, 60.0)


def test_extremes_survive_a_restart() -> None:
    """A new process knows how far the value went under the old one."""
    room = Room(RULES)
    room.price(NOON, 11)
    room.price(NOON + MINUTE, 70)
    room.reload()
    room.price(NOON + 2 * MINUTE, 4)
    assert (room.told[-1].min, room.told[-1].max) == (4.0, 70.0)


def test_an_end_is_told_only_to_whom_a_fire_was_told() -> None:
    """Fired and over while it was silenced: nothing is sent, and the trail says why."""
    room = Room(RULES)
    room.ask(NOON, silence(10, rule="r"))
    room.price(NOON + MINUTE, 11)
    room.price(NOON + 2 * MINUTE, 4)
    fire, end = (item for item in room.all if item.rule == "r")
    assert (fire.notice, end.notice) == (NoticeReason.NEW, NoticeReason.RESOLVED)
    assert fire.muted_by == end.muted_by == f"silence:{room.replies[0].made}"
    assert end.duration_s == 60.0
    assert room.told == []


def test_a_silence_that_ends_over_a_firing_alert_is_told() -> None:
    """Within one tick of its end, marked silence_expired, after the summary (row E22)."""
    room = Room(RULES)
    room.ask(NOON, silence(10, rule="r"))
    room.price(NOON + MINUTE, 11)
    room.price(NOON + 10 * MINUTE - 1, 15)
    reminder = room.told[-1]
    assert (reminder.notice, reminder.members) == (NoticeReason.REMINDER, ("r|X",))
    assert reminder.at == NOON + 9 * MINUTE
    room.price(NOON + 10 * MINUTE, 16)
    summary, again = room.told[1:]
    assert (summary.notice, summary.members) == (NoticeReason.SUMMARY, ("r|X",))
    assert (again.notice, again.reason) == (NoticeReason.SILENCE_EXPIRED, Reason.SILENCE_EXPIRED)
    assert (again.rule, again.to_state, again.at) == ("r", AlertState.FIRING, NOON + 10 * MINUTE)
    assert again.value == 15.0


@pytest.mark.parametrize(
    ("rule", "key", "fault", "hint"),
    [
        ("rr", "X", "there is no rule `rr`", "did you mean `r`?"),
        ("secret", "X", "there is no rule `secret`", "known are `r`"),
        ("r", "XX", "rule `r` is not about `XX`", "did you mean `X`?"),
        ("r", "X", "r does not fire for X", "see hashhedge alert list"),
        ("silence", "5f0c", "silence does not fire for 5f0c", "see hashhedge alert list"),
    ],
)
def test_an_acknowledgement_of_what_is_not_there_names_the_near_one(
    rule: str, key: str, fault: str, hint: str
) -> None:
    """A misspelt rule is told from one that is quiet; the near one is none of another's own (J10)."""
    room = Room([RULES[0], owned(threshold(id="secret", on="X", above=10.0, recover=5.0))])
    answer = room.ask(NOON, ack(rule, key))
    assert (answer.accepted, answer.text, answer.hint) == (False, fault, hint)


def test_a_silence_names_nobodys_own_rules_to_the_others() -> None:
    """Neither in its notices nor in the answer to whoever asked for it; the owner's go to him (I12)."""
    own = owned(threshold(id="secret", on="X", above=10.0, recover=5.0))
    room = Room([*RULES, own])
    answer = room.ask(NOON, silence(10, key="X"))
    assert (answer.matched, answer.matches) == (1, ("r|X",))
    mine = room.ask(NOON, silence(5, rule="ana.secret"), by="ana")
    assert (mine.matched, mine.matches) == (1, ("ana.secret|X",))
    room.price(NOON + MINUTE, 11)
    room.price(NOON + 10 * MINUTE, 11)
    news = [item for item in room.all if item.rule == "silence"]
    shared = [item for item in news if not item.inbox]
    assert [item.members for item in shared] == [(), ("r|X",), ("r|X",)]
    assert shared[-1].summary.endswith("it hid 2 notices of 2 alerts: r|X")
    assert not [item for item in shared if "secret" in item.summary]
    assert {item.inbox for item in news if "secret" in item.summary} == {"ana"}


def test_a_silence_over_what_was_told_is_told_again_at_its_end() -> None:
    """Who was told, and put it off by a silence, hears of it when the silence is over."""
    room = Room(RULES)
    room.price(NOON, 11)
    room.ask(NOON + MINUTE, silence(10, company="HIVE"))
    room.ask(NOON + MINUTE, silence(10, target="X"))
    room.pass_to(NOON + HOUR)
    assert notices(item for item in room.told if item.rule == "r") == [
        FIRE,
        ("r", "X", "silence_expired"),
    ]


def test_an_end_under_a_silence_is_told_when_the_silence_is_over() -> None:
    """Whoever was told of the fire is told of the end, later."""
    room = Room(RULES)
    room.price(NOON, 11)
    room.ask(NOON + MINUTE, silence(10, severity="warning"))
    room.price(NOON + 2 * MINUTE, 4)
    assert notices(room.told) == [FIRE]
    room.pass_to(NOON + HOUR)
    late = room.told[-1]
    assert notices([late]) == [END]
    assert (late.at, late.max, late.duration_s) == (NOON + 10 * MINUTE, 11.0, 120.0)


def test_a_silence_ended_early_lets_speak_at_once() -> None:
    """Ending it is as its end."""
    room = Room(RULES)
    made = room.ask(NOON, silence(60, rule="r")).made
    room.price(NOON + MINUTE, 11)
    reply = room.ask(NOON + 2 * MINUTE, EndSilence(silence=made))
    assert (reply.accepted, reply.firing) == (True, 1)
    assert notices(room.told) == [("silence", made, "summary"), ("r", "X", "silence_expired")]


def test_another_silence_goes_on_hiding() -> None:
    """Of two silences on one alert the later end counts."""
    room = Room(RULES)
    room.ask(NOON, silence(10, rule="r"))
    room.ask(NOON, silence(30, key="X"))
    room.price(NOON + MINUTE, 11)
    room.pass_to(NOON + 20 * MINUTE)
    assert [it for it in room.told if it.rule == "r"] == []
    room.pass_to(NOON + 40 * MINUTE)
    assert notices(it for it in room.told if it.rule == "r") == [("r", "X", "silence_expired")]


def test_a_dry_run_tells_what_would_match_and_changes_nothing() -> None:
    """The answer names the alerts, firing ones first, and the state is as before (E21, J07)."""
    room = Room([*RULES, threshold(id="other", on="X", above=99.0)])
    room.price(NOON, 11)
    before = dict(room.cells)
    reply = room.ask(NOON, silence(10, target="X"), dry_run=True)
    assert (reply.accepted, reply.dry_run, reply.made) == (True, True, "")
    assert (reply.matches, reply.matched, reply.firing) == (("r|X", "other|X"), 2, 1)
    assert room.cells == before
    assert len(room.all) == 1


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"rule": "oter"}, "no alert has rule=oter; did you mean `other`?"),
        ({"target": "x"}, "no alert has target=x; known are `X`"),
        ({"rule": "other", "severity": "critical"}, "no alert has severity=critical; "),
    ],
)
def test_a_silence_that_hides_nothing_says_so(match: dict[str, str], why: str) -> None:
    """A slip of the pen would leave its writer with alerts that he thinks are quiet (row E21)."""
    room = Room([*RULES, threshold(id="other", on="X", above=99.0)])
    for dry_run in (True, False):
        reply = room.ask(NOON, silence(10, **match), dry_run=dry_run)
        assert reply.accepted
        assert f"it hides nothing by now: {why}" in reply.text
    assert "hides nothing" not in room.ask(NOON, silence(10, rule="other")).text
    assert "hides nothing" not in room.ask(NOON, silence(10, rule="feed-dead")).text


@pytest.mark.parametrize("match", [{}, {"colour": "red"}, {"severity": "loud"}])
def test_a_matcher_that_cannot_be_meant_is_refused(match: dict[str, str]) -> None:
    """Nothing named, an unknown field, an unknown severity."""
    room = Room(RULES)
    reply = room.ask(NOON, silence(10, **match))
    assert not reply.accepted
    assert reply.text


@pytest.mark.parametrize("minutes", [0, -5, 367 * 24 * 60])
def test_a_silence_has_an_end_in_sight(minutes: float) -> None:
    """One that is over already, or lasts longer than a year, is refused (row E20)."""
    assert not Room(RULES).ask(NOON, silence(minutes, rule="r")).accepted


def test_a_command_sent_twice_is_done_once() -> None:
    """An asker who did not hear the answer may ask again under the same id."""
    room = Room(RULES)
    first = room.ask(NOON, silence(10, rule="r"))
    room._asked = 0
    second = room.ask(NOON + MINUTE, silence(10, rule="r"))
    assert first.made == second.made
    assert second.accepted
    assert len(room.step.telling.desk.ledger.silences) == 1


def test_an_acknowledged_alert_says_who_until_it_resolves() -> None:
    """Silent until clear, then the next fire notifies; its mark is gone at the end (E24, E25)."""
    room = Room(RULES)
    room.price(NOON, 11)
    assert room.ask(NOON + MINUTE, ack()).accepted
    mark = room.all[-1]
    assert (mark.reason, mark.told, mark.to_state) == (
        Reason.ACKNOWLEDGED,
        False,
        AlertState.FIRING,
    )
    assert mark.ack is not None
    assert (mark.ack.by, mark.ack.note, mark.ack.at) == ("anna", "mine", NOON + MINUTE)
    room.reload()
    room.price(NOON + 2 * MINUTE, 4)
    room.price(NOON + 3 * MINUTE, 12)
    assert notices(room.told) == [FIRE, END, FIRE]
    assert room.told[1].ack is room.told[2].ack is None


def test_an_acknowledgement_of_one_episode_is_none_of_the_next() -> None:
    """Whoever names the beginning of an episode has not seen a later fire."""
    room = Room(RULES)
    room.price(NOON, 11)
    first = room.all[-1].since
    assert room.ask(NOON, replace(ack(), since=first), dry_run=True).accepted
    room.price(NOON + MINUTE, 4)
    room.price(NOON + 2 * MINUTE, 12)
    reply = room.ask(NOON + 3 * MINUTE, replace(ack(), since=first))
    assert not reply.accepted
    assert "fires anew" in reply.text
    assert room.all[-1].ack is None
    newest = room.all[-1].since
    assert newest != first
    assert room.ask(NOON + 3 * MINUTE, replace(ack(), since=newest)).accepted


def test_a_snooze_rings_again() -> None:
    """Put off for 30 minutes it is told then, once, if it fires still (row E24)."""
    room = Room(RULES)
    room.price(NOON, 11)
    room.ask(NOON, ack(until=NOON + 30 * MINUTE))
    room.pass_to(NOON + 2 * HOUR)
    assert notices(room.told) == [FIRE, ("r", "X", "ack_expired")]
    assert room.told[1].at == NOON + 30 * MINUTE
    assert room.told[1].ack is None


def test_an_alert_given_back_rings_again() -> None:
    """Nobody has it any more."""
    room = Room(RULES)
    room.price(NOON, 11)
    room.ask(NOON, ack())
    assert room.ask(NOON + MINUTE, UnackAlert(rule="r", key="X")).accepted
    assert notices(room.told) == [FIRE, ("r", "X", "ack_expired")]
    assert not room.ask(NOON + 2 * MINUTE, UnackAlert(rule="r", key="X")).accepted


def test_an_alert_that_fired_before_there_was_a_desk_was_told() -> None:
    """Its end is told after the upgrade, without extremes that nobody saw, and it can be taken on."""
    room = Room(RULES)
    room.price(NOON, 11)
    fresh = Room(RULES)
    fresh.step.take()
    fresh.cells = {n: body for n, body in room.cells.items() if n[:2] not in {"t|", "e|"}}
    fresh.step.restore(read_cells(fresh.cells))
    assert fresh.ask(NOON + MINUTE, ack()).accepted
    fresh.price(NOON + 2 * MINUTE, 4)
    assert notices(fresh.told) == [END]
    assert (fresh.told[0].duration_s, fresh.told[0].max) == (120.0, None)
