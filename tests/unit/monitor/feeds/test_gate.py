"""What the gate remembers of what it refused, and what it forgets."""

from __future__ import annotations

from collections.abc import Sequence

from structlog.testing import capture_logs

from monitor.core.clock import MINUTE, ManualClock
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.notices import Notice, NoticeKind
from monitor.feeds.gate import MAX_REMEMBERED, Gate
from tests.unit.monitor.feeds.doubles import NOW, Counts, quote


async def _nowhere(_: Sequence[Quote]) -> None:
    raise AssertionError("nothing is handed over here")


def gate() -> Gate:
    """Return a gate that nothing went through."""
    clock = ManualClock(NOW)
    return Gate(name="venue", budget_ms=MINUTE, deliver=_nowhere, clock=clock, instruments=Counts())


def untitled(number: int) -> Notice:
    """Return a notice that cannot be kept."""
    return Notice(
        kind=NoticeKind.NEWS,
        id=f"id-{number}",
        subject="",
        title="",
        observed_at=NOW,
        source="venue",
    )


def told(at: Gate, *notices: Notice) -> int:
    """Return how many lines the log has of these."""
    with capture_logs() as logs:
        assert at.accept_notices(notices, frozenset()) == []
    return len(logs)


def test_a_refused_notice_is_told_once() -> None:
    """The same id and reason again are counted and no line."""
    at = gate()
    assert told(at, untitled(1), untitled(1), untitled(2)) == 2
    assert told(at, untitled(1)) == 0


def test_ids_without_end_are_not_remembered_without_end() -> None:
    """Of more than so many the oldest is forgotten, and told again when it comes again."""
    at = gate()
    many = [untitled(number) for number in range(MAX_REMEMBERED + 10)]
    assert told(at, *many) == len(many)
    assert told(at, many[-1], many[10]) == 0
    assert told(at, many[9]) == 1


def test_a_good_quote_ends_the_streak_of_its_instrument_alone() -> None:
    """What was refused of another is still known."""
    at, pair = gate(), frozenset({BTC_USD, "RIOT"})
    bad = [quote("0"), quote("0", instrument="RIOT")]
    with capture_logs() as logs:
        at.accept(bad, pair)
        at.accept([quote("97000")], pair)
        at.accept(bad, pair)
    assert [line["instrument"] for line in logs] == [BTC_USD, "RIOT", BTC_USD]
