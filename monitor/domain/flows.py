"""Daily flows of funds: when a day is over, and whether its sign can be right. Hop 2, pure.

Source: docs/formulas.md 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

HOUR_MS = 3_600_000
CLOSED_AFTER_MS = 21 * HOUR_MS
"""New York has closed by 21:00 UTC, in summer an hour before."""
MATERIAL_USD = Decimal(50_000_000)
MATERIAL_MOVE = Decimal("0.02")
_MILLION = Decimal(1_000_000)


def day_ends_at(midnight: int) -> int:
    """Return when the trading day of a date (its midnight, ms UTC) is over: the flow's own time.

    It is the same for each telling of the same day, so that a corrected figure is of the same period.
    """
    return midnight + CLOSED_AFTER_MS


def same_sign(total: Decimal, parts: Sequence[Decimal]) -> bool:
    """Tell whether a total in USD may be that of its parts, by their signs.

    Parts may be missing, so only a contradiction counts: both sides of weight, and against each other.
    """
    added = sum(parts, Decimal(0))
    if min(abs(total), abs(added)) < MATERIAL_USD:
        return True
    return (total > 0) == (added > 0)


def note_on(flow: Decimal, price: Decimal | None, earlier: Decimal | None) -> str:
    """Return what to say of a flow in USD beside the day's price in USD; empty when they agree.

    Money may well go in while the price falls, but a wrong sign looks like that, too.
    """
    if price is None or earlier is None or abs(flow) < MATERIAL_USD:
        return ""
    change = price / earlier - 1
    if abs(change) < MATERIAL_MOVE or (flow > 0) == (change > 0):
        return ""
    went, moved = ("in", "fell") if flow > 0 else ("out", "rose")
    return (
        f"Check the sign: {abs(flow) / _MILLION:,.0f} M USD went {went} while bitcoin {moved} by "
        f"{abs(change):.1%}."
    )
