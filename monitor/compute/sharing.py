"""Which figures of a company a metric of one period rests on, by the names of its inputs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.compute.history import EARLIER_FACTS, EARLIER_MS
from monitor.domain.companies import Company
from monitor.domain.periods import Shared, of_one_earlier_period, of_one_period


def shared_by(
    company: Company, inputs: Sequence[str], now: int, known_at: int | None = None
) -> Shared:
    """Return the figures that stand in for `inputs` at `now` (ms UTC), by input.

    Of inputs that hold what was known half a year before, it is the period that was shared then.
    `known_at` is later than `now` where the books are read with hindsight.
    """
    moment = now if known_at is None else known_at
    facts = [EARLIER_FACTS.get(name, name) for name in inputs]
    if EARLIER_FACTS.keys().isdisjoint(inputs):
        return of_one_period(company, facts, moment)
    found = of_one_earlier_period(company, facts, now - EARLIER_MS, moment)
    own = (
        {name: found.figures[fact] for name, fact in zip(inputs, facts, strict=True)}
        if (found.figures)
        else {}
    )
    return Shared(own, found.reason)
