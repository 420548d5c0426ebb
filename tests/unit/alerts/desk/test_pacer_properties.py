"""What holds for every history of alerts, whatever the pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.pace import TELL_OF_FIRE
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason
from tests.unit.alerts.desk.pacing_room import MINUTE, Room

BOOK = {
    "groups": [{"name": "market", "by": []}, {"name": "own"}],
    "caps": [{"name": "phone", "limit": 3}, {"name": "symbol", "per": "symbol", "limit": 2}],
    "escalations": [{"name": "night", "steps": [{"after": "5m", "to": "lead"}]}],
}
BLOCKS = {
    "plain": None,
    "pause": {"cooldown": "7m"},
    "nervous": {"flap": {}, "repeat": {"first": "10m"}},
    "session": {"trigger": "once_per_session", "escalate": "night"},
    "grouped": {"group": "market", "cooldown": "3m"},
    "joined": {"group": "market", "flap": {}, "escalate": "night"},
    "own": {"group": "own", "repeat": {"first": "1m", "most": "5m"}},
}
NAMED = {name: block for name, block in BLOCKS.items() if block is not None}

Move = tuple[str, str, str, int]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["toggle", "toggle", "toggle", "ack", "quiet", "silence", "loud", "rest"]),
        st.sampled_from(sorted(BLOCKS)),
        st.sampled_from(["RIOT", "HUT"]),
        st.sampled_from([1, 500, 20_000, MINUTE, 4 * MINUTE, 30 * MINUTE]),
    ),
    max_size=60,
)


class Story:
    """Moves played in a room; `restarts` says before which of them the process is lost."""

    def __init__(
        self, restarts: Sequence[bool] = (), *, idle: bool = False, caps: bool = True
    ) -> None:
        self.room = Room(BOOK if caps else BOOK | {"caps": []}, **NAMED)
        self._restarts = restarts
        self._idle = idle
        self._firing: set[str] = set()
        self.went_on: list[str] = []

    def play(self, moves: Sequence[Move]) -> list[Transition]:
        """Return what goes out, to the end of all that is owed."""
        for number, (what, rule, key, wait) in enumerate(moves):
            gap = wait
            if number < len(self._restarts) and self._restarts[number]:
                self.room.restart()
            if self._idle:  # time may go on in any number of steps
                self.room.go(self.room.now + gap // 3)
                self.room.go(self.room.now + gap // 3)
                gap -= gap // 3 * 2
            self.room.go(self.room.now + gap)
            self._move(what, rule, key)
        self.room.muted.clear()
        self.went_on = sorted(self._firing)
        for name in self.went_on:
            self.room.go(self.room.now + 90 * MINUTE)
            self.room.resolve(*name.split("|"))
        self.room.go(self.room.now + 90 * MINUTE)
        return self.room.out

    def _move(self, what: str, rule: str, key: str) -> None:
        room, name = self.room, f"{rule}|{key}"
        if what in {"toggle", "loud"} and name not in self._firing:
            room.fire(rule, key, Severity.CRITICAL if what == "loud" else Severity.WARNING)
            self._firing.add(name)
        elif what == "toggle":
            room.muted.pop(name, None)
            room.resolve(rule, key)
            self._firing.discard(name)
        elif what == "ack" and name in self._firing and name not in room.muted:
            room.acknowledge(rule, key)
        elif what == "quiet" and not name.startswith("plain"):
            room.muted[name] = "quiet:night"
        elif what == "rest" and room.muted.get(name) == "quiet:night":
            del room.muted[name]


def speakers(notice: Transition) -> Iterator[tuple[str, AlertState]]:
    """Yield the alerts a notice speaks of, and where they stood."""
    if notice.lines:
        yield from ((f"{line.rule}|{line.key}", line.state) for line in notice.lines)
    else:
        yield notice.name, notice.to_state


@given(MOVES, st.lists(st.booleans(), max_size=60))
def test_a_restart_changes_nothing(moves: list[Move], restarts: list[bool]) -> None:
    """Wherever the process is lost, what goes out is the same."""
    assert Story(restarts).play(moves) == Story().play(moves)


@given(MOVES)
def test_the_speed_changes_nothing(moves: list[Move]) -> None:
    """However often time is looked at in between, what goes out is the same."""
    assert Story(idle=True).play(moves) == Story().play(moves)


@given(MOVES)
def test_the_end_follows_a_fire(moves: list[Move]) -> None:
    """Each end that is told follows a notice that the alert fires, and is told once."""
    known: set[str] = set()
    for notice in Story().play(moves):
        if not notice.told or notice.inbox:
            continue
        if notice.notice is NoticeReason.RESOLVED:
            assert notice.name in known, notice
            known.discard(notice.name)
            continue
        for name, state in speakers(notice):
            if state is AlertState.FIRING:
                known.add(name)
            else:
                known.discard(name)


@given(MOVES)
def test_ids_are_unique_and_times_rise(moves: list[Move]) -> None:
    """No two notices share an id on one topic, none goes back in time."""
    out = Story().play(moves)
    told = Counter((item.inbox, item.id) for item in out if item.told)
    assert not [name for name, times in told.items() if times > 1]
    audit = Counter((item.inbox, item.id, item.muted_by) for item in out)
    assert not [name for name, times in audit.items() if times > 1]
    moments = [item.at for item in out if not item.echo]
    assert moments == sorted(moments)


@given(MOVES)
def test_no_change_is_without_a_reason(moves: list[Move]) -> None:
    """What goes in comes out once; it is told, or says why it is not."""
    story = Story()
    out = story.play(moves)
    changes = [item for item in out if not item.echo and item.to_state is not AlertState.NOTED]
    assert all(item.told or item.muted_by or item.notice is None for item in changes)
    ids = Counter(item.id for item in changes if item.notice in {None, *TELL_OF_FIRE})
    assert all(times == 1 for times in ids.values())


@given(MOVES)
def test_caps_hold(moves: list[Move]) -> None:
    """Of what is not critical no more passes in any minute than the cap lets through."""
    story = Story()
    story.play(moves)
    sent = [
        at
        for at, notice in story.room.sent
        if notice.told and not notice.inbox and notice.severity is not Severity.CRITICAL
        if notice.notice is not NoticeReason.OVERFLOW
    ]
    assert all(b - a >= MINUTE for a, b in zip(sent, sent[3:], strict=False))


@given(MOVES)
def test_what_goes_on_firing_is_told(moves: list[Move]) -> None:
    """No pause, flapping or group swallows an alert that goes on: its fire, so its end, is told."""
    story = Story(caps=False)
    story.play([move for move in moves if move[0] in {"toggle", "loud"}])
    ends = {item.name: item for item in story.room.out if item.to_state is AlertState.RESOLVED}
    for name in story.went_on:
        assert ends[name].told or ends[name].muted_by == "once", name
