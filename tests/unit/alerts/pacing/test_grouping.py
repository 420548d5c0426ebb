"""What comes together is told together (row E29)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState, Severity, Transition
from alerts.pacing import grouping
from alerts.pacing.digest import MAX_LINES, NO_LINES, line_of
from alerts.pacing.grouping import MAX_ALONE, By, Flush, Group, GroupRecord
from tests.transitions import resolved, transition

SECOND = 1_000
MINUTE = 60_000
MARKET = Group(name="market", by=())


def calm(**changes: object) -> Transition:
    """Return a fire that is a warning."""
    return transition(**{"severity": Severity.WARNING, **changes})


class Room:
    """One group at work: what it told, with the moments."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.record: GroupRecord | None = None
        self.told: list[tuple[int, Flush]] = []

    def run_until(self, now: int) -> None:
        """Run every timer that is due."""
        while self.record is not None and self.record.due <= now:
            due = self.record.due
            self.record, flush = grouping.on_timer(self.group, self.record, due)
            if flush is not None:
                self.told.append((due, flush))

    def take(self, notice: Transition, now: int) -> None:
        """Let one notice wait."""
        self.run_until(now)
        self.record = grouping.on_notice(self.group, self.record, notice, now)


def test_eight_rules_on_one_tick() -> None:
    """A tick that fires 8 rules is one push with 8 lines, 30 s later (row E29)."""
    room = Room(MARKET)
    fires = [calm(rule=f"r{n}", key=f"C{n}") for n in range(8)]
    for fire in fires:
        room.take(fire, 0)
    room.run_until(60 * MINUTE)
    ((at, flush),) = room.told
    assert (at, flush.single, len(flush.digest)) == (30 * SECOND, (), 8)
    assert flush.digest.lines == tuple(line_of(fire) for fire in fires)
    assert [line.id for line in flush.digest.lines] == [fire.id for fire in fires]
    assert room.record is None


def test_one_alert_is_no_group() -> None:
    """Alone in its group, an alert goes out as itself, and so does its end."""
    room = Room(MARKET)
    fire = calm()
    over = resolved(fire, severity=Severity.WARNING)
    room.take(fire, 0)
    room.take(over, SECOND)
    room.run_until(30 * SECOND)
    assert room.told == [(30 * SECOND, Flush(0, 1, single=(fire, over)))]


def test_what_ended_while_it_waited_says_so() -> None:
    """A line is rewritten by what its alert does next: nobody rings for the end alone."""
    room = Room(MARKET)
    fire = calm()
    for item in (fire, calm(key="HUT"), resolved(fire, severity=Severity.WARNING)):
        room.take(item, 0)
    room.run_until(30 * SECOND)
    ((_, flush),) = room.told
    assert [(line.key, line.state) for line in flush.digest.lines] == [
        ("RIOT", AlertState.RESOLVED),
        ("HUT", AlertState.FIRING),
    ]


def test_a_critical_one_does_not_wait_for_the_others() -> None:
    """A critical alert takes all that wait with it a second later, also in the pause."""
    room = Room(MARKET)
    room.take(calm(), 0)
    room.take(calm(key="HUT", severity=Severity.CRITICAL), 10 * SECOND)
    room.take(calm(key="HIVE"), 10 * SECOND)
    room.take(calm(key="IREN", severity=Severity.CRITICAL), 20 * SECOND)
    room.run_until(MINUTE)
    assert [(at, len(flush.digest)) for at, flush in room.told] == [
        (11 * SECOND, 3),
        (21 * SECOND, 0),
    ]
    assert room.told[1][1].single[0].key == "IREN"


def test_the_next_digest_keeps_its_distance() -> None:
    """What comes after a digest is told when the interval since it has passed."""
    room = Room(MARKET)
    for key in ("RIOT", "HUT"):
        room.take(calm(key=key), 0)
    for key in ("HIVE", "IREN"):
        room.take(calm(key=key), MINUTE)
    room.run_until(60 * MINUTE)
    moments = [(at, flush.opened_at, flush.number) for at, flush in room.told]
    assert moments == [(30 * SECOND, 0, 1), (30 * SECOND + 5 * MINUTE, MINUTE, 2)]


def test_what_they_have_in_common() -> None:
    """By family and company, by one of them, or all together."""
    notice = calm(labels={"instrument": "RIOT"}, key="RIOT", company="RIOT")
    scopes = {
        (By.FAMILY, By.COMPANY): "margins|RIOT",
        (By.COMPANY, By.FAMILY): "margins|RIOT",
        (By.FAMILY,): "margins",
        (By.COMPANY,): "RIOT",
        (): "",
    }
    for by, scope in scopes.items():
        assert grouping.scope_of(Group(name="g", by=by), "margins", notice) == scope
    assert Group(name="g").by == (By.FAMILY, By.COMPANY)


def test_a_digest_has_a_bound() -> None:
    """More alerts than lines are counted, the loudest line speaks for all."""
    digest = NO_LINES
    for number in range(MAX_LINES + 5):
        digest = digest.with_line(line_of(calm(key=f"C{number}")))
    assert (len(digest.lines), digest.more, len(digest)) == (MAX_LINES, 5, MAX_LINES + 5)
    assert digest.severity is Severity.WARNING
    louder = replace(digest.lines[3], severity=Severity.CRITICAL)
    assert digest.with_line(louder).severity is Severity.CRITICAL
    assert NO_LINES.severity is Severity.INFO


def test_the_changes_of_one_alert_have_a_bound() -> None:
    """An alert that changes without end in one wait becomes a digest of one line."""
    room = Room(MARKET)
    for number in range(MAX_ALONE + 1):
        room.take(calm(number=number), 0)
    room.run_until(30 * SECOND)
    ((_, flush),) = room.told
    assert (flush.single, len(flush.digest)) == ((), 1)
    assert flush.digest.lines[0].id == calm(number=MAX_ALONE).id


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2 * MINUTE),
            st.sampled_from("ABCDE"),
            st.sampled_from([Severity.INFO, Severity.CRITICAL]),
        ),
        max_size=60,
    ),
    st.sampled_from([MARKET, Group(name="g", by=(), interval="0s"), Group(name="g", wait="10m")]),
)
def test_what_holds_for_every_group(notices: list[tuple[int, str, Severity]], group: Group) -> None:
    """Nothing is lost or told twice, no wait is too long, names are unique and times rise."""
    room, now, waiting = Room(group), 0, dict[str, tuple[int, Severity]]()
    for number, (gap, key, severity) in enumerate(notices):
        now += gap
        notice = transition(key=key, severity=severity, number=number)
        room.take(notice, now)
        waiting[notice.id] = (now, severity)
    room.run_until(now + 60 * MINUTE)
    assert room.record is None
    names = [(flush.opened_at, flush.number) for _, flush in room.told]
    assert len(set(names)) == len(names)
    told_at = [at for at, _ in room.told]
    assert told_at == sorted(told_at)
    last: dict[str, str] = {}
    for at, flush in room.told:
        ids = [item.id for item in flush.single] or [line.id for line in flush.digest.lines]
        assert len(ids) == len(set(ids)) > 0
        for told in ids:
            came, severity = waiting.pop(told)
            longest = SECOND if severity is Severity.CRITICAL else 10 * MINUTE
            assert came < at <= came + longest
            last[told] = told
    # what is left was rewritten by a later change of the same alert before it was told
    assert len(waiting) + len(last) == len(notices)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"wait": "2h"}, "longer than 1h"),
        ({"wait": "5s", "critical_wait": "10s"}, "longer than others"),
        ({"critical_wait": "0s"}, "groups nothing"),
        ({"by": ["rule"]}, "rule"),
    ],
)
def test_a_wrong_group_says_what_is_right(fields: dict[str, object], said: str) -> None:
    """Waits of hours, none, a longer one for critical alerts and strange words are refused."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({"name": "g"} | fields, Group)
