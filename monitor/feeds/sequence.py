"""The numbers a stream counts its messages with: gaps, repeats and late ones, told apart. Pure.

They are labelled, never mended: a value is passed on whatever its number says of it. A number that
jumps ahead opens a hole; a late one that falls into it closes it again, so that 1, 3, 2 is one out
of order and no gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from monitor.core.clock import SECOND, Millis

# Packets overtake one another by milliseconds; what has not come after this was lost.
LATE_MS: Millis = 5 * SECOND
# A leap as long as this is a new numbering, or a number that is none: nobody lost so much.
MAX_LEAP = 1_000_000
MAX_HOLES = 32
RECENT = 64


class Numbering(StrEnum):
    """What the numbers of a channel say.

    Attributes:
        CONSECUTIVE: each is one more than the one before, over connections too (trade ids of one
            market): a leap is a loss.
        PER_CONNECTION: likewise, and each connection begins anew (sequence numbers).
        RISING: later is higher, with leaps that mean nothing (ids shared by many markets).

    """

    CONSECUTIVE = "consecutive"
    PER_CONNECTION = "per_connection"
    RISING = "rising"


class Place(StrEnum):
    """Where a number stands among those that came before it."""

    NEXT = "next"
    GAP = "gap"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that were leapt over.

    Attributes:
        first: the lowest of them.
        last: the highest.
        at: when the leap was seen.
        came: those that came late.

    """

    first: int
    last: int
    at: Millis
    came: frozenset[int] = frozenset()

    @property
    def missing(self) -> int:
        """Return how many have not come."""
        return self.last - self.first + 1 - len(self.came)

    def wants(self, number: int) -> bool:
        """Tell whether `number` belongs here and has not come."""
        return self.first <= number <= self.last and number not in self.came

    def filled(self, number: int) -> Hole:
        """Return the hole after `number` came late."""
        return replace(self, came=self.came | {number})


@dataclass(frozen=True, slots=True)
class Trail:
    """The numbers of one channel so far; each step returns a new one.

    Attributes:
        numbering: what its numbers say.
        first: the lowest number of this numbering; None: none came.
        highest: the highest.
        begun: the next number is the first of a connection.
        open: holes that late numbers may still close, the oldest first.
        lost: holes that were given up, the newest last; only so many are remembered.
        lost_gaps: how many holes were ever given up.
        lost_messages: how many numbers were missing in them.
        recent: the last numbers, to know a repeat in a rising numbering.

    """

    numbering: Numbering
    first: int | None = None
    highest: int | None = None
    begun: bool = True
    open: tuple[Hole, ...] = ()
    lost: tuple[Hole, ...] = ()
    lost_gaps: int = 0
    lost_messages: int = 0
    recent: tuple[int, ...] = field(default=(), repr=False)

    @property
    def gaps(self) -> int:
        """Return how many gaps there are: given up, or open now."""
        return self.lost_gaps + len(self.open)

    @property
    def missed(self) -> int:
        """Return how many messages those gaps hold."""
        return self.lost_messages + sum(hole.missing for hole in self.open)

    def connected(self) -> Trail:
        """Note that a connection begins.

        What the venue sends first may be what it sent last, so that one number is no repeat.
        """
        if self.numbering is Numbering.PER_CONNECTION:
            return replace(_given_up(self, len(self.open)), first=None, highest=None, begun=True)
        return replace(self, begun=True)

    def take(self, number: int, now: Millis) -> tuple[Trail, Place]:
        """Return the trail after `number`, and where that stands."""
        trail = self.settled(now)
        repeated = trail.begun and number == trail.highest
        trail = replace(trail, begun=False, recent=(*trail.recent, number)[-RECENT:])
        if trail.highest is None or abs(number - trail.highest) > MAX_LEAP:
            trail = _given_up(trail, len(trail.open))
            return replace(trail, first=number, highest=number, lost=()), Place.NEXT
        if repeated:
            return trail, Place.NEXT
        if number > trail.highest:
            return _ahead(trail, number, trail.highest, now)
        return _behind(trail, number, seen=number in self.recent)

    def settled(self, now: Millis) -> Trail:
        """Return the trail at `now`: what is missing for too long is lost."""
        late = sum(1 for hole in self.open if now - hole.at >= LATE_MS)
        return _given_up(self, late) if late else self


def _ahead(trail: Trail, number: int, highest: int, now: Millis) -> tuple[Trail, Place]:
    if trail.numbering is Numbering.RISING or number == highest + 1:
        return replace(trail, highest=number), Place.NEXT
    hole = Hole(highest + 1, number - 1, now)
    trail = replace(trail, highest=number, open=(*trail.open, hole))
    return _given_up(trail, max(0, len(trail.open) - MAX_HOLES)), Place.GAP


def _behind(trail: Trail, number: int, *, seen: bool) -> tuple[Trail, Place]:
    if trail.numbering is Numbering.RISING:
        return trail, Place.DUPLICATE if seen else Place.OUT_OF_ORDER
    if trail.first is not None and number < trail.first:
        return trail, Place.DUPLICATE if seen else Place.OUT_OF_ORDER
    if not any(hole.wants(number) for hole in (*trail.open, *trail.lost)):
        return trail, Place.DUPLICATE
    still = (hole.filled(number) if hole.wants(number) else hole for hole in trail.open)
    lost = tuple(hole.filled(number) if hole.wants(number) else hole for hole in trail.lost)
    trail = replace(trail, open=tuple(hole for hole in still if hole.missing), lost=lost)
    return trail, Place.OUT_OF_ORDER


def _given_up(trail: Trail, count: int) -> Trail:
    """Return the trail without its `count` oldest open holes: they count for good."""
    if not count:
        return trail
    gone = trail.open[:count]
    return replace(
        trail,
        open=trail.open[count:],
        lost=(*trail.lost, *gone)[-MAX_HOLES:],
        lost_gaps=trail.lost_gaps + len(gone),
        lost_messages=trail.lost_messages + sum(hole.missing for hole in gone),
    )
