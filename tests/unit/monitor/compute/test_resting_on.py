"""What an expression rests on: every value that it reads, unless the others decide it."""

from __future__ import annotations

import pytest

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason
from alerts.rules.expression import ExpressionRule
from alerts.rules.written import rule_of
from tests.desks import HOUR, MINUTE, Room, book, notices
from tests.worlds import NOON, quote, threshold, tick

DEAD = book(feed_dead_after="1m")


def both(**fields: object) -> ExpressionRule:
    """Make a rule on X that reads Y as well."""
    base = {"type": "expression", "id": "both", "on": "X", "inputs": {"y": "Y"}}
    return rule_of({**base, "when": "value > 1 AND y > 1", **fields}, ExpressionRule)


def room_of(*rules: ExpressionRule, x: float = 2, y: float = 2) -> Room:
    """Return a room in which X is told for days and Y for a minute."""
    room = Room(rules, DEAD)
    lasting = quote("X", x, NOON, fresh_ms=24 * HOUR)
    room.take(tick(NOON, lasting, quote("Y", y, NOON, fresh_ms=MINUTE)))
    return room


def marks(room: Room) -> list[str]:
    """Return what mutes each alert that there may be."""
    telling = room.step.telling
    return [telling.mute_of(subject) for subject in telling.subjects()]


def test_a_dead_input_that_only_an_expression_reads_is_told_once() -> None:
    """It is told like one that a rule is on, with how many alerts rest on it, and how loud."""
    room = room_of(both(severity="critical"), both(id="other", **{"for": "1h"}))
    room.pass_to(NOON + HOUR)
    (root,) = [it for it in room.told if it.rule == "feed-dead"]
    assert (root.key, root.notice, root.severity) == ("Y", NoticeReason.NEW, Severity.CRITICAL)
    assert "2 alerts rest on it" in root.summary
    assert marks(room) == ["feed:Y", "feed:Y"]


def test_an_alert_counts_once_on_an_input_that_it_reads_twice() -> None:
    """On X and with X's change among its values it is one alert that rests on X."""
    rule = both(inputs={"y": "Y", "again": {"on": "X", "change": "1h"}, "y2": "Y"})
    assert room_of(rule).step.telling.dependents_of("X") == (1, Severity.WARNING)
    assert room_of(rule).step.telling.dependents_of("Y") == (1, Severity.WARNING)


def test_what_is_told_for_lack_of_data_is_told_of_the_input_alone() -> None:
    """A rule with `no_data: alert` adds no word to the notice of its dead input."""
    room = room_of(both(no_data="alert", no_data_after="5m"))
    room.pass_to(NOON + HOUR)
    assert notices(room.told) == [("both", "X", "new"), ("feed-dead", "Y", "new")]
    lost = [it for it in room.all if it.rule == "both"][-1]
    assert (lost.notice, lost.muted_by) == (NoticeReason.NO_DATA, "feed:Y")


@pytest.mark.parametrize(("x", "state"), [(2, AlertState.FIRING), (0.5, None)])
def test_what_the_known_values_decide_is_told_beside_a_dead_one(
    x: float, state: AlertState | None
) -> None:
    """`value > 1 OR y > 1` needs no `y` where the value is greater."""
    room = room_of(both(when="value > 1 OR y > 1"), x=0.5, y=0.5)
    room.pass_to(NOON + HOUR)
    assert marks(room) == ["feed:Y"]
    room.price(NOON + HOUR, x)
    fired = [it.to_state for it in room.told if it.rule == "both"]
    assert fired == ([state] if state else [])
    assert marks(room) == ["" if state else "feed:Y"]


def test_the_marks_go_when_the_input_is_back() -> None:
    """The notice ends, and nothing is held back any more."""
    room = room_of(both())
    room.pass_to(NOON + HOUR)
    room.price(NOON + HOUR, 3, "Y")
    assert notices(room.told)[-1] == ("feed-dead", "Y", "resolved")
    assert marks(room) == [""]


def test_the_marks_are_the_same_after_a_reload() -> None:
    """Whether the rest decides is found anew from the values, not remembered."""
    room = room_of(both(), both(id="either", when="value > 1 OR y > 1"))
    room.pass_to(NOON + HOUR)
    before = marks(room)
    room.reload()
    assert marks(room) == before == ["feed:Y", ""]


def test_an_input_that_no_expression_reads_any_more_is_over() -> None:
    """Its notice ends with the last rule that read it."""
    room = room_of(both())
    room.pass_to(NOON + HOUR)
    room.reload([threshold(on="X", above=10.0)])
    assert notices(room.told)[-1] == ("feed-dead", "Y", "resolved")
