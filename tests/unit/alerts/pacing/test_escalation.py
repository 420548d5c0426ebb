"""Who is told when nobody answers (row E26)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Severity
from alerts.pacing import escalation
from alerts.pacing.escalation import Escalation, EscalationRecord
from alerts.pacing.severities import is_higher

MINUTE = 60_000


def chain(*steps: tuple[str, str]) -> Escalation:
    """Return a chain of (after, inbox)."""
    return msgspec.convert(
        {"name": "desk", "steps": [{"after": after, "to": to} for after, to in steps]}, Escalation
    )


LEAD = chain(("5m", "lead"))
TWO = chain(("5m", "lead"), ("15m", "head"))


def run(config: Escalation, record: EscalationRecord, until: int) -> list[tuple[int, str]]:
    """Run the chain's timers; return who was told when."""
    told = []
    while (moment := escalation.due(config, record)) is not None and moment <= until:
        record, inbox = escalation.on_timer(config, record)
        told.append((moment, inbox))
    return told


def test_nobody_answers_for_five_minutes() -> None:
    """The second topic gets it at five minutes, once (row E26)."""
    started = escalation.start(Severity.WARNING, 0)
    assert run(LEAD, started, 5 * MINUTE - 1) == []
    assert run(LEAD, started, 500 * MINUTE) == [(5 * MINUTE, "lead")]


def test_an_answer_stops_the_chain() -> None:
    """Acknowledged after the first step, the second is not taken (row E26)."""
    record, _ = escalation.on_timer(TWO, escalation.start(Severity.WARNING, 0))
    assert escalation.due(TWO, record) == 15 * MINUTE
    assert escalation.due(TWO, escalation.on_acknowledged(record)) is None


def test_louder_opens_it_again() -> None:
    """What was answered as a warning begins anew as critical; a lower severity changes nothing."""
    answered = escalation.on_acknowledged(escalation.start(Severity.WARNING, 0))
    assert escalation.on_severity(answered, Severity.INFO, MINUTE) == answered
    again = escalation.on_severity(answered, Severity.CRITICAL, MINUTE)
    assert run(TWO, again, 500 * MINUTE) == [(6 * MINUTE, "lead"), (16 * MINUTE, "head")]


def test_who_was_told_is_remembered() -> None:
    """Whoever was told of it is told of its end, once each, also after it was opened again."""
    record, _ = escalation.on_timer(TWO, escalation.start(Severity.WARNING, 0))
    record = escalation.on_severity(record, Severity.CRITICAL, MINUTE)
    for _ in TWO.steps:
        record, _ = escalation.on_timer(TWO, record)
    assert record.told == ("lead", "head")


@given(
    st.lists(
        st.one_of(st.sampled_from([*Severity]), st.just("ack"), st.integers(0, 10 * MINUTE)),
        max_size=40,
    )
)
def test_each_step_once_for_each_opening(moves: list[Severity | str | int]) -> None:
    """No inbox hears twice between two openings, nobody hears after an answer, steps keep order."""
    now, record = 0, escalation.start(Severity.INFO, 0)
    told: list[str] = []
    for move in moves:
        if isinstance(move, int):
            now += move
            while (due := escalation.due(TWO, record)) is not None and due <= now:
                assert not record.stopped
                assert due == record.started_at + (5, 15)[record.step] * MINUTE
                record, inbox = escalation.on_timer(TWO, record)
                told.append(inbox)
        elif move == "ack":
            record = escalation.on_acknowledged(record)
        else:
            opened = escalation.on_severity(record, Severity(move), now)
            assert (opened != record) == is_higher(Severity(move), record.severity)
            told = told if opened == record else []
            record = opened
        assert told == ["lead", "head"][: len(told)]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "length >= 1"),
        ([{"after": "5m", "to": "a"}, {"after": "5m", "to": "b"}], "one after the other"),
        ([{"after": "0s", "to": "a"}], "longer than 0s"),
        ([{"after": "5m", "to": "desk/lead"}], "regex"),
    ],
)
def test_a_wrong_chain_says_what_is_right(steps: list[dict[str, str]], said: str) -> None:
    """No steps, steps out of order, without a wait or to no inbox are refused."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({"name": "desk", "steps": steps}, Escalation)
