"""The pause between two fire notices: what it holds, what passes, what it owes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Severity
from alerts.pacing import cooldown
from alerts.pacing.cooldown import CooldownRecord
from alerts.pacing.severities import is_higher

PAUSE = 600_000


def test_the_pause_is_from_notice_to_notice() -> None:
    """A fire a millisecond before its end is held, at its end it is told."""
    told = cooldown.on_told(Severity.WARNING, 1_000)
    assert cooldown.holds(PAUSE, told, Severity.WARNING, 1_000 + PAUSE - 1)
    assert not cooldown.holds(PAUSE, told, Severity.WARNING, 1_000 + PAUSE)
    assert cooldown.due(PAUSE, told) == 1_000 + PAUSE


def test_the_first_is_told() -> None:
    """Without a notice before it there is no pause."""
    assert not cooldown.holds(PAUSE, None, Severity.INFO, 0)


def test_louder_passes() -> None:
    """A higher severity is told in the pause, the same and a lower one are not."""
    told = cooldown.on_told(Severity.WARNING, 0)
    held = {s: cooldown.holds(PAUSE, told, s, 1) for s in Severity}
    assert held == {Severity.CRITICAL: False, Severity.WARNING: True, Severity.INFO: True}


def test_what_is_held_is_owed() -> None:
    """A held fire is remembered, and the pause is no longer for it."""
    told = cooldown.on_told(Severity.WARNING, 0)
    held = cooldown.on_held(told)
    assert (told.owed, held.owed) == (False, True)
    assert cooldown.due(PAUSE, held) == cooldown.due(PAUSE, told)


@given(st.lists(st.tuples(st.integers(0, PAUSE), st.sampled_from(list(Severity))), max_size=60))
def test_two_notices_keep_their_distance(fires: list[tuple[int, Severity]]) -> None:
    """Of two fire notices in a row the second comes after the pause or is louder."""
    record: CooldownRecord | None = None
    told: list[tuple[int, Severity]] = []
    now = 0
    for gap, severity in fires:
        now += gap
        if not cooldown.holds(PAUSE, record, severity, now):
            record = cooldown.on_told(severity, now)
            told.append((now, severity))
    for (before, quieter), (after, louder) in pairwise(told):
        assert after - before >= PAUSE or is_higher(louder, quieter)
