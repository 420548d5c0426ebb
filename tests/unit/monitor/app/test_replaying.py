"""What a replay tells at its end: each rule's fires and ends, counted from the audit trail."""

from __future__ import annotations

from collections.abc import AsyncIterator

from alerts.model import AlertState, Transition
from alerts.reasons import Reason
from monitor.app.replaying import Tally, tallied
from tests.transitions import AT, transition


async def in_turn(*transitions: Transition) -> AsyncIterator[Transition]:
    """Yield the transitions as the store does."""
    for item in transitions:
        yield item


async def test_fires_and_ends_are_counted_by_rule_and_subject() -> None:
    """Two fires of RIOT, one ended; HUT, which was only pending, is not in the list."""
    found = await tallied(
        in_turn(
            transition(at=AT, number=2),
            transition(to_state=AlertState.RESOLVED, reason=Reason.RECOVERED, at=AT + 1, number=3),
            transition(key="HUT", to_state=AlertState.PENDING, at=AT + 2),
            transition(at=AT + 3, since=AT + 2, number=2),
            transition(rule="a-rule", key="CORZ", at=AT + 4),
            transition(rule="a-rule", key="CORZ", to_state=AlertState.RESOLVED, at=AT + 5),
        )
    )
    assert found == [
        Tally("a-rule", "CORZ", 1, 1, AT + 4, AT + 4, firing=False),
        Tally("margin-low", "RIOT", 2, 1, AT, AT + 3, firing=True),
    ]


async def test_an_input_that_was_away_is_no_second_fire() -> None:
    """An alert without data fires still, and its input's return is not counted again."""
    gone = {"from_state": AlertState.FIRING, "to_state": AlertState.NO_DATA}
    back = {"from_state": AlertState.NO_DATA, "reason": Reason.INPUT_BACK}
    fired = transition(at=AT)
    lost = transition(**gone, at=AT + 1)
    assert (await tallied(in_turn(fired, lost)))[0].firing
    (again,) = await tallied(in_turn(fired, lost, transition(**back, at=AT + 2)))
    assert (again.fired, again.last_at, again.firing) == (1, AT, True)


async def test_what_is_told_again_is_counted_once() -> None:
    """A fire that grows louder, or that a quiet time hid a part of, and an end that was owed."""
    firing, over = AlertState.FIRING, AlertState.RESOLVED
    (tally,) = await tallied(
        in_turn(
            transition(at=AT),
            transition(from_state=firing, reason=Reason.SEVERITY_RAISED, at=AT + 1),
            transition(from_state=firing, reason=Reason.QUIET_OVER, at=AT + 2),
            transition(from_state=firing, to_state=over, reason=Reason.RECOVERED, at=AT + 3),
            transition(from_state=over, to_state=over, reason=Reason.QUIET_OVER, at=AT + 4),
        )
    )
    assert (tally.fired, tally.resolved, tally.last_at, tally.firing) == (1, 1, AT, False)
