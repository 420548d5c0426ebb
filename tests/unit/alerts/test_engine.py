"""The alert's life: a table of transitions, and what holds for every history."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import engine
from alerts.model import AlertState
from alerts.moves import on_move
from alerts.reasons import Reason
from alerts.record import AlertRecord, Outcome
from alerts.rules.life import NoData
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from alerts.stride import Stride

SECOND, MINUTE = 1_000, 60_000


def rule(**fields: object) -> ThresholdRule:
    """Make a rule as the rulebook would."""
    return rule_of({"type": "threshold", "id": "r", "on": "BTC-USD"} | fields, ThresholdRule)


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
    fired = engine.on_timer(PATIENT, pending, 1_000 + 5 * MINUTE)
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
    lost = engine.on_unusable(PATIENT, pending, MINUTE)
    assert (lost.after, lost.reason) == (AlertState.NO_DATA, Reason.INPUT_UNUSABLE)
    assert lost.record is not None
    assert lost.record.due is None


def test_lost_data_never_resolves_a_firing_alert() -> None:
    """Firing keeps its state for 15 minutes without data, then is no_data, never resolved."""
    firing = engine.on_reading(LEVEL, None, 81.0, 0).record
    assert firing is not None
    kept = engine.on_unusable(LEVEL, firing, MINUTE)
    assert not kept.changed
    assert kept.record is not None
    assert kept.record.due == MINUTE + LEVEL.patience_ms
    lost = engine.on_timer(LEVEL, kept.record, 16 * MINUTE)
    assert lost.after is AlertState.NO_DATA
    back = engine.on_reading(LEVEL, lost.record, 74.0, 20 * MINUTE)
    assert (back.after, back.record) == (AlertState.RESOLVED, None)


def test_data_that_comes_back_in_time_changes_nothing() -> None:
    """A gap shorter than the patience leaves no trace but a disarmed timer."""
    firing = engine.on_reading(LEVEL, None, 81.0, 0).record
    assert firing is not None
    kept = engine.on_unusable(LEVEL, firing, MINUTE).record
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


def life(watched: ThresholdRule, steps: Sequence[tuple[int, float | None]]) -> list[str]:
    """Return `state at reason` of each transition, values coming in seconds, None being lost."""
    record: AlertRecord | None = None
    seen: list[str] = []

    def note(outcome: Outcome, at: int) -> AlertRecord | None:
        if outcome.changed:
            seen.append(f"{outcome.after.value} {at // SECOND} {outcome.reason.value}")
        return outcome.record

    for second, value in steps:
        at = second * SECOND
        while record is not None and record.due is not None and record.due <= at:
            due = record.due
            record = note(engine.on_timer(watched, record, due), due)
        if value is not None:
            record = note(engine.on_reading(watched, record, value, at), at)
        elif record is not None:
            record = note(engine.on_unusable(watched, record, at), at)
        elif watched.no_data is NoData.ALERT:
            record = note(engine.on_lost(watched, at), at)
    return seen


def test_a_dip_shorter_than_keep_firing_for_sends_nothing() -> None:
    """Clear needs 3 quiet minutes (row E06); what comes back is the same fire, without a notice."""
    kept = rule(above=80.0, recover=75.0, keep_firing_for="3m")
    dips = life(kept, [(0, 81.0), (60, 74.0), (180, 81.0), (200, 74.0), (400, 74.0)])
    assert dips == [
        "firing 0 breached",
        "recovering 60 clearing",
        "firing 180 breached_again",
        "recovering 200 clearing",
        "resolved 380 recovered",
    ]


def test_severity_steps_up_by_time_and_down_again() -> None:
    """Warning, after 60 s critical, after 2 min recovery warning, after 5 min clear (row E15)."""
    steps = [{"severity": "critical", "after": "60s"}]
    louder = rule(above=80.0, steps=steps, step_down_after="2m", keep_firing_for="5m")
    assert life(louder, [(0, 81.0), (90, 82.0), (100, 79.0), (1_000, 79.0)]) == [
        "firing 0 breached",
        "firing 60 severity_raised",
        "recovering 100 clearing",
        "recovering 220 severity_lowered",
        "resolved 400 recovered",
    ]


@pytest.mark.parametrize(
    ("policy", "seen"),
    [
        ("no_data", ["firing 0 breached", "no_data 120 input_unusable"]),
        ("alert", ["firing 0 breached", "no_data 120 no_data_alert"]),
        ("ok", ["firing 0 breached", "resolved 120 no_data_ok"]),
        ("keep", ["firing 0 breached"]),
    ],
)
def test_each_no_data_policy_after_its_time(policy: str, seen: list[str]) -> None:
    """A stopped feed gives the stated state after the stated delay (row E10)."""
    stopped = rule(above=80.0, no_data=policy, no_data_after="1m")
    assert life(stopped, [(0, 81.0), (60, None), (9_999, None)]) == seen


def test_an_inactive_rule_may_tell_that_its_value_is_lost() -> None:
    """It is told after the delay and not before, and so is its end; in time, nothing is told."""
    told = rule(above=80.0, no_data="alert", no_data_after="1m")
    assert life(told, [(0, 70.0), (10, None), (100, 70.0), (110, None), (120, 71.0)]) == [
        "no_data 10 input_unusable",
        "no_data 70 no_data_alert",
        "inactive 100 data_back",
        "no_data 110 input_unusable",
        "inactive 120 input_back",
    ]


def test_a_failed_rule_is_an_error_and_no_lack_of_data() -> None:
    """Error is a state of its own (rows E10, E42), and never taken for fine."""
    outcome = engine.on_lost(LEVEL, 0, Reason.EXPRESSION_FAILED)
    assert outcome.after is AlertState.ERROR
    back = engine.on_reading(LEVEL, outcome.record, 70.0, 5)
    assert (back.after, back.reason) == (AlertState.INACTIVE, Reason.INPUT_BACK)


def test_a_move_is_measured_from_the_last_one_told() -> None:
    """Anchor 100, step 5 %: told at 105, then at 110.25, not at each tick (row E08)."""
    stride = Stride(0.05, 0.05)
    record: AlertRecord | None = None
    told = []
    for at, value in enumerate((100.0, 104.9, 105.0, 106.0, 110.2, 110.25, 104.8, 104.7375)):
        outcome = on_move(LEVEL, stride, record, value, at)
        record = outcome.record
        if outcome.changed:
            told.append((value, outcome.bound, outcome.number))
    assert told == [(105.0, 100.0, 1), (110.25, 105.0, 2), (104.7375, 110.25, 3)]


def test_an_anchor_is_set_anew_by_the_clock() -> None:
    """The first value of each day is the anchor of that day (row E08)."""
    stride = Stride(0.05, 0.05, anew_ms=86_400_000)
    day = 86_400_000
    values = [(0, 100.0), (5, 104.0), (day, 104.0), (day + 5, 106.0), (day + 9, 109.2)]
    record: AlertRecord | None = None
    told = []
    for at, value in values:
        outcome = on_move(LEVEL, stride, record, value, at)
        record = outcome.record
        if outcome.changed:
            told.append(at)
    assert told == [day + 9]


MOVES = st.one_of(
    st.integers(70, 90).map(float),
    st.just("lost"),
    st.just("timer"),
)
FORBIDDEN = {
    (AlertState.INACTIVE, AlertState.RESOLVED),
    (AlertState.PENDING, AlertState.RESOLVED),
    (AlertState.FIRING, AlertState.PENDING),
    (AlertState.FIRING, AlertState.INACTIVE),
    (AlertState.RECOVERING, AlertState.PENDING),
    (AlertState.RECOVERING, AlertState.INACTIVE),
    (AlertState.INACTIVE, AlertState.RECOVERING),
    (AlertState.PENDING, AlertState.RECOVERING),
}
WORDS = st.fixed_dictionaries(
    {
        "above": st.just(80.0),
        "recover": st.just(75.0),
        "for": st.sampled_from(("0s", "5m")),
        "keep_firing_for": st.sampled_from(("0s", "10ms")),
        "no_data": st.sampled_from(("no_data", "alert", "ok", "keep")),
        "steps": st.sampled_from(((), ({"severity": "critical", "after": "4ms"},))),
    }
)


@given(WORDS, st.lists(MOVES, max_size=40))
def test_every_history_makes_sense(words: dict[str, object], moves: list[float | str]) -> None:
    """Each resolve follows a fire of its episode, numbers rise, no transition lacks a reason."""
    watched = rule(**words)
    record: AlertRecord | None = None
    episode: list[Outcome] = []
    for at, move in enumerate(moves):
        if isinstance(move, float):
            outcome = engine.on_reading(watched, record, move, at)
        elif record is None:
            if move == "timer" or watched.no_data is not NoData.ALERT:
                continue
            outcome = engine.on_lost(watched, at)
        elif move == "timer":
            if record.due is None:
                continue
            outcome = engine.on_timer(watched, record, at)
        else:
            outcome = engine.on_unusable(watched, record, at)
        record = outcome.record
        assert record is None or record.state is not AlertState.INACTIVE
        if not outcome.changed:
            continue
        assert (outcome.before, outcome.after) not in FORBIDDEN
        episode = [*episode, outcome] if outcome.number > 1 else [outcome]
        assert [step.number for step in episode] == list(range(1, len(episode) + 1))
        assert len({step.since for step in episode}) == 1
        if outcome.after is AlertState.RESOLVED:
            assert AlertState.FIRING in [step.after for step in episode]
