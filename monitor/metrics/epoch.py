"""Where the network stands in its two clocks: the difficulty epoch and the halving. One for all.

Hashrate found in the last 144 blocks belongs here too: it is the pace of blocks read backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from monitor.domain.network import (
    EPOCH_BLOCKS,
    HALVING_BLOCKS,
    MIN_PROJECTION_BLOCKS,
    WINDOW_BLOCKS,
    found_hashrate_eh_s,
    hashrate_counts,
    projection_error_ratio,
    retarget_change_ratio,
)
from monitor.domain.units import BLOCK_TARGET_S, SECONDS_PER_DAY
from monitor.metrics.base import Example, Floats, Guard, Input, Mask, Metric, Scope, above
from monitor.metrics.network import DIFFICULTY_ABOVE_ZERO, HEIGHT_OK
from monitor.metrics.reference import NETWORK, PACE, REF

_metric = partial(Metric, scope=Scope.NETWORK)
_SOURCE = "docs/formulas.md 1.5"
_HALVING = "docs/formulas.md 1.3"
_WINDOW: Mapping[str, float] = {"difficulty": NETWORK["difficulty"], "window_144_s": 91_633}
_A13 = {"height": 904_168, "block_pace_s": 570}
_A13_SOURCE = "block 1,000 of 2,016 at 9.5 min"
_HALVING_HEIGHT: Mapping[str, float] = {"height": 906_000}


def _since_retarget(height: Floats) -> Floats:
    return np.mod(height, EPOCH_BLOCKS)


def _until_retarget(height: Floats) -> Floats:
    return EPOCH_BLOCKS - _since_retarget(height)


def _progress(blocks: Floats) -> Floats:
    return blocks / EPOCH_BLOCKS


def _at_least_blocks(blocks: int) -> Callable[[Floats], Mask]:
    """Return a guard test: the epoch is at least `blocks` blocks old at that height."""
    return lambda height: np.greater_equal(_since_retarget(height), blocks)


_EARLY = Guard("height", _at_least_blocks(MIN_PROJECTION_BLOCKS), "too_early")
_PACE_OK = Guard("block_pace_s", above(0.0), "no_pace")


def _days_left(height: Floats, pace_s: Floats) -> Floats:
    return _until_retarget(height) * pace_s / SECONDS_PER_DAY


def _projected(_height: Floats, pace_s: Floats) -> Floats:
    return retarget_change_ratio(pace_s)


def _error(height: Floats) -> Floats:
    return projection_error_ratio(_since_retarget(height))


def _until_halving(height: Floats) -> Floats:
    return HALVING_BLOCKS - np.mod(height, HALVING_BLOCKS)


def _halving_days(height: Floats) -> Floats:
    return _until_halving(height) * (BLOCK_TARGET_S / SECONDS_PER_DAY)


def _estimate(word: str, count: float, label: str, description: str, example: float) -> Metric:
    """Declare one reading of the last 144 blocks: the estimate, or an end of its interval."""
    digits = 2 if word in {"", "unbiased_"} else 1

    def compute(difficulty: Floats, elapsed_s: Floats, _height: Floats) -> Floats:
        return found_hashrate_eh_s(count, difficulty, elapsed_s)

    return _metric(
        name=f"estimated_hashrate_{word}eh_s",
        unit="EH/s",
        inputs=(
            "difficulty",
            "window_144_s",
            Input(
                "height",
                EPOCH_BLOCKS - 1,
                "the 144 blocks were all mined at this difficulty",
                operand=False,
            ),
        ),
        description=description,
        formula=f"{count:,.6g} x difficulty x 2^32 / window_144_s / 1e18",
        source="docs.coinmetrics.io, hash rate; docs/formulas.md 1.2",
        compute=compute,
        guards=(
            DIFFICULTY_ABOVE_ZERO,
            Guard("window_144_s", above(0.0), "no_window"),
            # the epoch's first block, 0 blocks in, was mined at the new difficulty already
            Guard("height", _at_least_blocks(WINDOW_BLOCKS - 1), "retarget_in_window"),
        ),
        examples=(
            Example(_WINDOW, example, digits, REF),
            Example({**_WINDOW, "height": 931_500}, None, reason="retarget_in_window"),
        ),
        label=label,
    )


_COUNTS = hashrate_counts(WINDOW_BLOCKS)

_ESTIMATES = (
    _estimate(
        "",
        _COUNTS.plain,
        "Estimated hashrate",
        "Hashrate that the last 144 blocks were found with; chance alone moves it by 8.3 %.",
        988.61,
    ),
    _estimate(
        "unbiased_",
        _COUNTS.unbiased,
        "Estimated hashrate, unbiased",
        "The estimate with 143 in place of 144, as the time counted ends with a block.",
        981.75,
    ),
    _estimate(
        "low_",
        _COUNTS.low,
        "Estimated hashrate, low",
        "Lower end of the 95 % interval around the hashrate of the last 144 blocks.",
        833.7,
    ),
    _estimate(
        "high_",
        _COUNTS.high,
        "Estimated hashrate, high",
        "Upper end of the 95 % interval around the hashrate of the last 144 blocks.",
        1_156.5,
    ),
)

_EPOCH = (
    _metric(
        name="epoch_blocks",
        unit="blocks",
        inputs=("height",),
        description="Blocks mined since the first one of the running difficulty epoch.",
        formula="height mod 2,016",
        source=_SOURCE,
        compute=_since_retarget,
        guards=(HEIGHT_OK,),
        examples=(Example({"height": 931_995}, 603, 0, REF),),
        label="Epoch blocks",
    ),
    _metric(
        name="epoch_left_blocks",
        unit="blocks",
        inputs=("height",),
        description="Blocks until the next change of difficulty.",
        formula="2,016 - height mod 2,016",
        source=_SOURCE,
        compute=_until_retarget,
        guards=(HEIGHT_OK,),
        examples=(
            Example({"height": 931_995}, 1_413, 0, REF),
            Example({"height": 933_408}, 2_016, 0, "the retarget block itself"),
        ),
        label="Blocks to retarget",
    ),
    _metric(
        name="epoch_progress_ratio",
        unit="ratio",
        inputs=("epoch_blocks",),
        description="Share of the running difficulty epoch that is over.",
        formula="epoch_blocks / 2,016",
        source=_SOURCE,
        compute=_progress,
        examples=(
            Example({"height": _A13["height"]}, 0.4960, 4, _A13_SOURCE),
            Example({"height": 931_995}, 0.2991, 4, REF),
        ),
        label="Epoch progress",
    ),
    _metric(
        name="epoch_left_days",
        unit="days",
        inputs=("height", "block_pace_s"),
        description="Days until the next change of difficulty at the epoch's own pace.",
        formula="epoch_left_blocks x block_pace_s / 86,400",
        source=_SOURCE,
        compute=_days_left,
        guards=(HEIGHT_OK, _EARLY, _PACE_OK),
        examples=(
            Example(PACE, 10.04, 2, REF),
            Example({**PACE, "height": 931_535}, None, reason="too_early"),
        ),
        label="Days to retarget",
        headline=True,
    ),
    _metric(
        name="retarget_change_ratio",
        unit="ratio",
        inputs=("height", "block_pace_s"),
        description="Change of difficulty that the epoch's pace so far leads to; within a factor"
        " of four, as consensus has it.",
        formula="600 s / block_pace_s - 1",
        source=_SOURCE,
        compute=_projected,
        guards=(HEIGHT_OK, _EARLY, _PACE_OK),
        examples=(
            Example(PACE, -0.0228, 4, f"{REF}; it became -0.0328"),
            Example(_A13, 0.053, 3, _A13_SOURCE),
            Example({**PACE, "height": 931_535}, None, reason="too_early"),
        ),
        label="Next retarget",
        headline=True,
    ),
    _metric(
        name="retarget_error_ratio",
        unit="ratio",
        inputs=("height",),
        description="How far that projection was off at this point of past epochs (root mean"
        " square over 27): add and subtract it.",
        formula="0.092 at 144 blocks, 0.058 at 504, 0.036 at 1,008, 0.021 at 1,512, 0.0065 from"
        " 1,872 on; linear between",
        source=_SOURCE,
        compute=_error,
        guards=(HEIGHT_OK, _EARLY),
        examples=(
            Example({"height": 931_392 + 1_008}, 0.036, 3, "measured on 27 epochs"),
            Example({"height": 931_995}, 0.0537, 4, "603 blocks in, between two measured points"),
            Example({"height": 931_535}, None, reason="too_early"),
        ),
        label="Retarget error",
    ),
)

_HALVINGS = (
    _metric(
        name="halving_left_blocks",
        unit="blocks",
        inputs=("height",),
        description="Blocks until the subsidy halves.",
        formula="210,000 - height mod 210,000",
        source=_HALVING,
        compute=_until_halving,
        guards=(HEIGHT_OK,),
        examples=(
            Example(_HALVING_HEIGHT, 144_000, 0, "the next halving is at 1,050,000"),
            Example({"height": 1_049_999}, 1, 0, "the block before it"),
        ),
        label="Blocks to halving",
    ),
    _metric(
        name="halving_left_days",
        unit="days",
        inputs=("height",),
        description="Days until the subsidy halves, at the 600 s per block that retargets aim at.",
        formula="halving_left_blocks x 600 / 86,400",
        source=_HALVING,
        compute=_halving_days,
        guards=(HEIGHT_OK,),
        examples=(Example(_HALVING_HEIGHT, 1_000, 1, "144,000 blocks, 144 a day"),),
        label="Days to halving",
        headline=True,
    ),
)

METRICS: tuple[Metric, ...] = _ESTIMATES + _EPOCH + _HALVINGS
