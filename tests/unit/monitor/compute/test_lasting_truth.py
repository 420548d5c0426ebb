"""What people last heard of an alert stays true: over reloads, caps, groups, pauses and gaps."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.desk.book import DeskBook
from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason
from alerts.rules.base import Rule
from alerts.rules.close import CloseRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from tests.desks import HOUR, MINUTE, Room, book, notices
from tests.worlds import NOON, quote, threshold, tick

TEA = {"name": "tea", "from": "12:05", "to": "12:35"}
CAP = {"caps": [{"name": "c", "limit": 1, "window": "3m"}]}
PACES: list[dict[str, Any]] = [
    {"repeat": {"first": "3m"}},
    {"cooldown": "10m"},
    {"flap": {}},
    {"trigger": "once"},
]


def made(**fields: Any) -> ThresholdRule:
    """Make a rule that fires above 2."""
    return threshold(id="r", on="X", above=2.0, **fields)


def room(*rules: Rule, books: DeskBook | None = None) -> Room:
    """Return a room in which X and Y stand at 1."""
    at = Room(list(rules), book() if books is None else books)
    at.price(NOON, 1)
    at.price(NOON, 1, "Y")
    return at


def last_line(told: list[Transition]) -> tuple[str, AlertState]:
    """Return what the last summary says of its only alert."""
    summary = [it for it in told if it.notice is NoticeReason.OVERFLOW][-1]
    (line,) = summary.lines
    return line.key, line.state


@pytest.mark.parametrize("pace", PACES)
def test_the_end_is_told_though_a_reload_gave_the_rule_a_pace(pace: dict[str, Any]) -> None:
    """The fire was told, and its end and a second fire fell into a quiet time."""
    at = room(made(), books=book(quiet=[TEA]))
    at.price(NOON + MINUTE, 3)
    at.reload([made(notify=pace)])
    at.price(NOON + 8 * MINUTE, 1)
    at.price(NOON + 17 * MINUTE, 3)
    at.price(NOON + 18 * MINUTE, 1)
    at.pass_to(NOON + 3 * HOUR)
    assert [it.to_state for it in at.told] == [AlertState.FIRING, AlertState.RESOLVED]


def test_a_summary_of_a_cap_that_is_gone_says_how_things_stand() -> None:
    """A repeat waits in it; the alert ends, and that is told, since nothing caps it any more."""
    at = room(made(notify={"repeat": {"first": "1m", "most": "1m"}}), books=book(pace=CAP))
    at.price(NOON + MINUTE, 3)
    at.pass_to(NOON + 2 * MINUTE + 10_000)
    at.reload(book=book())
    at.price(NOON + 2 * MINUTE + 30_000, 1)
    at.pass_to(NOON + HOUR)
    assert last_line(at.told) == ("X", AlertState.RESOLVED)


def test_an_end_in_a_summary_is_no_last_word_on_what_fires_again() -> None:
    """The end is held by the cap, the next fire by the pause: who knows of the first is right."""
    at = room(made(notify={"cooldown": "20m"}), books=book(pace=CAP))
    at.price(NOON + 2 * MINUTE, 3)
    at.price(NOON + 150_000, 1)
    at.price(NOON + 151_000, 3)
    at.pass_to(NOON + HOUR)
    assert notices(at.told) == [("r", "X", "new")]
    at.price(NOON + HOUR, 1)
    assert notices(at.told)[1:] == [("r", "X", "resolved")]


def test_a_repeat_that_waited_in_a_group_is_not_told_beside_what_came_after() -> None:
    """At the flush the alert is over: that it fired still a minute before is no news."""
    groups = {"groups": [{"name": "g", "by": []}]}
    at = room(
        made(notify={"group": "g", "repeat": {"first": "1m", "most": "1m"}}),
        books=book(pace=groups),
    )
    at.price(NOON + 3 * MINUTE, 3)
    at.price(NOON + 5 * MINUTE + 30_000, 1)
    at.pass_to(NOON + HOUR)
    assert notices(at.told) == [("r", "X", "new"), ("r", "X", "resolved")]


def test_the_end_of_a_fire_that_a_pause_held_is_not_told_after_a_quiet_time() -> None:
    """The pause was over before the quiet time: what it held is remembered to the end."""
    tea = {"name": "t", "from": "12:03", "to": "12:35"}
    at = room(made(notify={"cooldown": "5m"}), books=book(quiet=[tea]))
    for second, value in ((60, 3), (90, 1), (120, 3), (240, 1)):
        at.price(NOON + second * 1_000, value)
    at.pass_to(NOON + HOUR)
    assert notices(at.told) == [("r", "X", "new"), ("r", "X", "resolved")]


LOUDER = [{"severity": "critical", "after": "10m"}]


def test_what_was_recovering_when_its_value_was_lost_recovers_when_it_is_back() -> None:
    """It comes back between the level and the recovery level, which fires nothing."""
    at = room(made(recover=1.5, keep_firing_for="30m", steps=LOUDER))
    at.price(NOON + MINUTE, 3)
    at.price(NOON + 2 * MINUTE, 1, fresh_ms=MINUTE)
    at.price(NOON + 20 * MINUTE, 1.8)
    assert at.all[-1].to_state is AlertState.RECOVERING
    at.pass_to(NOON + 2 * HOUR)
    assert notices(at.told) == [("r", "X", "new"), ("r", "X", "resolved")]
    assert {it.severity.value for it in at.told} == {"warning"}


def test_one_harmless_value_after_a_gap_is_a_dip_like_any_other() -> None:
    """`keep_firing_for` keeps it firing over it: no end, and no second fire."""
    at = room(made(keep_firing_for="1h"))
    at.price(NOON + MINUTE, 3, fresh_ms=MINUTE)
    at.price(NOON + 20 * MINUTE, 1.9)
    at.price(NOON + 20 * MINUTE + 1, 3)
    assert notices(at.told) == [("r", "X", "new")]


def test_steps_count_from_the_fire_through_dips_and_gaps() -> None:
    """Each dip is shorter than `keep_firing_for`; a gap of data is none of the alert's doing."""
    at = room(made(steps=LOUDER, keep_firing_for="5m"))
    for minute in range(1, 12):
        at.price(NOON + minute * MINUTE, 1 if minute == 9 else 3)
    assert [it.severity.value for it in at.told] == ["warning", "critical"]
    assert at.told[-1].at == NOON + 11 * MINUTE
    gap = room(made(steps=LOUDER, no_data_after="1m"))
    gap.price(NOON + MINUTE, 3, fresh_ms=4 * MINUTE)
    gap.price(NOON + 8 * MINUTE, 3)
    gap.pass_to(NOON + HOUR)
    assert [it.at - NOON for it in gap.told] == [MINUTE, 11 * MINUTE]


def test_a_fire_that_was_quieter_and_lost_counts_its_steps_from_its_return() -> None:
    """A dip after that is like any other: ten minutes from the return it is critical again."""
    at = room(
        made(steps=LOUDER, keep_firing_for="1h", step_down_after="1m", no_data_after="2m"),
    )
    for minute in range(1, 13):
        at.price(NOON + minute * MINUTE, 3)
    for minute in (13, 14, 15):
        at.price(NOON + minute * MINUTE, 1, fresh_ms=MINUTE)
    for minute in range(30, 45):
        at.price(NOON + minute * MINUTE, 1 if minute == 33 else 3)
    grew = [it.at - NOON for it in at.told if it.severity.value == "critical"]
    assert grew == [11 * MINUTE, 40 * MINUTE]


def test_no_change_is_dated_before_the_one_before_it() -> None:
    """Two steps fell due in a gap: both are of the moment in which the value is back."""
    steps = [{"severity": "warning", "after": "5m"}, {"severity": "critical", "after": "10m"}]
    at = room(made(severity="info", steps=steps))
    at.price(NOON + MINUTE, 3, fresh_ms=MINUTE)
    at.price(NOON + 13 * MINUTE, 3)
    at.pass_to(NOON + HOUR)
    assert [it.severity.value for it in at.told] == ["info", "warning", "critical"]
    assert [it.at for it in at.all] == sorted(it.at for it in at.all)


def test_an_episode_begins_when_it_fires_and_not_when_its_value_was_lost() -> None:
    """Twenty hours without data, then a fire of a minute."""
    at = room(made(no_data="alert", no_data_after="1d"))
    at.price(NOON + 1, 1, fresh_ms=MINUTE)
    at.price(NOON + 20 * HOUR, 3)
    at.price(NOON + 20 * HOUR + MINUTE, 1.8)
    end = at.told[-1]
    assert (end.to_state, end.duration_s, end.min) == (AlertState.RESOLVED, 60.0, 1.8)
    ids = [it.id for it in at.all]
    assert len(ids) == len(set(ids))


def test_the_close_of_a_bar_stands_until_another_bar_has_closed() -> None:
    """No sample for a night: a share's last close of yesterday is known this morning."""
    rule = {"type": "close", "id": "r", "on": "X", "below": 10, "bar": "1h", "no_data": "ok"}
    at = Room([rule_of(rule, CloseRule)])
    for minute in range(0, 240, 10):
        at.price(NOON + minute * MINUTE, 9)
    at.reload()
    for minute in range(60):
        at.price(NOON + 20 * HOUR + minute * MINUTE, 9)
    at.reload()
    at.pass_to(NOON + 23 * HOUR)
    assert notices(at.told) == [("r", "X", "new")]
    at.price(NOON + 23 * HOUR, 11)
    at.pass_to(NOON + 25 * HOUR)
    assert notices(at.told)[1:] == [("r", "X", "resolved")]


def test_the_greatest_value_of_an_alert_is_its_own_beside_a_rule_that_tells_lost_data() -> None:
    """That one's episode began with a value that was stale by then, and was no extreme of any."""
    alone = [made()]
    both = [*alone, threshold(id="lost", on="X", below=-99.0, no_data="alert")]
    ends = []
    for rules in (alone, both):
        at = room(*rules)
        at.price(NOON + MINUTE, 3)
        at.take(tick(NOON + 8 * MINUTE, quote("X", 5, NOON + 2 * MINUTE, fresh_ms=MINUTE)))
        for minute, value in ((9, 5), (10, 1)):
            at.price(NOON + minute * MINUTE, value)
        ends.append(next(it for it in at.told if it.to_state is AlertState.RESOLVED))
    assert [(it.min, it.max) for it in ends] == [(1.0, 5.0), (1.0, 5.0)]
