"""Hashprice to a date: the epochs and halvings still to come, each for as long as it lasts.

What is projected is stated in an `Outlook`: nobody knows the difficulty of a month from now, so its
growth is an argument and never a hidden constant. Formula: docs/formulas.md 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.domain.network import (
    EPOCH_BLOCKS,
    MAX_RETARGET_FACTOR,
    hashprice_btc_ph_day,
    next_halving_height,
    subsidy_btc,
)
from monitor.domain.units import BLOCK_TARGET_S

MIN_CHANGE = 1 / MAX_RETARGET_FACTOR - 1
MAX_CHANGE = MAX_RETARGET_FACTOR - 1


@dataclass(frozen=True, slots=True)
class Outlook:
    """The network now, and how its difficulty is taken to go on.

    Attributes:
        height: of the last block.
        difficulty: of the running epoch.
        fees_btc_per_block: taken to stay.
        change_ratio: of difficulty at the coming retarget.
        growth_ratio: of difficulty at each retarget after that.

    Raises:
        ValueError: the height is negative, the difficulty not above 0, or a change is beyond the
            factor of four that consensus allows.

    """

    height: int
    difficulty: float
    fees_btc_per_block: float
    change_ratio: float
    growth_ratio: float = 0.0

    def __post_init__(self) -> None:
        if self.height < 0 or not self.difficulty > 0:
            raise ValueError(f"no network has height {self.height}, difficulty {self.difficulty}")
        for change in (self.change_ratio, self.growth_ratio):
            if not MIN_CHANGE <= change <= MAX_CHANGE:
                raise ValueError(
                    f"a retarget by {change:g} cannot be: consensus allows {MIN_CHANGE} to "
                    f"{MAX_CHANGE}, as fractions"
                )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which neither subsidy nor difficulty changes."""

    seconds: float
    subsidy_btc: float
    difficulty: float


def stretches(outlook: Outlook, horizon_s: float) -> Iterator[Stretch]:
    """Yield the stretches of the coming `horizon_s` seconds, in order; they fill it exactly.

    An epoch that ends in a change by c was mined at 600 / (1 + c) seconds per block: that is what
    the retarget answers to.
    """
    height, difficulty, change = outlook.height, outlook.difficulty, outlook.change_ratio
    left_s = horizon_s
    while left_s > 0:
        retarget = (height // EPOCH_BLOCKS + 1) * EPOCH_BLOCKS
        until = min(retarget, next_halving_height(height))
        seconds = min(left_s, (until - height) * BLOCK_TARGET_S / (1 + change))
        yield Stretch(seconds, subsidy_btc(height), difficulty)
        left_s -= seconds
        height = until
        if until == retarget:
            difficulty *= 1 + change
            change = outlook.growth_ratio


def forward_hashprice_btc_ph_day(outlook: Outlook, horizon_s: float) -> float:
    """Return the mean hashprice over the coming `horizon_s` seconds, weighted by time (2.4).

    A halving inside multiplies the subsidy only.

    Raises:
        ValueError: the horizon is not above 0.

    """
    if not horizon_s > 0:
        raise ValueError(f"a horizon of {horizon_s} s is none")
    fees = outlook.fees_btc_per_block
    earned = sum(
        part.seconds * hashprice_btc_ph_day(part.subsidy_btc, fees, part.difficulty)
        for part in stretches(outlook, horizon_s)
    )
    return earned / horizon_s
