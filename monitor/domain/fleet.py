"""The machines of a mine by type: how efficient they are together, and which go dark first.

A fleet is dated like a figure. Old machines stop paying their electricity long before the average
does, so the average hides what a fall of the hashprice switches off (docs/formulas.md 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain.figures import Confidence
from monitor.domain.units import HOURS_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One type of machine in a fleet.

    Attributes:
        name: as its maker calls it.
        efficiency_j_th: energy per hash at the wall.
        share_ratio: part of the fleet's hashrate.
        hashrate_eh_s: its hashrate; None where the paper gives shares only.
        source: address of the paper, or words.
        title: name of the paper.
        confidence: how well it is sourced.
        note: what limits it.

    """

    name: str
    efficiency_j_th: float
    share_ratio: float
    source: str
    title: str
    confidence: Confidence
    hashrate_eh_s: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines on one day, `as_of` (ms UTC), known from `known_at` on."""

    as_of: int
    published: int | None
    machines: tuple[Machine, ...]

    @property
    def known_at(self) -> int:
        """Return the moment from which it may be used."""
        return self.as_of if self.published is None else max(self.as_of, self.published)

    @property
    def efficiency_j_th(self) -> float:
        """Return the efficiency weighted by hashrate."""
        weighed = sum(item.share_ratio * item.efficiency_j_th for item in self.machines)
        return weighed / sum(item.share_ratio for item in self.machines)

    @property
    def confidence(self) -> Confidence:
        """Return the confidence of its worst sourced machine."""
        return min((item.confidence for item in self.machines), key=lambda word: word.rank)


@dataclass(frozen=True, slots=True)
class Shutdown:
    """A machine and the hashprice below which it does not pay its electricity, USD/PH/day."""

    machine: Machine
    hashprice_usd_ph_day: float

    def unprofitable_at(self, hashprice_usd_ph_day: float) -> bool:
        """Tell whether the machine loses money by running at this hashprice."""
        return hashprice_usd_ph_day < self.hashprice_usd_ph_day


def fleet_at(fleets: Sequence[Fleet], moment: int) -> Fleet | None:
    """Return the newest fleet that was known at `moment` (ms UTC)."""
    known = [fleet for fleet in fleets if fleet.known_at <= moment]
    return max(known, key=lambda fleet: (fleet.as_of, fleet.known_at), default=None)


def shutdown_order(
    fleet: Fleet,
    *,
    power_price_usd_kwh: float,
    site_overhead_ratio: float = 1.0,
    pool_fee_ratio: float = 0.0,
) -> tuple[Shutdown, ...]:
    """Return the machines, the first to be switched off first (docs/formulas.md 3).

    A machine's shutdown hashprice is its power hashcost / (1 - fee): 24 h x J/TH x overhead x
    USD/kWh / (1 - fee). At a negative power price it is negative: the machine always pays.
    """
    per_j_th = HOURS_PER_DAY * site_overhead_ratio * power_price_usd_kwh / (1 - pool_fee_ratio)
    order = [Shutdown(item, per_j_th * item.efficiency_j_th) for item in fleet.machines]
    return tuple(sorted(order, key=lambda item: -item.hashprice_usd_ph_day))
