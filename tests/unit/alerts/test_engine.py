"""The alert's life: a table of transitions, and what holds for every history."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import engine
from alerts.engine import KEEP_WITHOUT_DATA_MS, AlertRecord, Outcome
from alerts.model import AlertState, Reason
from alerts.rules.threshold import ThresholdRule

MINUTE = 60_000


def rule(**fields: object) -> ThresholdRule:
    """Make a rule as the rulebook would."""
    return msgspec.convert(
        {"type": "threshold", "id": "r", "on": "BTC-USD"} | fields, ThresholdRule
    )


LEVEL = rule(above=80.0, recover=75.0)
PATIENT = rule(above=80.0, recover=75.0, **{"for": "5m"})


def test_hysteresis_in_both_directions() -> None:
    """Fire at 80, clear at 75: 81, 79, 76, 74 gives fire, none, none, clear (row E05)."""
    record: AlertRecord | None = None
    seen = []
    for at, value in enumerate((81.0, 79.0, 76.0, 74.0)):
        outcome = engine.on_reading(LEVEL, record, value, at)
        record = outcome.record
        seen.append(outcome.after if outcome.changed else None)
    assert seen == [AlertState.FIRING, None, None, AlertState.RESOLVED]
    assert record is None


def test_for_fires_at_its_exact_time() -> None:
    """A condition held for 5 minutes fires 5 minutes after it began, whoever comes when."""
    pending = engine.on_reading(PATIENT, None, 81.0, 1_000).record
    assert pending is not None
    assert pending.due == 1_000 + 5 * MINUTE
    fired = engine.on_timer(pending)
    assert (fired.before, fired.after, fired.reason) == (
        AlertState.PENDING,
        AlertState.FIRING,
        Reason.HELD_FOR,
    )
    assert (fired.since, fired.number) == (1_000, 2)


def test_a_wait_that_breaks_off_goes_back_quietly() -> None:
    """Pending that turns false is inactive again and was never a fire."""
    pending = engine.on_reading(PATIENT, None, 81.0, 0).record
    outcome = engine.on_reading(PATIENT, pending, 79.0, MINUTE)
    assert (outcome.record, outcome.after, outcome.reason) == (
        None,
        AlertState.INACTIVE,
        Reason.BACK_BEFORE_FOR,
    )


def test_lost_data_ends_a_wait_at_once() -> None:
    """Nothing fires on a value that is not there: pending becomes no_data (row E04)."""
    pending = engine.on_reading(PATIENT, None, 81.0, 0).record
    assert pending is not None
    lost = engine.on_unusable(pending, MINUTE)
    assert (lost.after, lost.reason) == (AlertState.NO_DATA, Reason.INPUT_UNUSABLE)
    assert lost.record is not None
    assert lost.record.due is None


def test_lost_data_never_resolves_a_firing_alert() -> None:
    """Firing keeps its state for 15 minutes without data, then is no_data, never resolved."""
    firing = engine.on_reading(LEVEL, None, 81.0, 0).record
    assert firing is not None
    kept = engine.on_unusable(firing, MINUTE)
    assert not kept.changed
    assert kept.record is not None
    assert kept.record.due == MINUTE + KEEP_WITHOUT_DATA_MS
    lost = engine.on_timer(kept.record)
    assert lost.after is AlertState.NO_DATA
    back = engine.on_reading(LEVEL, lost.record, 74.0, 20 * MINUTE)
    assert (back.after, back.record) == (AlertState.RESOLVED, None)


def test_data_that_comes_back_in_time_changes_nothing() -> None:
    """A gap shorter than the patience leaves no trace but a disarmed timer."""
    firing = engine.on_reading(LEVEL, None, 81.0, 0).record
    assert firing is not None
    kept = engine.on_unusable(firing, MINUTE).record
    back = engine.on_reading(LEVEL, kept, 82.0, 2 * MINUTE)
    assert not back.changed
    assert back.record == firing


@pytest.mark.parametrize(("changed", "reason"), [(True, "rule_changed"), (False, "rule_removed")])
def test_a_removed_rule_ends_its_alert_aloud(changed: bool, reason: str) -> None:
    """Who was told of the fire is told of the end."""
    firing = engine.on_reading(LEVEL, None, 81.0, 0).record
    assert firing is not None
    outcome = engine.on_removed(firing, changed=changed)
    assert (outcome.after, outcome.reason) == (AlertState.RESOLVED, reason)


MOVES = st.one_of(
    st.integers(70, 90).map(float),
    st.just("lost"),
    st.just("timer"),
)
FORBIDDEN = {
    (AlertState.INACTIVE, AlertState.RESOLVED),
    (AlertState.INACTIVE, AlertState.NO_DATA),
    (AlertState.PENDING, AlertState.RESOLVED),
    (AlertState.FIRING, AlertState.PENDING),
    (AlertState.FIRING, AlertState.INACTIVE),
}


@given(st.sampled_from([LEVEL, PATIENT]), st.lists(MOVES, max_size=40))
def test_every_history_makes_sense(watched: ThresholdRule, moves: list[float | str]) -> None:
    """Each resolve follows a fire of its episode, numbers rise, no transition lacks a reason."""
    record: AlertRecord | None = None
    episode: list[Outcome] = []
    for at, move in enumerate(moves):
        if isinstance(move, float):
            outcome = engine.on_reading(watched, record, move, at)
        elif record is None or (move == "timer" and record.due is None):
            continue
        elif move == "timer":
            outcome = engine.on_timer(record)
        else:
            outcome = engine.on_unusable(record, at)
        record = outcome.record
        if not outcome.changed:
            continue
        assert (outcome.before, outcome.after) not in FORBIDDEN
        episode = [*episode, outcome] if outcome.number > 1 else [outcome]
        assert [step.number for step in episode] == list(range(1, len(episode) + 1))
        assert len({step.since for step in episode}) == 1
        if outcome.after is AlertState.RESOLVED:
            assert AlertState.FIRING in [step.after for step in episode]
