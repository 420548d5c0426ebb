"""What is known to happen and when: releases, earnings, retargets, halvings, expiries. Pure.

Dates come from a book, expiries from a rule, retargets and halvings are estimated from the chain.
Moments are milliseconds UTC.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from monitor.domain.network import EPOCH_BLOCKS, HALVING_BLOCKS
from monitor.domain.units import BLOCK_TARGET_S
from monitor.domain.windows import Spans, first_change, spans

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
DAY = 24 * _HOUR
WEEK = 7 * DAY
BEFORE_MS = 30 * _MINUTE
AFTER_MS = 15 * _MINUTE
"""How far the window around an event reaches if nobody says otherwise."""
NEAR_MS = 30 * _MINUTE
"""How near an event an alert is named after it."""
LOOK_AHEAD_MS = 6 * _HOUR
"""How far ahead the next event is looked for."""
HORIZON_MS = 5 * WEEK
"""How far expiries are counted to both sides: farther than two of the longest windows reach."""

EARNINGS = "earnings"
DIFFICULTY = "difficulty"
HALVING = "halving"
EXPIRY = "options-expiry"
KINDS = ("fomc", "cpi", "nfp", EARNINGS, DIFFICULTY, HALVING, EXPIRY)
"""Kinds that a rule may name whether the book has dates of them or not."""
COMPUTED = frozenset({DIFFICULTY, HALVING, EXPIRY})

# Deribit: options expire on Fridays at 08:00 UTC. 1970-01-02 was a Friday.
_FIRST_EXPIRY = DAY + 8 * _HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXPIRY_SOURCE = "rule: Deribit's options expire on Fridays at 08:00 UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happens at a moment.

    Attributes:
        id: its own name.
        kind: what rules call it.
        at: when, ms UTC.
        source: who says so.
        companies: whom it is about; empty for the whole market.
        before_ms: how long before it its window begins, for a rule that does not say.
        after_ms: how long after it its window ends, likewise.
        estimated: `at` moves with the chain.

    """

    id: str
    kind: str
    at: int
    source: str
    companies: tuple[str, ...] = ()
    before_ms: int = BEFORE_MS
    after_ms: int = AFTER_MS
    estimated: bool = False

    def concerns(self, subject: str) -> bool:
        """Tell whether it is about a company, or about everybody."""
        return not self.companies or subject in self.companies


@dataclass(frozen=True, slots=True)
class Agenda:
    """All events: those of the book, those that the chain lets expect, and expiries.

    Attributes:
        listed: of the book, in order of time.
        foreseen: estimated ones.

    """

    listed: tuple[Event, ...] = ()
    foreseen: tuple[Event, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return what a rule may call an event: kinds, and ids of the book."""
        return self.dated | frozenset(KINDS)

    @property
    def dated(self) -> frozenset[str]:
        """Return those of which there is a date, or is one as soon as the chain is known."""
        return COMPUTED | {name for it in self.listed for name in (it.kind, it.id)}

    def expecting(self, foreseen: Iterable[Event]) -> Agenda:
        """Return it with other estimated events."""
        return replace(self, foreseen=tuple(foreseen))

    def between(self, since: int, until: int) -> list[Event]:
        """Return the events in [since, until), in order of time."""
        first = bisect_left(self.listed, since, key=attrgetter("at"))
        last = bisect_left(self.listed, until, key=attrgetter("at"))
        foreseen = (it for it in self.foreseen if since <= it.at < until)
        found = (*self.listed[first:last], *foreseen, *expiries(since, until))
        return sorted(found, key=attrgetter("at", "id"))

    def named(self, name: str, subject: str, around: int) -> Iterator[Event]:
        """Yield the events of that kind or id that concern a subject, expiries near `around` only."""
        near = expiries(around - HORIZON_MS, around + HORIZON_MS) if name == EXPIRY else ()
        for event in (*self.listed, *self.foreseen, *near):
            if name in {event.kind, event.id} and event.concerns(subject):
                yield event

    def around(self, moment: int) -> list[Event]:
        """Return the events within half an hour, in order of time."""
        return self.between(moment - NEAR_MS, moment + NEAR_MS + 1)

    def apart_until(self, moment: int) -> int:
        """Return until when no event is within half an hour, if none is at `moment`; hours at most."""
        ahead = self.between(moment, moment + LOOK_AHEAD_MS)
        return (ahead[0].at if ahead else moment + LOOK_AHEAD_MS) - NEAR_MS


NO_EVENTS = Agenda()


@dataclass(frozen=True, slots=True)
class Around:
    """The time around the events of one name that concern a subject. A `Window`.

    Attributes:
        agenda: where they stand.
        name: kind or id.
        subject: a company, or what else a rule watches.
        before_ms: how long before each it opens; None takes the event's own.
        after_ms: how long after each it shuts; likewise.

    """

    agenda: Agenda
    name: str
    subject: str
    before_ms: int | None = None
    after_ms: int | None = None

    def open_at(self, moment: int) -> bool:
        """Tell whether one of the events is near."""
        return self._spans(moment).open_at(moment)

    def next_edge(self, moment: int) -> int | None:
        """Return when it next opens or shuts."""
        return first_change(self, moment, self._spans(moment).edges)

    def _spans(self, moment: int) -> Spans:
        return spans(
            (
                it.at - (it.before_ms if self.before_ms is None else self.before_ms),
                it.at + (it.after_ms if self.after_ms is None else self.after_ms),
            )
            for it in self.agenda.named(self.name, self.subject, moment)
        )


def expiries(since: int, until: int) -> tuple[Event, ...]:
    """Return the expiries of Deribit's weekly options in [since, until)."""
    first = -((_FIRST_EXPIRY - since) // WEEK)
    moments = range(_FIRST_EXPIRY + first * WEEK, until, WEEK)
    return tuple(
        Event(
            id=f"{EXPIRY}-{_EPOCH + timedelta(milliseconds=at):%Y-%m-%d}",
            kind=EXPIRY,
            at=at,
            source=EXPIRY_SOURCE,
        )
        for at in moments
    )


def chain_events(height: int, seen_at: int, pace_s: float | None) -> tuple[Event, ...]:
    """Return the last and the next retarget and halving, as the chain lets expect them.

    Args:
        height: of the newest block.
        seen_at: when it was the newest, ms UTC. Blocks have no memory: the next one is a whole
            interval away from any moment at which it has not come.
        pace_s: mean seconds per block; None takes the 600 s at which the network aims.

    """
    pace_ms = (BLOCK_TARGET_S if pace_s is None else pace_s) * 1_000
    found = []
    for kind, blocks in ((DIFFICULTY, EPOCH_BLOCKS), (HALVING, HALVING_BLOCKS)):
        last = height - height % blocks
        for block in (last, last + blocks):
            at = seen_at + round((block - height) * pace_ms)
            source = f"estimate: block {block}, seen {height}"
            found.append(
                Event(id=f"{kind}-{block}", kind=kind, at=at, source=source, estimated=True)
            )
    return tuple(found)
