"""One price for an hour of an H100 from several markets and price lists, and how far to trust it.

A market of small owners and the price list of a cloud differ by a factor of two to three on the same
day, and both are right; so the sources are not averaged but their median is taken, and the quality
says how many there are. Only a spread that no two of them ever had means that one is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from monitor.domain.events import Quality

QUORUM = 3
DISPUTED_FACTOR = 5.0
"""On 2026-03-06 verified offers stood at 1.47 and a cloud's list at 4.29 USD: a factor of 2.9."""


def rental_price(prices: Sequence[float]) -> tuple[float, Quality]:
    """Return the reference of one or more fresh prices, USD an hour, and its quality.

    Three and more sources are `OK`, two `DEGRADED`, one `SINGLE`; where the dearest is five times
    the cheapest or more, the reference is `DISPUTED` and nothing fires on it.
    """
    value = median(prices)
    if max(prices) >= DISPUTED_FACTOR * min(prices):
        return value, Quality.DISPUTED
    if len(prices) >= QUORUM:
        return value, Quality.OK
    return value, Quality.SINGLE if len(prices) == 1 else Quality.DEGRADED
