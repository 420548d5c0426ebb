"""Splits and reverse splits of a share: when, by how much, and what that does to numbers. Pure.

After a 1-for-10 reverse split one share stands for ten old ones: a price of before is worth ten times
as much in the new shares, a count of shares a tenth. Nothing of it is a move of the market.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.figures import DAY, iso_day

SHARE_COUNTS = frozenset({"shares_count", "diluted_shares_count"})
"""Facts that a split multiplies."""
TAKES_EFFECT_MS = 5 * 3_600_000
"""After midnight UTC of its date: night in New York, after the last and before the first trade of
the day in winter and in summer."""
USUAL_FACTORS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100)
"""By how many shares are split or joined, as a rule."""
NEAR_FACTOR = math.log(1.15)
"""How far off such a factor a jump over night may be: what the share itself moved."""


class ActionKind(StrEnum):
    """What a company did with its shares."""

    SPLIT = "split"
    REVERSE_SPLIT = "reverse_split"

    @property
    def words(self) -> str:
        """Return it for people."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """One split.

    Attributes:
        kind: split or reverse split.
        new: shares after it ...
        old: ... for so many before.
        date: midnight UTC of the first day on which the new shares are traded, ms.
        source: address or words.
        title: of the paper.
        note: what limits it.

    """

    kind: ActionKind
    new: int
    old: int
    date: int
    source: str
    title: str = ""
    note: str = ""

    @property
    def at(self) -> int:
        """Return the moment from which prices are those of the new shares, ms UTC."""
        return self.date + TAKES_EFFECT_MS

    @property
    def price_factor(self) -> float:
        """Return what a price of before is multiplied by."""
        return self.old / self.new

    def __str__(self) -> str:
        return f"{self.new}-for-{self.old} {self.kind.words} of {iso_day(self.date)}"


def between(
    actions: Iterable[CorporateAction], since: int, until: int
) -> tuple[CorporateAction, ...]:
    """Return the actions that took effect after `since` and up to `until`, ms UTC."""
    return tuple(action for action in actions if since < action.at <= until)


def price_factor(actions: Iterable[CorporateAction]) -> float:
    """Return what a price from before all of `actions` is multiplied by."""
    return math.prod(action.price_factor for action in actions)


def share_factor(actions: Sequence[CorporateAction], as_of: int, moment: int) -> float:
    """Return what a count of shares of the day `as_of` (ms UTC) is multiplied by at `moment`."""
    return 1 / price_factor(between(actions, as_of, moment))


def trading_day(moment: int) -> int:
    """Return the number of the day in which a trade at `moment` (ms UTC) falls in New York."""
    return (moment - TAKES_EFFECT_MS) // DAY


def looks_like_split(before: float, after: float) -> bool:
    """Tell whether a price went from `before` to `after` as a usual split would take it."""
    if before <= 0 or after <= 0:
        return False
    jump = abs(math.log(after / before))
    return any(abs(jump - math.log(factor)) <= NEAR_FACTOR for factor in USUAL_FACTORS)
