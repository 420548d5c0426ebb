"""What is told does not depend on how ticks are batched, how time is let pass, or on restarts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.codec import encode_transition
from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason, Reason
from monitor.compute.saved import read_cells
from monitor.core.clock import DAY
from monitor.domain.commands import (
    AckAlert,
    Action,
    AddMaintenance,
    AddSilence,
    Command,
    EndSilence,
    Place,
    Reply,
    UnackAlert,
)
from monitor.domain.events import Tick
from tests.desks import MINUTE, book
from tests.worlds import NOON, commit, make_step, quote, threshold, tick

RULES = [
    threshold(id="low", on="X", below=10.0, recover=11.0),
    threshold(id="very-low", on="X", below=5.0, severity="critical"),
    threshold(id="slow", on="X", below=8.0, severity="info", **{"for": "3m"}),
    threshold(id="child", on="Y", above=10.0),
    threshold(id="ends", on="X", below=10.0, no_data="ok", no_data_after="1m"),
    threshold(id="asks", on="X", below=10.0, no_data="alert", no_data_after="1m"),
]
BOOK = book(
    quiet=[{"name": "tea", "from": "12:20", "to": "12:35"}],
    inhibit=[{"source": {"rule": "low"}, "target": {"rule": "child"}}],
    feed_dead_after="2m",
)


@dataclass(frozen=True)
class Move:
    """What happens `after` ms: a tick, or only time; and what the second telling does there."""

    after: int
    item: tuple[str, float] | Action | None
    commits: bool
    restarts: bool
    early: int


_names = st.sampled_from(["low", "very-low", "slow", "child", "ends", "asks"])
_actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(
        AddSilence,
        match=st.sampled_from([{"rule": "low"}, {"target": "X"}, {"severity": "warning"}]),
        until=st.integers(1, 60).map(lambda minutes: NOON + minutes * MINUTE),
        reason=st.just("because"),
    ),
    st.builds(EndSilence, silence=st.just("?")),
    st.builds(
        AckAlert,
        rule=_names,
        key=st.sampled_from(["X", "Y"]),
        until=st.none() | st.integers(1, 60).map(lambda minutes: NOON + minutes * MINUTE),
    ),
    st.builds(UnackAlert, rule=_names, key=st.sampled_from(["X", "Y"])),
    st.builds(
        AddMaintenance,
        place=st.sampled_from(Place),
        feed=st.just("test"),
        begin=st.integers(0, 40).map(lambda minutes: NOON + minutes * MINUTE),
        until=st.integers(41, 80).map(lambda minutes: NOON + minutes * MINUTE),
        reason=st.just("because"),
    ),
)
_prices = st.tuples(st.sampled_from(["X", "Y"]), st.sampled_from([3.0, 6.0, 9.0, 10.5, 12.0]))
MOVES = st.lists(
    st.builds(
        Move,
        after=st.sampled_from([0, 1, 30_000, MINUTE, 2 * MINUTE, 7 * MINUTE]),
        item=st.none() | _prices | _prices | _actions,
        commits=st.booleans(),
        restarts=st.booleans(),
        early=st.integers(0, 7 * MINUTE),
    ),
    max_size=25,
)


def ticks(moves: list[Move], made: list[str]) -> list[tuple[Move, int, Tick | None]]:
    """Return each move with its moment and its tick; silences ended are those that were `made`."""
    found: list[tuple[Move, int, Tick | None]] = []
    at = NOON
    for number, move in enumerate(moves):
        at += move.after
        item = move.item
        if item is None:
            found.append((move, at, None))
        elif isinstance(item, tuple):
            found.append((move, at, tick(at, quote(item[0], item[1], at, fresh_ms=4 * MINUTE))))
        else:
            if isinstance(item, EndSilence):
                item = EndSilence(silence=made[number % len(made)] if made else "none")
            command = Command(id=f"c{number}", by="anna", action=item)
            found.append((move, at, tick(at, commands=(command,))))
    return found


def plainly(moves: list[Move], made: list[str]) -> tuple[list[Transition], list[Reply]]:
    """Return what is told and answered with one commit at the very end."""
    step = make_step(RULES, BOOK)
    step.advance(NOON)
    at = NOON
    for _, at, item in ticks(moves, made):
        step.process(item) if item else step.advance(at)
    step.advance(at + 3 * 60 * MINUTE)
    changes = step.take()
    return changes.transitions, changes.replies


def brokenly(moves: list[Move], made: list[str]) -> tuple[list[Transition], list[Reply]]:
    """Return the same with commits, restarts and time let pass in pieces wherever the moves say."""
    step, cells = make_step(RULES, BOOK), dict[str, bytes]()
    told, replies = list[Transition](), list[Reply]()
    step.advance(NOON)
    before = at = NOON
    for move, at, item in ticks(moves, made):
        step.advance(max(before, at - move.early))
        if move.commits or move.restarts:
            replies += step.telling.replies
            told += commit(step, cells)
        if move.restarts:
            step = make_step(RULES, BOOK)
            step.restore(read_cells(cells))
            step.judge()
        step.process(item) if item else step.advance(at)
        before = at
    step.advance(at + 3 * 60 * MINUTE)
    replies += step.telling.replies
    return told + commit(step, cells), replies


def healed(moves: list[Move], made: list[str]) -> list[Transition]:
    """Return what is told where each value is there again and harmless, long after all the moves."""
    step = make_step(RULES, BOOK)
    step.advance(NOON)
    at = NOON
    for _, at, item in ticks(moves, made):
        step.process(item) if item else step.advance(at)
    at += 3 * 60 * MINUTE
    well = (quote("X", 12.0, at, fresh_ms=DAY), quote("Y", 3.0, at, fresh_ms=DAY))
    step.process(tick(at, *well))
    step.advance(at + 60 * MINUTE)
    return step.take().transitions


def silences_of(moves: list[Move]) -> list[str]:
    """Return the ids of the silences that the moves make."""
    return [reply.made for reply in plainly(moves, [])[1] if reply.made]


@settings(max_examples=100, deadline=None)
@given(MOVES)
def test_batches_and_restarts_tell_the_same(moves: list[Move]) -> None:
    """The trail is equal to the last byte, and so are the answers."""
    made = silences_of(moves)
    told, answered = plainly(moves, made)
    again, answered_again = brokenly(moves, made)
    assert [encode_transition(it) for it in again] == [encode_transition(it) for it in told]
    assert answered_again == answered


@settings(max_examples=100, deadline=None)
@given(MOVES)
def test_who_is_told_of_a_fire_is_told_of_its_end_and_nobody_else(moves: list[Move]) -> None:
    """No end without a fire told before and not over yet, none told twice; every id is its own.

    The end may be that of a later episode, which nobody heard begin: where what hid the first end
    gave way to what hid the next fire, all that is left to tell is that it is over at last.
    """
    told, _ = plainly(moves, silences_of(moves))
    assert max(Counter(item.id for item in told).values(), default=1) == 1
    fires: dict[str, set[int]] = {}
    for item in (it for it in told if it.told and it.to_state is not AlertState.NOTED):
        if item.to_state in {AlertState.NO_DATA, AlertState.INACTIVE}:
            continue  # that a value is unknown, and known again, is no fire
        if item.to_state is AlertState.RESOLVED and item.notice is NoticeReason.DATA_BACK:
            continue  # nor is the end of what it came back with, if nobody heard of that
        if item.to_state is AlertState.RESOLVED:
            assert fires.pop(item.name, None), f"{item.name} ended untold"
            continue
        heard = fires.setdefault(item.name, set())
        assert item.notice is not NoticeReason.NEW or item.since not in heard, "new twice"
        heard.add(item.since)
    for item in told:
        assert not (item.muted_by and item.notice is None) or item.to_state in {
            AlertState.NO_DATA,
            AlertState.PENDING,
        }


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_nobody_is_told_half(moves: list[Move]) -> None:
    """A fire is told after the end of the one before, data that is back after data that was lost (K16)."""
    told, _ = plainly(moves, silences_of(moves))
    firing, lost = set[str](), set[str]()
    for item in (it for it in told if it.told and it.rule in {rule.id for rule in RULES}):
        if item.notice is NoticeReason.NEW:
            assert item.name not in firing, f"{item.name} is new twice"
            firing.add(item.name)
        elif item.notice is NoticeReason.RESOLVED:
            firing.discard(item.name)
            lost.discard(item.name)
        elif item.notice is NoticeReason.NO_DATA:
            lost.add(item.name)
        elif item.reason is Reason.DATA_BACK:
            assert item.name in lost, f"{item.name} is back and was never lost"
            lost.discard(item.name)


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_whoever_is_told_hears_that_it_is_over(moves: list[Move]) -> None:
    """All is well in the end, and so says the last that anybody heard of each alert and input."""
    last = {it.name: it for it in healed(moves, silences_of(moves)) if it.told and it.labels}
    assert {
        name: it.summary
        for name, it in last.items()
        if it.notice in {NoticeReason.NEW, NoticeReason.NO_DATA}
        or (it.to_state is AlertState.FIRING and it.notice is not None)
    } == {}
