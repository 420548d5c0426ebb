"""Funding rates of different venues in one unit: a fraction for each eight hours. Hop 2, pure.

A venue pays funding every 1, 4 or 8 hours and quotes the rate of its own interval; only rates of the
same interval may be compared. Source: docs/formulas.md 10.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

HOUR_MS = 3_600_000
UNIT_MS = 8 * HOUR_MS
DAY_MS = 24 * HOUR_MS
LATE_MS = HOUR_MS
"""How long after its moment a settlement may be listed; after that the list stands still."""


DAY_ROWS = 26
"""So many settlements are a day even where funding is paid each hour."""


class Settled(NamedTuple):
    """One settlement: its moment in ms UTC, and the rate of the interval that ended then."""

    at: int
    rate: Decimal


class UnevenHistoryError(ValueError):
    """A list of settlements from which nothing can be said about the last day."""


def per_eight_hours(rate: Decimal, interval_ms: int) -> Decimal:
    """Return the rate of `interval_ms` as one of eight hours, without compounding.

    Raises:
        ValueError: the interval is none: zero, negative or longer than a day.

    """
    if not 0 < interval_ms <= DAY_MS:
        raise ValueError(f"{interval_ms} ms is no funding interval")
    return rate * UNIT_MS / interval_ms


def held_over_a_day(settled: Iterable[Settled], now: int) -> Decimal:
    """Return the rate that held in every period of the last day, turned to eight hours.

    That is the one nearest to zero; 0 where the signs differ. A day is three periods of eight hours
    or twenty-four of one. The length of a period is the time since the settlement before it, so that
    a venue which changes its interval is read right.

    Raises:
        UnevenHistoryError: the list does not reach back a day, or ended more than a period ago.

    """
    rows = sorted(set(settled))
    if len(rows) < 2:  # noqa: PLR2004  # a period has two ends
        raise UnevenHistoryError(f"{len(rows)} settlements make no period")
    try:
        rates = [
            (later.at, per_eight_hours(later.rate, later.at - earlier.at))
            for earlier, later in pairwise(rows)
        ]
    except ValueError as error:
        raise UnevenHistoryError(str(error)) from error
    newest = rows[-1].at
    if now - newest > newest - rows[-2].at + LATE_MS:
        raise UnevenHistoryError("the newest settlement is older than a period")
    if newest - rows[0].at < DAY_MS:
        raise UnevenHistoryError("the settlements do not reach back a day")
    day = [rate for at, rate in rates if at > newest - DAY_MS]
    least, greatest = min(day), max(day)
    return least if least > 0 else greatest if greatest < 0 else Decimal(0)


def past_rates(settled: Iterable[Settled]) -> list[Settled]:
    """Return each settlement's rate turned to eight hours; one after a gap of over a day is left out."""
    return [
        Settled(later.at, per_eight_hours(later.rate, later.at - earlier.at))
        for earlier, later in pairwise(sorted(set(settled)))
        if 0 < later.at - earlier.at <= DAY_MS
    ]


def past_held(settled: Iterable[Settled]) -> list[Settled]:
    """Return at each settlement what `held_over_a_day` was then; where it cannot be said, nothing."""
    rows, found = sorted(set(settled)), []
    for place, row in enumerate(rows, 1):
        with contextlib.suppress(UnevenHistoryError):
            held = held_over_a_day(rows[max(0, place - DAY_ROWS) : place], row.at)
            found.append(Settled(row.at, held))
    return found
