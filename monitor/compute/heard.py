"""Which watched metrics ever had a value that a rule could be judged by. Hop 5, pure.

A rule that never fires is good news only if it was ever judged. The present value does not tell:
at the end of a replay most are stale. So the step remembers it by metric and company, and the store
with it: a replay may be interrupted, and a step begins anew when Redis was away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from monitor.domain.events import Quality
from monitor.metrics.base import Mask
from monitor.metrics.vector import Qualities

ONE_FOR_ALL = ("",)
"""The companies of a value that is none of a company's."""


class Heard:
    """The elements of watched columns that have had a usable value."""

    def __init__(self, watched: Mapping[str, Sequence[str]]) -> None:
        """`watched` are metrics, each with the companies of its column in order."""
        self._companies = {name: tuple(companies) for name, companies in watched.items()}
        self._had: dict[str, Mask] = {
            name: np.zeros(len(companies), dtype=np.bool_) for name, companies in watched.items()
        }
        self._last: dict[str, Qualities] = {}
        self._changed: set[str] = set()

    def see(self, name: str, quality: Qualities) -> None:
        """Take the qualities of a column; the same array as last time costs one comparison."""
        if name not in self._had or self._last.get(name) is quality:
            return
        self._last[name] = quality
        new = (quality <= Quality.SINGLE) & ~self._had[name]
        if np.count_nonzero(new):
            self._had[name] = self._had[name] | new
            self._changed.add(name)

    def has(self, name: str, company: str | None) -> bool:
        """Tell whether a watched metric ever had a usable value for `company`, None for all."""
        return (company or ONE_FOR_ALL[0]) in self._heard(name)

    def take(self) -> dict[str, tuple[str, ...]]:
        """Return what was heard for the first time since the last call, each metric whole."""
        taken = {name: self._heard(name) for name in sorted(self._changed)}
        self._changed.clear()
        return taken

    def restore(self, saved: Mapping[str, Iterable[str]]) -> None:
        """Take back what was heard; of metrics and companies that are gone nothing is kept."""
        for name in saved.keys() & self._had.keys():
            kept = set(saved[name])
            before = [company in kept for company in self._companies[name]]
            self._had[name] = self._had[name] | np.array(before, dtype=np.bool_)

    def _heard(self, name: str) -> tuple[str, ...]:
        had = self._had[name].tolist()
        return tuple(one for one, heard in zip(self._companies[name], had, strict=True) if heard)
