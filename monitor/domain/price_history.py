"""Between which prices BTC moved in each quarter: enough to see a figure that is wrong by ten.

Lowest and highest daily close of the quarter, UTC, rounded outward to 100 USD. From the daily
Coin Metrics community series (PriceUSD), the last month of it from Coinbase, read on 2026-07-26.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def btc_range_usd(start: int, end: int) -> Range | None:
    """Return between which closes BTC moved from `start` to `end` (ms UTC).

    Whole quarters are taken, so the range is never too narrow. None where a day lies in a quarter
    that is not in the table.
    """
    found: list[tuple[int, int]] = []
    for year, quarter in _quarters(start, end):
        quarters = _HUNDREDS.get(year, ())
        if quarter >= len(quarters):
            return None
        found.append(quarters[quarter])
    return Range(min(low for low, _ in found) * 100, max(high for _, high in found) * 100)


def _quarters(start: int, end: int) -> Iterator[tuple[int, int]]:
    first, last = (_quarter(moment) for moment in (start, max(start, end)))
    for number in range(first, last + 1):
        yield divmod(number, 4)


def _quarter(moment: int) -> int:
    day = datetime.fromtimestamp(moment / 1000, UTC)
    return day.year * 4 + (day.month - 1) // 3
