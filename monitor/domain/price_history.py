"""Between which prices BTC moved in each quarter: enough to see a figure that is wrong by ten.

Lowest and highest daily close of the quarter, UTC, rounded outward to 100 USD. From the daily
Coin Metrics community series (PriceUSD), the last month of it from Coinbase, read on 2026-07-26.
A quarter that is newer than the table is the one a person enters next, so it has a range too, a wide
one: half the lowest to twice the highest of the table's last four quarters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from monitor.domain.units import Range

_HUNDREDS: Mapping[int, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        2020: ((49, 104), (66, 102), (90, 124), (105, 291)),
        2021: ((293, 613), (316, 635), (297, 527), (463, 676)),
        2022: ((349, 476), (190, 467), (185, 245), (157, 213)),
        2023: ((166, 286), (250, 307), (251, 315), (267, 443)),
        2024: ((395, 731), (581, 718), (538, 682), (602, 1_062)),
        2025: ((790, 1_060), (763, 1_115), (1_055, 1_235), (847, 1_249)),
        2026: ((634, 971), (585, 823)),
    }
)
"""Year to the lowest and highest close of each quarter, in 100 USD."""


_BY_QUARTER: Mapping[int, tuple[float, float]] = MappingProxyType(
    {
        year * 4 + place: limits
        for year, quarters in _HUNDREDS.items()
        for place, limits in enumerate(quarters)
    }
)
_NEWEST = max(_BY_QUARTER)
_LATELY = tuple(_BY_QUARTER[_NEWEST - back] for back in range(4))
# a slip by ten is outside of it, and a price that doubles or halves within it
_BEYOND = (min(low for low, _ in _LATELY) / 2, max(high for _, high in _LATELY) * 2)
_HOLDS_QUARTERS = 8
"""So long after the table's end its wide range is still believed."""


def btc_range_usd(start: int, end: int) -> Range | None:
    """Return between which closes BTC moved, or may have moved, from `start` to `end` (ms UTC).

    Whole quarters are taken, so the range is never too narrow; of those of the two years after the
    table a wide range is. None where a day lies in a quarter before the table, or later than that.
    """
    found: list[tuple[float, float]] = []
    for quarter in range(_quarter(start), _quarter(max(start, end)) + 1):
        lately = _NEWEST < quarter <= _NEWEST + _HOLDS_QUARTERS
        limits = _BEYOND if lately else _BY_QUARTER.get(quarter)
        if limits is None:
            return None
        found.append(limits)
    return Range(min(low for low, _ in found) * 100, max(high for _, high in found) * 100)


def _quarter(moment: int) -> int:
    day = datetime.fromtimestamp(moment / 1000, UTC)
    return day.year * 4 + (day.month - 1) // 3
