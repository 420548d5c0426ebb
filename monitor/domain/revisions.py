"""Figures of a day that are said more than once: each version is kept, the last one counts. Pure.

ETF flows come a day late and are corrected for days; so are network and fund figures. A source that
names the period of a figure says by it which figure it revises.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from enum import Enum, auto
from operator import attrgetter

MAX_PERIODS = 60
MAX_REVISIONS = 12
"""Versions kept of a figure: the first, which was acted upon, and the newest ones."""


class Standing(Enum):
    """What a figure is to those of its source before it."""

    NEW = auto()
    SAME = auto()
    REVISED = auto()
    OLDER = auto()


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a figure.

    Attributes:
        value: as its source wrote it.
        observed_at: the source's own time, ms UTC.
        taken_at: when it came.

    """

    value: str
    observed_at: int
    taken_at: int


@dataclass(frozen=True, slots=True)
class Period:
    """A figure of one period: its first day, and the versions from the first to the last.

    `revisions` counts all of them, also those that are not kept any more.
    """

    day: str
    versions: tuple[Version, ...]
    revisions: int = 0


@dataclass(frozen=True, slots=True)
class Revised:
    """The figures of one instrument by one source, by their days, the newest last."""

    periods: tuple[Period, ...] = ()

    def taken(self, day: str, version: Version) -> tuple[Revised, Standing]:
        """Take in a version of the figure of `day`; return what it is to those before."""
        place = bisect_left(self.periods, day, key=attrgetter("day"))
        newest = place >= len(self.periods) - 1
        if place == len(self.periods) or self.periods[place].day != day:
            newest = place == len(self.periods)
            fresh = (*self.periods[:place], Period(day, (version,)), *self.periods[place:])
            kept = Revised(fresh[-MAX_PERIODS:])
            return kept, Standing.NEW if newest else Standing.OLDER
        known = self.periods[place]
        if known.versions[-1].value == version.value:
            return self, Standing.SAME if newest else Standing.OLDER
        versions = (*known.versions, version)
        if len(versions) > MAX_REVISIONS:
            versions = (versions[0], *versions[-MAX_REVISIONS + 1 :])
        period = replace(known, versions=versions, revisions=known.revisions + 1)
        kept = Revised((*self.periods[:place], period, *self.periods[place + 1 :]))
        return kept, Standing.REVISED if newest else Standing.OLDER

    @property
    def is_revised(self) -> bool:
        """Tell whether the newest figure is not what was said first."""
        return bool(self.periods) and self.periods[-1].revisions > 0
