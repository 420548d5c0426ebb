"""Every fire, the first, or one a session, and the day on which a rule is over (row E07)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.pacing import trigger
from alerts.pacing.trigger import Trigger, TriggerRecord, expiry_ms

MONDAY, TUESDAY = 1_000, 2_000


def told(kind: Trigger, sessions: list[int]) -> list[int]:
    """Fire in each of the sessions; return those that were told."""
    record: TriggerRecord | None = None
    found = []
    for session in sessions:
        if not trigger.holds(kind, record, session):
            record = trigger.on_told(kind, session)
            found.append(session)
    return found


def test_once_per_session() -> None:
    """Five crossings in a day send one; the next session one more (row E07)."""
    assert told(Trigger.ONCE_PER_SESSION, [MONDAY] * 5 + [TUESDAY] * 3) == [MONDAY, TUESDAY]


def test_once_and_every() -> None:
    """Once is once for ever, every is all of them."""
    assert told(Trigger.ONCE, [MONDAY] * 5 + [TUESDAY]) == [MONDAY]
    assert told(Trigger.EVERY, [MONDAY, MONDAY, TUESDAY]) == [MONDAY, MONDAY, TUESDAY]


@given(st.lists(st.integers(0, 9)).map(sorted))
def test_each_session_has_its_turn(sessions: list[int]) -> None:
    """As many notices as there were sessions with a fire."""
    assert told(Trigger.ONCE_PER_SESSION, sessions) == sorted(set(sessions))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T21:00:00Z", datetime(2026, 12, 31, 21, tzinfo=UTC)),
        ("2026-07-01T16:00:00-04:00", datetime(2026, 7, 1, 20, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_rule(text: str, moment: datetime) -> None:
    """A date is over with its day, a moment when it is there."""
    assert expiry_ms(text) == int(moment.timestamp() * 1_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-30", "write 2026-12-31 or"),
        ("tomorrow", "write 2026-12-31 or"),
        ("9999-12-31", "write 2026-12-31 or"),
        ("2026-12-31T21:00:00", "names no time zone"),
    ],
)
def test_no_moment_says_how_to_write_one(text: str, said: str) -> None:
    """A day that does not exist and a moment without a zone are refused."""
    with pytest.raises(ValueError, match=said):
        expiry_ms(text)
