"""The Bitcoin network as a miner's income: hashrate, subsidy, fees, retarget, hashprice.

Formulas and worked numbers: docs/formulas.md 1 and 2; a number in brackets is its section.
Functions over `Values` take one float or a float64 array; a divisor of 0 is the caller's to
refuse, as the metrics do by a named guard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from monitor.domain.quantiles import chi_square_quantile
from monitor.domain.units import (
    BLOCK_TARGET_S,
    HASHES_PER_DIFFICULTY,
    HASHES_PER_EH,
    HASHES_PER_PH,
    SAT_PER_BTC,
    SECONDS_PER_DAY,
    Values,
)

FIRST_SUBSIDY_SAT = 50 * SAT_PER_BTC
HALVING_BLOCKS = 210_000
_HALVING_DAYS = (
    date(2012, 11, 28),
    date(2016, 7, 9),
    date(2020, 5, 11),
    date(2024, 4, 20),
)
"""UTC days of the blocks 210,000, 420,000, 630,000 and 840,000, by their header times."""
_NEXT_HALVING_NOT_BEFORE = date(2027, 10, 1)
"""Block 1,050,000 in April 2028 at 10 minutes a block; 8.7 have never been the mean of an era."""
LAST_SUBSIDISED_ERA = 63  # consensus: a shift by 64 or more is zero by rule

EPOCH_BLOCKS = 2_016
EPOCH_TARGET_S = EPOCH_BLOCKS * BLOCK_TARGET_S
WINDOW_BLOCKS = 144
MAX_RETARGET_FACTOR = 4
MIN_PROJECTION_BLOCKS = 144

# Blocks into the epoch, and the RMS error there of the projected change, measured on 27 epochs
# (section 1.5).
ERROR_BLOCKS = (144.0, 504.0, 1_008.0, 1_512.0, 1_872.0)
ERROR_RATIOS = (0.092, 0.058, 0.036, 0.021, 0.0065)


@dataclass(frozen=True, slots=True)
class HashrateEstimate:
    """Hashrate seen in the last blocks, in EH/s, with what chance alone does to it.

    Attributes:
        eh_s: the number everybody publishes, n x D x 2^32 / dt.
        unbiased_eh_s: with n - 1 in place of n.
        low_eh_s: lower end of the 95 % interval.
        high_eh_s: upper end of it.
        standard_error_ratio: 1/sqrt(n).

    """

    eh_s: float
    unbiased_eh_s: float
    low_eh_s: float
    high_eh_s: float
    standard_error_ratio: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where the difficulty epoch stands. The projection is None before 144 blocks.

    Attributes:
        first_height: height of its first block.
        blocks: blocks since the first one (height mod 2016).
        blocks_left: until the retarget.
        progress_ratio: share of the epoch that is over.
        pace_s: mean seconds per block so far.
        seconds_left: until the retarget at that pace.
        change_ratio: projected change of difficulty.
        error_ratio: measured RMS error of that projection at this point of the epoch.

    """

    first_height: int
    blocks: int
    blocks_left: int
    progress_ratio: float
    pace_s: float | None
    seconds_left: float | None
    change_ratio: float | None
    error_ratio: float | None


def implied_hashrate_eh_s(difficulty: Values) -> Values:
    """Return the hashrate in EH/s that finds a block each 600 s at `difficulty` (1.1)."""
    return difficulty * (HASHES_PER_DIFFICULTY / BLOCK_TARGET_S / HASHES_PER_EH)


@dataclass(frozen=True, slots=True)
class HashrateCounts:
    """What a number of blocks found counts as in an estimate of the hashrate (1.2).

    Attributes:
        plain: the blocks themselves, n.
        unbiased: n - 1, as the time ends with a block.
        low: lower end of the 95 % interval, half the chi-square quantile of 2n degrees.
        high: upper end of it.

    """

    plain: float
    unbiased: float
    low: float
    high: float


def hashrate_counts(blocks: int) -> HashrateCounts:
    """Return what `blocks` intervals count as.

    Raises:
        ValueError: fewer than two.

    """
    if blocks < 2:  # noqa: PLR2004 - n - 1 and the interval need two
        raise ValueError(f"a hashrate estimate needs at least 2 block intervals, not {blocks}")
    freedom = 2 * blocks
    return HashrateCounts(
        plain=blocks,
        unbiased=blocks - 1,
        low=chi_square_quantile(0.025, freedom) / 2,
        high=chi_square_quantile(0.975, freedom) / 2,
    )


def found_hashrate_eh_s(count: float, difficulty: Values, elapsed_s: Values) -> Values:
    """Return the hashrate in EH/s that finds `count` blocks of `difficulty` in a time (1.2)."""
    return count * difficulty * (HASHES_PER_DIFFICULTY / HASHES_PER_EH) / elapsed_s


def estimate_hashrate(blocks: int, difficulty_sum: float, elapsed_s: float) -> HashrateEstimate:
    """Estimate hashrate from `blocks` intervals that took `elapsed_s` seconds together (1.2).

    `difficulty_sum` adds the difficulty of each interval, so a retarget may lie inside. One
    interval is never enough: header times run backwards at times.

    Raises:
        ValueError: fewer than two intervals, or no time between first and last block.

    """
    counts = hashrate_counts(blocks)
    if elapsed_s <= 0:
        raise ValueError(f"the intervals took {elapsed_s} s: header times must rise over them")
    mean = difficulty_sum / blocks
    return HashrateEstimate(
        eh_s=found_hashrate_eh_s(counts.plain, mean, elapsed_s),
        unbiased_eh_s=found_hashrate_eh_s(counts.unbiased, mean, elapsed_s),
        low_eh_s=found_hashrate_eh_s(counts.low, mean, elapsed_s),
        high_eh_s=found_hashrate_eh_s(counts.high, mean, elapsed_s),
        standard_error_ratio=1 / math.sqrt(blocks),
    )


def subsidy_sat(height: int) -> int:
    """Return the new coins of the block at `height`, in satoshi (1.3).

    Raises:
        ValueError: the height is negative.

    """
    if height < 0:
        raise ValueError(f"block height {height} is negative")
    era = height // HALVING_BLOCKS
    return FIRST_SUBSIDY_SAT >> era if era <= LAST_SUBSIDISED_ERA else 0


def subsidy_of_day(day: date) -> int | None:
    """Return the new coins of each block of a UTC day, in satoshi, where no height is at hand.

    None for a day with a halving in it, which had two of them, and for days after the last
    halving that is known here.
    """
    if day in _HALVING_DAYS or day >= _NEXT_HALVING_NOT_BEFORE:
        return None
    return FIRST_SUBSIDY_SAT >> sum(day > halving for halving in _HALVING_DAYS)


def subsidy_btc(height: int) -> float:
    """Return the new coins of the block at `height`, in BTC."""
    return subsidy_sat(height) / SAT_PER_BTC


def next_halving_height(height: int) -> int:
    """Return the first height above `height` at which the subsidy halves."""
    return (height // HALVING_BLOCKS + 1) * HALVING_BLOCKS


def fees_btc_per_block(fees_sat: Iterable[int | None]) -> float | None:
    """Return the mean fee in BTC of the blocks given, usually the last 144 (1.4).

    An empty block counts as 0; a block not received yet is None and left out of both sums.
    With no block at all the mean is unknown: None.
    """
    known = [fee for fee in fees_sat if fee is not None]
    return sum(known) / len(known) / SAT_PER_BTC if known else None


def next_difficulty(difficulty: float, elapsed_s: float) -> float:
    """Return the difficulty after an epoch whose first and last block lie `elapsed_s` apart (1.5).

    The 2015 intervals between them are compared with 2016 x 600 s, as consensus does.
    """
    shortest, longest = EPOCH_TARGET_S / MAX_RETARGET_FACTOR, EPOCH_TARGET_S * MAX_RETARGET_FACTOR
    return difficulty * EPOCH_TARGET_S / min(max(elapsed_s, shortest), longest)


def retarget_change_ratio(pace_s: Values) -> Values:
    """Return the change of difficulty that an epoch of `pace_s` seconds per block ends in (1.5).

    Consensus allows a factor of four both ways.
    """
    factor: Values = np.clip(BLOCK_TARGET_S / pace_s, 1 / MAX_RETARGET_FACTOR, MAX_RETARGET_FACTOR)
    return factor - 1


def project_epoch(height: int, elapsed_s: float) -> Epoch:
    """Project the coming retarget from the pace of the running epoch (1.5).

    `elapsed_s` is the time from the epoch's first block to the block at `height`. Before 144
    blocks, or when header times do not rise, the projection is None.
    """
    blocks = height % EPOCH_BLOCKS
    left = EPOCH_BLOCKS - blocks
    known = blocks >= MIN_PROJECTION_BLOCKS and elapsed_s > 0
    pace_s = elapsed_s / blocks if known else None
    return Epoch(
        first_height=height - blocks,
        blocks=blocks,
        blocks_left=left,
        progress_ratio=blocks / EPOCH_BLOCKS,
        pace_s=pace_s,
        seconds_left=None if pace_s is None else left * pace_s,
        change_ratio=None if pace_s is None else float(retarget_change_ratio(pace_s)),
        error_ratio=float(projection_error_ratio(blocks)) if known else None,
    )


def projection_error_ratio(blocks: Values) -> Values:
    """Return the RMS error of the change projected after `blocks` blocks, 144 or more (1.5).

    Linear between the measured points; after the last one it stays at the last.
    """
    error: Values = np.interp(blocks, ERROR_BLOCKS, ERROR_RATIOS)
    return error


def hashprice_btc_ph_day(subsidy: Values, fees_per_block: Values, difficulty: Values) -> Values:
    """Return what 1 PH/s earns in a day at expected value, in BTC (2.1, FPPS, before pool fee).

    `subsidy` and `fees_per_block` are in BTC.
    """
    earned = (subsidy + fees_per_block) * (SECONDS_PER_DAY * HASHES_PER_PH)
    return earned / (difficulty * HASHES_PER_DIFFICULTY)


def fee_share_ratio(subsidy: Values, fees_per_block: Values) -> Values:
    """Return the fees' share of a block's income, both in BTC (2.4)."""
    return fees_per_block / (subsidy + fees_per_block)


def hashprice_change_ratio(
    *, price: Values, difficulty: Values, fees: Values, fee_share: Values
) -> Values:
    """Return how far hashprice in USD moves when its parts move, all as fractions (2.4).

    For small moves it is price - difficulty + fee_share x fees: the elasticities are 1, -1 and
    the fees' share. A fall of difficulty by 3.28 % is a rise of 3.39 %.
    """
    return (1 + price) * (1 + fee_share * fees) / (1 + difficulty) - 1
