"""The period that several figures share: coins of one quarter stand beside machines of the same.

Each fact's newest figure counts, and papers do not come together: the newest coins sold may be of a
quarter whose coins mined nobody has stated yet. A metric that sets sums of one period side by side
takes the newest period that has all of them instead; docs/formulas.md 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.domain.companies import Company, fact_at
from monitor.domain.figures import Figure, known_of
from monitor.domain.guards import FLOW_UNITS, mixed_period


def of_one_period(company: Company, facts: Sequence[str], moment: int) -> dict[str, Figure]:
    """Return the figures of the newest period that has all `facts` as known at `moment` (ms UTC).

    Empty where the newest figures are of one period already, where one of them was given live, and
    where no period has all: then the newest stand, and are doubted as `mixed_period`.
    """
    newest = {name: fact_at(company, name, moment) for name in facts}
    known = {name: item for name, item in newest.items() if item is not None}
    live = any(item.expires is not None for item in known.values())
    if len(known) < len(facts) or live or not mixed_period(known):
        return {}
    histories = {name: known_of(company.figures.get(name, ()), moment) for name in facts}
    sums = [it for items in histories.values() for it in items if _is_sum(it)]
    for period in sorted(sums, key=lambda it: (it.as_of, it.is_quarter), reverse=True):
        found = _within(period, histories)
        if found is not None and not mixed_period(found):
            return found
    return {}


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
