"""What a signed body means as a command, and what is said of one that means none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import MINUTE
from monitor.domain.commands import (
    VERBS,
    AckAlert,
    Action,
    AddMaintenance,
    AddSilence,
    DrillAlert,
    EndMaintenance,
    EndSilence,
    Place,
    ReloadBooks,
    RemoveRule,
    SetRule,
    UnackAlert,
)
from monitor.domain.questions import AskHistory
from monitor.store.commands import decode_command, encode_command
from monitor.web.inbound import MalformedBodyError
from monitor.web.wishes import Asked, Wondered, read_command
from tests.worlds import NOON

LATER = NOON + 10 * MINUTE
DATE = "2030-01-01T00:00Z"
DATE_MS = 1_893_456_000_000
ALERT = {"rule": "r", "key": "X"}


def read(said: bytes, user: str, now: int) -> Asked:
    """Return the command of a body."""
    found = read_command(said, user, now)
    assert isinstance(found, Asked)
    return found


def body(verb: str, wish: object, **more: object) -> bytes:
    """Return a body."""
    return json.dumps({"id": "1", "verb": verb, "wish": wish, **more}).encode()


OWN_RULE = {"type": "threshold", "id": "r", "on": "X", "above": 1.0}


@pytest.mark.parametrize(
    ("verb", "wish", "expected"),
    [
        ("alert.ack", ALERT, AckAlert(rule="r", key="X")),
        ("alert.ack", {**ALERT, "until": "resolved"}, AckAlert(rule="r", key="X")),
        ("alert.ack", {**ALERT, "until": None}, AckAlert(rule="r", key="X")),
        ("alert.ack", {**ALERT, "for": "10m"}, AckAlert(rule="r", key="X", until=LATER)),
        ("alert.ack", {**ALERT, "until": DATE}, AckAlert(rule="r", key="X", until=DATE_MS)),
        ("alert.ack", {**ALERT, "until": 5}, AckAlert(rule="r", key="X", until=5)),
        ("alert.ack", {**ALERT, "since": DATE}, AckAlert(rule="r", key="X", since=DATE_MS)),
        ("alert.ack", {**ALERT, "since": 5}, AckAlert(rule="r", key="X", since=5)),
        ("alert.unack", ALERT, UnackAlert(rule="r", key="X")),
        ("alert.drill", {"rule": "r"}, DrillAlert(rule="r")),
        ("rules.reload", {}, ReloadBooks()),
        ("rule.set", {"rule": OWN_RULE}, SetRule(rule=OWN_RULE)),
        ("rule.remove", {"rule": "r"}, RemoveRule(rule="r")),
        ("silence.end", {"silence": "a"}, EndSilence(silence="a")),
        ("maintenance.end", {"window": "a"}, EndMaintenance(window="a")),
        (
            "silence.add",
            {"match": {"company": "HIVE"}, "for": "10m", "reason": "* moves +"},
            AddSilence(match={"company": "HIVE"}, until=LATER, reason="* moves +"),
        ),
        (
            "maintenance.add",
            {"feed": "luxor", "begin": DATE, "for": "10m", "reason": "works"},
            AddMaintenance(
                place=Place.FEED,
                feed="luxor",
                begin=DATE_MS,
                until=DATE_MS + 10 * MINUTE,
                reason="works",
            ),
        ),
        (
            "maintenance.add",
            {"place": "broker", "until": LATER, "reason": "works"},
            AddMaintenance(place=Place.BROKER, feed="", begin=NOON, until=LATER, reason="works"),
        ),
    ],
)
def test_each_verb_can_be_asked_for(verb: str, wish: dict[str, Any], expected: Action) -> None:
    """With moments as dates, spans or milliseconds; it comes out of the stream as it went in."""
    asked = read(body(verb, wish, dry_run=True), "anna", NOON)
    assert asked.command.action == expected
    assert (asked.command.id, asked.command.by, asked.command.dry_run) == ("anna:1", "anna", True)
    assert decode_command(encode_command(asked.command)) == asked.command


def test_every_verb_is_tried() -> None:
    """A verb that is added is tried here as well."""
    marks = test_each_verb_can_be_asked_for.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(VERBS)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"\xff", "byte 0 is no UTF-8"),
        (b"[]", "no object of id, verb, wish"),
        (b"[" * 8_000, "the body"),
        (body("alert.ack", ALERT, id=""), "id: 1 to 64"),
        (body("alert.ack", ALERT, id="a|b"), "id: 1 to 64"),
        (body("alert.ack", ALERT, more=1), "unknown field `more`"),
        (body("alert.akc", ALERT), "verb: no 'alert.akc'; did you mean alert.ack?"),
        (body("dance", {}), "there are silence.add"),
        (body("alert.ack", {**ALERT, "notes": ""}), "no 'notes'; did you mean note?"),
        (body("rules.reload", {"for": "1m"}), "no 'for'; there are none"),
        (body("alert.ack", {"rule": "r"}), "wish.key: alert.ack needs it"),
        (body("silence.add", {"match": {}, "reason": "x"}), "wish.until: silence.add needs it (or"),
        (body("alert.ack", {**ALERT, "for": "1m", "until": 5}), "keep one of the two"),
        (body("alert.ack", {**ALERT, "for": "soon"}), "wish.for: 'soon' is no duration"),
        (body("alert.ack", {**ALERT, "for": 10}), "wish.for: '10' is no duration"),
        (body("alert.ack", {**ALERT, "until": "soon"}), 'wish.until: a date as "2026-'),
        (body("alert.ack", {**ALERT, "until": True}), "wish.until: a date"),
        (body("alert.ack", {**ALERT, "since": "then"}), "wish.since: a date"),
        (body("alert.ack", {**ALERT, "since": -1}), "no moment"),
        (body("alert.ack", {**ALERT, "until": 10**17}), "no moment"),
        (body("alert.ack", {**ALERT, "until": 10**40}), "wish"),
        (body("silence.add", {"match": 1, "reason": "x", "for": "1m"}), "wish.match: Expected"),
        (body("alert.ack", {"rule": "#", "key": "X"}), "wish.rule: a name as it is"),
        (body("alert.ack", {"rule": "r", "key": "+"}), "wish.key: a name as it is"),
        (
            body("silence.add", {"match": {"company": "*"}, "reason": "x", "for": "1m"}),
            "wish.match.company: a name as it is",
        ),
        (body("alert.ack", {**ALERT, "note": "a\nb"}), "wish.note: printable"),
        (body("alert.ack", {**ALERT, "note": "x" * 501}), "note: at most 500"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(said: bytes, expected: str) -> None:
    """What, where and how to mend it."""
    with pytest.raises(MalformedBodyError) as caught:
        read_command(said, "anna", NOON)
    assert expected in str(caught.value)


def test_the_same_words_are_the_same_wish_at_any_time() -> None:
    """Sent again later, a span has another end and is still what was said before."""
    said = body("alert.ack", {**ALERT, "for": "10m"})
    turned = body("alert.ack", {"for": "10m", "key": "X", "rule": "r"})
    first, later = read(said, "anna", NOON), read(turned, "anna", NOON + MINUTE)
    assert first.said == later.said
    assert first.command != later.command
    assert first.said != read(body("alert.ack", ALERT), "anna", NOON).said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["rule", "key", "for", "until", "since", "begin", "match", "reason", "place"]
)


@given(st.sampled_from(sorted(VERBS)), st.dictionaries(NAMES | st.text(), JSON, max_size=5))
def test_whatever_is_wished_is_a_command_or_a_reason(verb: str, wish: dict[str, Any]) -> None:
    """No other exception, and what is a command comes out of the stream as it went in."""
    try:
        asked = read(body(verb, wish), "anna", NOON)
    except MalformedBodyError:
        return
    assert decode_command(encode_command(asked.command)) == asked.command


@pytest.mark.parametrize(
    ("wish", "count"),
    [({}, 20), ({"count": 5, "rule": "x"}, 5), ({"count": "100", "mine": "true"}, 100)],
)
def test_a_question_changes_nothing(wish: dict[str, Any], count: int) -> None:
    """It is no command, so it has no place among the prices; its fields are bounded."""
    found = read_command(body("history", wish), "anna", NOON)
    assert isinstance(found, Wondered)
    assert isinstance(found.question, AskHistory)
    assert (found.question.count, found.verb) == (count, "history")


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"count": 101}, "wish.count"),
        ({"count": 0}, "wish.count"),
        ({"rules": "x"}, "did you mean rule?"),
        ({"rule": "#"}, "wish.rule"),
        ({"rule": "x" * 101}, "wish.rule"),
    ],
)
def test_a_question_out_of_bounds_is_refused(wish: dict[str, Any], why: str) -> None:
    """Named by its field, as a command is."""
    with pytest.raises(MalformedBodyError, match=re.escape(why)):
        read_command(body("history", wish), "anna", NOON)
