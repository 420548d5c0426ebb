"""Companies that a metric does not apply to, taken out of its columns. Hop 5, pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.domain.events import Quality
from monitor.metrics.vector import Column


@dataclass(slots=True)
class Exclusion:
    """The companies that a metric does not apply to: no value, whatever the inputs.

    Keeps the quality side of its last answer, as `VectorMetric` does, so that what depends on the
    metric finds the very same arrays again.
    """

    out: NDArray[np.bool_]
    code: int
    _raw: Column | None = None
    _shown: Column | None = None

    def without(self, column: Column) -> Column:
        """Return a column in which the excluded companies have no value."""
        return Column(
            np.where(self.out, np.nan, column.values),
            np.where(self.out, np.uint8(Quality.NOT_APPLICABLE), column.quality),
            np.where(self.out, np.uint16(self.code), column.reason),
        )

    def applied(self, raw: Column) -> Column:
        """Return `raw` without the excluded companies."""
        values = np.where(self.out, np.nan, raw.values)
        last, shown = self._raw, self._shown
        self._raw = raw
        if (
            shown is not None
            and last is not None
            and last.quality is raw.quality
            and last.reason is raw.reason
        ):
            self._shown = shown.revalued(values)
        else:
            self._shown = self.without(raw)
        return self._shown
