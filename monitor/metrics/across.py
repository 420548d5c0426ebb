"""Evaluate a metric that sets companies side by side: a rank, a z-score, a basket. Hop 5.

Only values that a rule may fire on take part: a stale margin among fresh ones would shift every
rank. A company without such a value has no place, and says which input it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.domain.events import Quality
from monitor.metrics.base import Metric, Scope
from monitor.metrics.vector import Column, Qualities, ReasonCodes, ReasonTable

TOO_FEW = "too_few_companies"

_OK = np.uint8(Quality.OK)
_MISSING = np.uint8(Quality.MISSING)
_USABLE = np.uint8(Quality.SINGLE)


class AcrossMetric:
    """An `across` metric made ready for columns, as `VectorMetric` is for the others.

    `compute` gets one array per input, all as long as there are companies, NaN for whoever does
    not take part. For a company metric it returns one element each, for a sector metric one in
    all; NaN means that too few take part. The answer keeps its quality and reason arrays while
    they say the same, so that what compares them by identity finds no change.
    """

    def __init__(self, metric: Metric, reasons: ReasonTable) -> None:
        self.metric = metric
        self._unusable = [
            np.uint16(reasons.code(f"unusable:{argument.name}")) for argument in metric.arguments
        ]
        self._too_few = np.uint16(reasons.code(TOO_FEW))
        self._last: Column | None = None

    def __call__(self, columns: Sequence[Column]) -> Column:
        """Return the metric's column."""
        rows = max(len(column.values) for column in columns)
        quality = np.zeros(rows, dtype=np.uint8)
        reason = np.zeros(rows, dtype=np.uint16)
        for column, code in zip(columns, self._unusable, strict=True):
            own = np.broadcast_to(column.quality, rows)
            words = np.where(own >= _MISSING, column.reason, code)
            reason = np.where((own > _USABLE) & (reason == 0), words, reason).astype(np.uint16)
            quality = np.maximum(quality, own)
        out = quality > _USABLE
        operands = [np.where(out, np.nan, column.values) for column in columns]
        with np.errstate(all="ignore"):
            values = np.asarray(self.metric.compute(*operands), dtype=np.float64)
        if self.metric.scope is Scope.SECTOR:
            counted = quality[~out]
            best = counted.max() if counted.size else _OK
            quality = np.full(1, best, dtype=np.uint8)
            reason, out = np.zeros(1, dtype=np.uint16), np.zeros(1, dtype=np.bool_)
        return self._shown(values, quality, reason, ~out & ~np.isfinite(values))

    def _shown(
        self,
        values: np.typing.NDArray[np.float64],
        quality: Qualities,
        reason: ReasonCodes,
        few: np.typing.NDArray[np.bool_],
    ) -> Column:
        """Return the column, with the last one's quality side if it is the same."""
        quality = np.where(
            few, _MISSING, np.where(reason > 0, np.maximum(quality, _MISSING), quality)
        )
        reason = np.where(few, self._too_few, reason)
        values = np.where(quality >= _MISSING, np.nan, values)
        last = self._last
        if (
            last is not None
            and np.array_equal(last.quality, quality)
            and np.array_equal(last.reason, reason)
        ):
            self._last = last.revalued(values)
        else:
            self._last = Column(values, quality.astype(np.uint8), reason.astype(np.uint16))
        return self._last
