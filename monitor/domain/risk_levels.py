"""A person's judgement of one risk of one company: level, reason, date, author, expiry.

It is kept apart from what is computed: nobody's level is made up, and one that has expired is not
shown as if it still stood. docs/formulas.md 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class RiskKind(StrEnum):
    """The seven risks of a miner that turns to AI."""

    RETURN_ON_INVESTMENT = "return_on_investment"
    CLIENT_STABILITY = "client_stability"
    POWER = "power"
    COOLING = "cooling"
    COMPLIANCE = "compliance"
    COMPETITION = "competition"
    ALLOCATION = "allocation"


class Level(StrEnum):
    """How high a risk is, the lowest first. The allocation of capital takes free text instead."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class SubFlagKind(StrEnum):
    """What compliance is made of."""

    PRIVACY = "privacy"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    CROSS_BORDER_DATA = "cross_border_data"
    EMISSIONS = "emissions"


@dataclass(frozen=True, slots=True)
class SubFlag:
    """One part of compliance: whether it is raised, and since when (ms UTC) that is so."""

    kind: SubFlagKind
    raised: bool
    date: int
    text: str
    source: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLevel:
    """One judgement.

    Attributes:
        risk: which of the seven.
        level: a word of `Level`; free text for the allocation.
        reason: why, in words.
        date: from when it holds (ms UTC).
        author: who says so.
        expires: from when it does not hold any more (ms UTC).
        source: address of what it rests on, or words.
        title: name of the paper.
        sub_flags: of compliance.
        where: place in the book, `file:line`; no part of what it is.

    """

    risk: RiskKind
    level: str
    reason: str
    date: int
    author: str
    expires: int
    source: str
    title: str = ""
    sub_flags: tuple[SubFlag, ...] = ()
    where: str = field(default="", compare=False)

    def present_at(self, moment: int) -> bool:
        """Tell whether it was given and has not expired at `moment`."""
        return self.date <= moment < self.expires


def newest_level(levels: Sequence[RiskLevel], risk: RiskKind, moment: int) -> RiskLevel | None:
    """Return the newest judgement of `risk` given by `moment` (ms UTC), expired or not."""
    given = [item for item in levels if item.risk is risk and item.date <= moment]
    return max(given, key=lambda item: item.date, default=None)
