"""How often people are told does not depend on batches, restarts or leaps of time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from alerts.codec import encode_transition
from alerts.desk.pace import TELL_OF_FIRE
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason
from alerts.rules.base import Rule
from monitor.compute.saved import read_cells
from monitor.core.clock import DAY
from monitor.domain.commands import EndSilence
from tests.desks import MINUTE, book
from tests.unit.monitor.compute.test_telling_anyhow import MOVES, Move, silences_of, ticks
from tests.worlds import NOON, commit, make_step, quote, threshold, tick

CHAINED = {"flap": {"sample": "10m"}, "escalate": "night", "repeat": {"first": "2m"}}
ASKS = {"no_data": "alert", "no_data_after": "1m"}
RULES = [
    threshold(id="low", on="X", below=10.0, recover=11.0, notify=CHAINED),
    threshold(id="very-low", on="X", below=5.0, severity="critical", notify={"group": "all"}),
    threshold(
        id="slow",
        on="X",
        below=8.0,
        severity="info",
        notify={"cooldown": "5m", "group": "all"},
        **{"for": "3m"},
    ),
    threshold(id="child", on="Y", above=10.0),
]
STORIES = [
    *RULES,
    threshold(
        id="st",
        on="Y",
        above=5.0,
        steps=[{"severity": "critical", "after": "2m"}],
        keep_firing_for="1m",
        notify={"cooldown": "3m"},
    ),
    threshold(
        id="again",
        on="X",
        below=9.0,
        notify={"group": "all", "repeat": {"first": "1m", "most": "1m"}},
    ),
    threshold(id="once", on="Y", above=10.0, **ASKS, notify={"trigger": "once"}),
    threshold(id="cool", on="X", below=7.0, **ASKS, notify={"cooldown": "7m"}),
    threshold(id="flaps", on="X", below=7.0, **ASKS, notify=CHAINED),
]
LEAVING = {
    "grouped": threshold(id="asks", on="X", below=10.0, **ASKS, notify={"group": "all"}),
    "shared": threshold(id="asks", on="X", below=10.0, **ASKS),
}
"""One of them is taken out of the book, and put back, where the moves say."""
BOOK = book(
    quiet=[{"name": "tea", "from": "12:20", "to": "12:35"}],
    feed_dead_after="2m",
    pace={
        "notify": {"trigger": "once_per_session", "repeat": {"first": "1m", "most": "3m"}},
        "groups": [{"name": "all", "by": [], "interval": "2m"}],
        "caps": [{"name": "phone", "limit": 2, "window": "3m"}],
        "escalations": [{"name": "night", "steps": [{"after": "1m", "to": "lead"}]}],
    },
)
SAY_IT_FIRES = {*TELL_OF_FIRE, NoticeReason.ESCALATION, NoticeReason.REPEAT}
TOGETHER = {NoticeReason.DIGEST, NoticeReason.OVERFLOW}
"""The notices of several alerts, with a line of each."""
LONG = 3 * 60 * MINUTE


def plainly(moves: list[Move]) -> list[Transition]:
    """Return what goes out with one commit at the very end."""
    step = make_step(RULES, BOOK)
    step.advance(NOON)
    at = NOON
    for _, at, item in ticks(moves, silences_of(moves)):
        step.process(item) if item else step.advance(at)
    step.advance(at + LONG)
    return step.take().transitions


def brokenly(moves: list[Move]) -> list[Transition]:
    """Return the same with commits, restarts and time let pass in pieces wherever the moves say."""
    step, cells, out = make_step(RULES, BOOK), dict[str, bytes](), list[Transition]()
    step.advance(NOON)
    before = at = NOON
    for move, at, item in ticks(moves, silences_of(moves)):
        step.advance(max(before, at - move.early))
        if move.commits or move.restarts:
            out += commit(step, cells)
        if move.restarts:
            step = make_step(RULES, BOOK)
            step.restore(read_cells(cells))
            step.judge()
        step.process(item) if item else step.advance(at)
        before = at
    step.advance(at + LONG)
    return out + commit(step, cells)


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_batches_and_restarts_pace_the_same(moves: list[Move]) -> None:
    """What goes out is equal to the last byte."""
    plain = [encode_transition(item) for item in plainly(moves)]
    assert [encode_transition(item) for item in brokenly(moves)] == plain


def test_what_waits_for_the_rest_of_its_feed_waits_through_a_restart() -> None:
    """X and Y grow stale, X comes back: a restart before Y does must not say that Y is back."""

    def move(after: int, item: tuple[str, float] | EndSilence, *, restarts: bool = False) -> Move:
        return Move(after=after, item=item, commits=False, restarts=restarts, early=0)

    moves = [
        *(move(0, ("X", 6.0)), move(1, ("Y", 6.0)), move(7 * MINUTE, EndSilence(silence="?"))),
        *(move(0, ("X", 6.0)), move(MINUTE // 2, EndSilence(silence="?"), restarts=True)),
    ]
    out = brokenly(moves)
    assert out == plainly(moves)
    assert NoticeReason.DATA_BACK not in {item.notice for item in out}


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_ends_follow_fires_and_nothing_is_told_twice(moves: list[Move]) -> None:
    """No end is told of an alert whose fire was not; told ids are unique on their topic."""
    told = [item for item in plainly(moves) if item.told]
    ids = Counter((item.inbox, item.id) for item in told)
    assert max(ids.values(), default=1) == 1
    known: set[tuple[str, str]] = set()
    for item in told:
        for line in item.lines if item.notice in TOGETHER else ():
            name = ("", f"{line.rule}|{line.key}")
            known.add(name) if line.state is AlertState.FIRING else known.discard(name)
        if item.to_state is AlertState.RESOLVED and item.notice is NoticeReason.RESOLVED:
            assert (item.inbox, item.name) in known
            known.discard((item.inbox, item.name))
        elif item.notice in SAY_IT_FIRES and item.to_state is AlertState.FIRING:
            known.add((item.inbox, item.name))


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_no_more_passes_than_the_cap_lets(moves: list[Move]) -> None:
    """Of what is not critical two in three minutes, but for what waited in a group."""
    sent = [item.at for item in plainly(moves) if _counts(item)]
    assert all(b - a >= 3 * MINUTE for a, b in zip(sent, sent[2:], strict=False))


def _counts(item: Transition) -> bool:
    free = item.severity is Severity.CRITICAL or item.inbox or item.echo
    return item.told and not free and item.notice is not NoticeReason.OVERFLOW


def healed(moves: list[Move], leaving: Rule) -> list[Transition]:
    """Return what goes out where each price is harmless in the end, long after all the moves."""
    rules = [*STORIES, leaving]
    step, cells, out = make_step(rules, BOOK), dict[str, bytes](), list[Transition]()
    step.advance(NOON)
    at = NOON
    for move, at, item in ticks(moves, silences_of(moves)):
        step.process(item) if item else step.advance(at)
        if move.restarts:
            out += commit(step, cells)
            step = make_step(STORIES if move.commits else rules, BOOK)
            step.restore(read_cells(cells))
            step.judge()
    at += LONG
    well = (quote("X", 12.0, at, fresh_ms=DAY), quote("Y", 3.0, at, fresh_ms=DAY))
    step.process(tick(at, *well))
    step.advance(at + LONG)
    return out + commit(step, cells)


@pytest.mark.parametrize("leaving", list(LEAVING))
@settings(max_examples=60, deadline=None)
@given(moves=MOVES)
def test_whoever_is_told_hears_that_it_is_over(leaving: str, moves: list[Move]) -> None:
    """By a message of its own, or by a line in a digest or in the summary of a cap."""
    last: dict[str, str] = {}
    for item in (it for it in healed(moves, LEAVING[leaving]) if it.told):
        if item.notice in TOGETHER:
            last |= {f"{line.rule}|{line.key}": line.state.value for line in item.lines}
        elif item.to_state is not AlertState.NOTED:
            last[item.name] = item.to_state.value
    assert {name for name, state in last.items() if state in {"firing", "no_data"}} == set()
