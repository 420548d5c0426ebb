"""Evaluate one metric for all companies at once, with what is known about each element. Hop 5.

A `Column` is one input or metric over the companies: value, quality, reason. Where the quality is
`MISSING` or `NOT_APPLICABLE` the value is NaN and the reason names why; such an element gives such
an element. A few numpy calls per metric whatever the number of companies; one element is the
scalar case, so `hashhedge calc` and the live vector cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.domain.events import Quality
from monitor.metrics.base import Floats, Input, Mask, Metric

Qualities: TypeAlias = NDArray[np.uint8]
ReasonCodes: TypeAlias = NDArray[np.uint16]

NOT_FINITE = "not_finite"
# count_nonzero stands where any() and all() would: on few companies it is several times faster.

_OK = np.uint8(Quality.OK)
_MISSING = np.uint8(Quality.MISSING)
_NOT_APPLICABLE = np.uint8(Quality.NOT_APPLICABLE)
_LARGEST_CODE = int(np.iinfo(np.uint16).max)


class ReasonTable:
    """Reasons as small numbers, so that a column of them is an array. Code 0 is no reason."""

    def __init__(self) -> None:
        self._words = [""]
        self._codes = {"": 0}

    def code(self, word: str) -> int:
        """Return the code of `word`, a new one at its first use.

        Raises:
            ValueError: more than 65,535 different reasons; they are meant to be a closed set.

        """
        code = self._codes.get(word)
        if code is None:
            code = len(self._words)
            if code > _LARGEST_CODE:
                raise ValueError(f"no room for the reason {word!r}: {code} reasons are in use")
            self._codes[word] = code
            self._words.append(word)
        return code

    def word(self, code: int) -> str:
        """Return the reason that `code` stands for."""
        return self._words[code]


@dataclass(frozen=True, slots=True)
class Column:
    """One input or metric over the companies; one element where it is the same for all.

    Attributes:
        values: float64, NaN exactly where there is no value.
        quality: codes of `Quality`.
        reason: codes of a `ReasonTable`, 0 where there is a value.

    """

    values: Floats
    quality: Qualities
    reason: ReasonCodes

    def revalued(self, values: Floats) -> Column:
        """Return other values of the same quality: the cheap way to take in a tick.

        `values` must be NaN exactly where these are.
        """
        return Column(values, self.quality, self.reason)


def leaf_column(
    name: str,
    values: Sequence[float | None] | Floats,
    reasons: ReasonTable,
    qualities: Sequence[int] | Qualities | None = None,
) -> Column:
    """Return the column of an input that is no metric; None and NaN are `missing:<name>`.

    `qualities` are those of the known values, all OK where it is left out. An infinite value has
    the reason `not_finite`.
    """
    column = np.array(values, dtype=np.float64)  # None turns into NaN
    quality = (
        np.zeros(column.shape, dtype=np.uint8)
        if qualities is None
        else np.array(qualities, dtype=np.uint8)
    )
    infinite = np.isinf(column)
    null = np.isnan(column) | infinite | (quality >= _MISSING)
    code = np.where(infinite, reasons.code(NOT_FINITE), reasons.code(f"missing:{name}"))
    return Column(
        values=np.where(null, np.nan, column),
        quality=np.where(null, np.maximum(quality, _MISSING), quality),
        reason=np.where(null, code, 0).astype(np.uint16),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """All that a metric's column has beside its values, for one set of inputs.

    Attributes:
        inputs: the columns it was made for; it fits others with the same quality and reason arrays.
        absent: per optional input, where its default stands in; None where nowhere.
        held: what the guards said.
        quality: of the result.
        reason: of the result.
        known: where the result has a value; None where everywhere.
        count: how many elements have one.

    """

    inputs: tuple[Column, ...]
    absent: tuple[Mask | None, ...]
    held: tuple[bytes, ...]
    quality: Qualities
    reason: ReasonCodes
    known: Mask | None
    count: int

    def fits(self, columns: Sequence[Column]) -> bool:
        for now, then in zip(columns, self.inputs, strict=True):
            if now.quality is not then.quality or now.reason is not then.reason:
                return False
        return True


class VectorMetric:
    """A metric made ready for columns: call it with one column per argument, in order.

    The quality of an element is the worst of its inputs. A null optional input stands for its
    default and leaves the quality alone. An element that a guard refuses is `NOT_APPLICABLE` with
    the guard's reason, also when another input is missing: a company without a mine has no margin
    whether or not its power price is known. Where the guard is a matter of time (`yet`) it is
    `MISSING`, likewise with the guard's reason.

    Between two ticks values change and qualities hardly ever do. So the quality side of the last
    result is kept and given again while the inputs carry the very same quality and reason arrays
    (`Column.revalued`) and the guards say the same. Arrays of a column are never changed in place.
    """

    __slots__ = (
        "_compute",
        "_defaults",
        "_frame",
        "_guards",
        "_not_finite",
        "_witnesses",
        "metric",
    )

    def __init__(self, metric: Metric, reasons: ReasonTable) -> None:
        self.metric = metric
        self._compute = metric.compute
        arguments = metric.arguments
        self._defaults = tuple(
            (place, argument.default)
            for place, argument in enumerate(arguments)
            if argument.default is not None
        )
        self._witnesses = tuple(
            place for place, argument in enumerate(arguments) if not argument.operand
        )
        self._guards: tuple[tuple[int, Callable[[Floats], Mask], np.uint16, np.uint8], ...] = tuple(
            (
                _place(arguments, guard.input, metric),
                guard.holds,
                np.uint16(reasons.code(guard.reason)),
                _MISSING if guard.yet else _NOT_APPLICABLE,
            )
            for guard in metric.guards
        )
        self._not_finite = np.uint16(reasons.code(NOT_FINITE))
        self._frame: _Frame | None = None

    def __call__(self, columns: Sequence[Column]) -> Column:
        """Return the metric's column. Columns of one element serve all companies."""
        frame = self._frame
        if frame is not None and not frame.fits(columns):
            frame = None
        absent = self._absent(columns) if frame is None else frame.absent
        operands = [column.values for column in columns]
        for (place, default), mask in zip(self._defaults, absent, strict=True):
            if mask is not None:
                operands[place] = np.where(mask, default, operands[place])
        with np.errstate(all="ignore"):
            values = self._compute(*operands)
            held = [holds(operands[place]) for place, holds, _, _ in self._guards]
        said = tuple([mask.tobytes() for mask in held])
        if frame is None or frame.held != said:
            frame = self._frame = self._framed(tuple(columns), absent, held, said)
        if frame.known is not None:
            values = np.where(frame.known, values, np.nan)
        elif values.shape != frame.quality.shape:
            values = np.broadcast_to(values, frame.quality.shape)
        finite = np.isfinite(values)
        if np.count_nonzero(finite) == frame.count:
            return Column(values, frame.quality, frame.reason)
        broken = ~finite & (frame.quality < _MISSING)
        return Column(
            values=np.where(broken, np.nan, values),
            quality=np.where(broken, _MISSING, frame.quality),
            reason=np.where(broken, self._not_finite, frame.reason),
        )

    def _absent(self, columns: Sequence[Column]) -> tuple[Mask | None, ...]:
        masks = [columns[place].quality >= _MISSING for place, _ in self._defaults]
        return tuple(mask if np.count_nonzero(mask) else None for mask in masks)

    def _framed(
        self,
        columns: tuple[Column, ...],
        absent: tuple[Mask | None, ...],
        held: Sequence[Mask],
        said: tuple[bytes, ...],
    ) -> _Frame:
        qualities = [column.quality for column in columns]
        for (place, _), mask in zip(self._defaults, absent, strict=True):
            if mask is not None:
                qualities[place] = np.where(mask, _OK, qualities[place])
        for place in self._witnesses:
            qualities[place] = np.where(qualities[place] < _MISSING, _OK, qualities[place])
        quality = qualities[0]
        for other in qualities[1:]:
            quality = np.maximum(quality, other)
        # The reason of a null element is that of the first input that is as bad as it is.
        reason = np.zeros(quality.shape, dtype=np.uint16)
        null = quality >= _MISSING
        for column, own in zip(reversed(columns), reversed(qualities), strict=True):
            reason = np.where(null & (own == quality), column.reason, reason)
        for (place, _, code, as_bad), mask in zip(self._guards, held, strict=True):
            refused = ~mask & (qualities[place] < _MISSING) & (quality < _NOT_APPLICABLE)
            quality = np.where(refused, as_bad, quality)
            reason = np.where(refused, code, reason)
        known = quality < _MISSING
        count = int(np.count_nonzero(known))
        return _Frame(
            inputs=columns,
            absent=absent,
            held=said,
            quality=quality,
            reason=reason,
            known=None if count == known.size else known,
            count=count,
        )


def _place(arguments: Sequence[Input], name: str, metric: Metric) -> int:
    for place, argument in enumerate(arguments):
        if argument.name == name:
            return place
    raise ValueError(f"metric {metric.name}: the guard on {name!r} needs it among the inputs")
