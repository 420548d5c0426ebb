"""The period that several figures share: coins of one quarter stand beside machines of the same.

Each fact's newest figure counts, and papers do not come together: the newest coins sold may be of a
quarter whose coins mined nobody has stated yet. A metric that sets sums of one period side by side
takes the newest period that has all of them instead. Where no period has, neighbours stand side by
side and are doubted; what is further apart is no quotient. docs/concepts.md and docs/formulas.md 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.domain.companies import Company, fact_at
from monitor.domain.facts import QUARTERLY_DAYS
from monitor.domain.figures import DAY, Figure, known_of
from monitor.domain.guards import FLOW_UNITS, mixed_period, sums_of

MIXED_PERIOD = "mixed_period"
"""Why a quotient has no value: its parts are of periods that say nothing of each other."""
SAME_PERIOD = "same_period"
"""Why a change has no value: both its sides are of one period."""
NEAR_DAYS = QUARTERLY_DAYS
"""Periods that end further apart are no neighbours: a quarter, and the days of grace."""
LONGEST_TO_SHORTEST = 1.5
"""Sums of periods that differ in length by more are no quotient: a month's over a quarter's."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands in place of the newest figures.

    Attributes:
        figures: those of the shared period by fact; empty where the newest stand.
        reason: why there is no value at all, '' where there is one.

    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    reason: str = ""


NEWEST = Shared()
"""Nothing stands in: the newest figures are meant."""


def of_one_period(company: Company, facts: Sequence[str], moment: int) -> Shared:
    """Return the figures of the newest period that has all `facts` as known at `moment` (ms UTC).

    The newest stand where they are of one period already, where one of them was given live, where
    one is unknown, and, doubted as `mixed_period`, where no period has all and theirs are
    neighbours. Where they are further apart the reason is `mixed_period`.
    """
    known = _newest(company, facts, moment)
    live = any(item.expires is not None for item in known.values())
    if len(known) < len(facts) or live or not mixed_period(known):
        return NEWEST
    histories = {name: known_of(company.figures.get(name, ()), moment) for name in facts}
    sums = [it for items in histories.values() for it in items if _is_sum(it)]
    for period in sorted(sums, key=lambda it: (it.as_of, it.is_quarter), reverse=True):
        found = _within(period, histories)
        if found is not None and not mixed_period(found):
            return Shared(found)
    return NEWEST if _near(known) else Shared(reason=MIXED_PERIOD)


def of_one_earlier_period(company: Company, facts: Sequence[str], then: int, moment: int) -> Shared:
    """Return the same as known at `then`, to stand beside what `of_one_period` says at `moment`.

    A period beside itself shows no change: the reason is `same_period` then.
    """
    earlier, later = (of_one_period(company, facts, when) for when in (then, moment))
    if earlier.reason or later.reason:
        return Shared(reason=earlier.reason or later.reason)
    before = earlier.figures or _newest(company, facts, then)
    after = later.figures or _newest(company, facts, moment)
    if any(before[name].as_of >= after[name].as_of for name in before.keys() & after.keys()):
        return Shared(reason=SAME_PERIOD)
    return earlier


def _newest(company: Company, facts: Sequence[str], moment: int) -> dict[str, Figure]:
    found = {name: fact_at(company, name, moment) for name in facts}
    return {name: item for name, item in found.items() if item is not None}


def _near(known: Mapping[str, Figure]) -> bool:
    """Tell whether periods are neighbours of about one length, so that a quotient says something."""
    mixed = sums_of(known).values()
    ends = [item.as_of for item in mixed]
    if max(ends) - min(ends) > NEAR_DAYS * DAY:
        return False
    # a rate of a year is one whatever it was measured over; a hashrate is no sum
    days = [item.period_days or 0 for item in mixed if _is_sum(item) and item.unit != "USD/year"]
    return not days or max(days) <= LONGEST_TO_SHORTEST * min(days)


def _is_sum(figure: Figure) -> bool:
    return figure.period_start is not None and figure.unit in FLOW_UNITS


def _within(period: Figure, histories: Mapping[str, Sequence[Figure]]) -> dict[str, Figure] | None:
    """Return the best figure of each fact for a period; None where one has none."""
    found: dict[str, Figure] = {}
    for name, items in histories.items():
        same = [it for it in items if _days(it) == _days(period)]
        fitting = same or [it for it in items if not _is_sum(it) and _ends(it, period)]
        if not fitting:
            return None
        found[name] = fitting[-1]
    return found


def _days(figure: Figure) -> tuple[int | None, int]:
    return figure.period_start, figure.as_of


def _ends(figure: Figure, period: Figure) -> bool:
    """Tell whether a state describes the end of a period: the last month's machines, a close."""
    begins = figure.as_of if figure.period_start is None else figure.period_start
    return (period.period_start or 0) <= begins and figure.as_of == period.as_of
