"""The gates of rules with windows: which are open, and when the next one opens or shuts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.gates import Gates
from alerts.rules.life import EventWindow
from alerts.rules.threshold import ThresholdRule
from monitor.core.timers import earliest
from monitor.domain.agenda import DIFFICULTY, Agenda, Around, Event
from monitor.domain.windows import Every, Outside, Window
from tests.worlds import NOON, threshold

SECOND = 1_000
NAMES = ("cpi", "fomc", "riot-q2", DIFFICULTY)
SUBJECTS = ("RIOT", "HIVE")

MOMENTS = st.integers(0, 40).map(lambda seconds: NOON + seconds * SECOND)
LISTED = st.lists(st.tuples(st.sampled_from(NAMES[:3]), MOMENTS), max_size=4)
FORESEEN = st.lists(MOMENTS, max_size=2)
REACH = st.integers(1, 5).map(lambda seconds: f"{seconds}s")
WINDOWS = st.builds(EventWindow, event=st.sampled_from(NAMES), before=REACH, after=REACH)
ASKED = st.tuples(
    st.lists(WINDOWS, max_size=2), st.lists(WINDOWS, max_size=2), st.sampled_from(SUBJECTS)
)
STEPS = st.lists(st.tuples(st.integers(0, 9), st.none() | FORESEEN, st.booleans()), max_size=12)
Bound = tuple[list[EventWindow], list[EventWindow], str]


def agenda_of(listed: list[tuple[str, int]]) -> Agenda:
    """Return a book of events, those of one name about RIOT alone."""
    return Agenda(
        tuple(
            Event(
                id=f"{kind}-{at}",
                kind=kind,
                at=at,
                source="s",
                companies=("RIOT",) if kind == "riot-q2" else (),
            )
            for kind, at in sorted(listed, key=lambda it: it[1])
        )
    )


def foreseen(moments: list[int]) -> tuple[Event, ...]:
    """Return retargets that the chain lets expect."""
    return tuple(Event(id=f"d-{at}", kind=DIFFICULTY, at=at, source="s") for at in moments)


def rule_behind(excluded: list[EventWindow], required: list[EventWindow]) -> ThresholdRule:
    """Return a rule with windows; an empty list is left out, as a file has to."""
    fields = {"exclude": excluded, "require": required}
    return threshold(above=1.0, **{name: windows for name, windows in fields.items() if windows})


def window_of(agenda: Agenda, bound: Bound) -> Window:
    """Return what is open outside of all excluded windows, and in one of the required ones."""
    excluded, required, subject = bound

    def outside(item: EventWindow) -> Window:
        return Outside(Around(agenda, item.event, subject, item.before_ms, item.after_ms))

    one_of = (Outside(Every(tuple(map(outside, required)))),) if required else ()
    return Every((*map(outside, excluded), *one_of))


def check(gates: Gates, agenda: Agenda, bindings: list[Bound], now: int) -> None:
    """Compare the gates at `now` with a look at each binding's own windows."""
    windows = [window_of(agenda, bound) for bound in bindings]
    for number, window in enumerate(windows):
        assert gates.shut(number) is not window.open_at(now)
    assert gates.next_edge == earliest(*(window.next_edge(now) for window in windows))


@given(LISTED, st.lists(ASKED, max_size=5), FORESEEN, STEPS)
def test_the_next_edge_is_the_earliest_of_all_gates(
    listed: list[tuple[str, int]],
    bindings: list[Bound],
    first: list[int],
    steps: list[tuple[int, list[int] | None, bool]],
) -> None:
    """However edges pass, the chain is foreseen anew, and all begins again after a restart."""
    agenda, now = agenda_of(listed), NOON
    gates = Gates(agenda)
    for number, (excluded, required, subject) in enumerate(bindings):
        gates.bind(number, rule_behind(excluded, required), subject)
    before = gates.next_edge
    gates.begin(now, foreseen(first))
    agenda = agenda.expecting(foreseen(first))
    check(gates, agenda, bindings, now)
    for seconds, moments, anew in steps:
        now += seconds * SECOND
        while (edge := gates.next_edge) is not None and edge <= now:
            gates.turn(edge)
            check(gates, agenda, bindings, edge)
        if moments is not None:
            agenda = agenda.expecting(foreseen(moments))
            if anew:
                gates.begin(now, foreseen(moments))
            else:
                gates.foresee(foreseen(moments), now)
        check(gates, agenda, bindings, now)
    assert before is None


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note each function that is entered and each generator that goes on."""
    entered: list[str] = []

    def note(frame: FrameType, event: str, _arg: object) -> None:
        if event == "call":
            entered.append(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield entered
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("count", [1, 200])
def test_to_ask_for_the_next_edge_looks_at_no_gate(count: int) -> None:
    """Each tick asks: that must not cost more the more rules have windows of their own."""
    gates = Gates(agenda_of([("cpi", NOON)]))
    for number in range(count):
        window = EventWindow(event="cpi", before="1h", after=f"{number + 1}s")
        gates.bind(number, rule_behind([window], []), "RIOT")
    gates.begin(NOON, ())
    with counted() as entered:
        edge = gates.next_edge
    assert edge == NOON + SECOND
    assert [name for name in entered if name.startswith("Gates.")] == ["Gates.next_edge"]
