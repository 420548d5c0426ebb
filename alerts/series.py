"""What rules are bound to: a target, the values of it that they watch, their gaps. Hop 5, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerts.index import GapIndex
from alerts.model import AlertState
from monitor.domain.events import Quality, Reading
from monitor.domain.sessions import SessionState


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule may watch.

    Attributes:
        name: metric, market input or instrument.
        unit: of its values.
        companies: the tickers it has a value for, in the order of its vector; None for a scalar.
        labels: identity of a scalar, for instance {"instrument": "BTC-USD"}.
        refused: why no rule may watch it all the same; empty when rules may.
        shares: whether prices of shares have part in it, so that it has a session.

    """

    name: str
    unit: str
    companies: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    shares: bool = False


@dataclass(slots=True)
class Series:
    """One value that rules watch: its index, whether it is usable, its live alerts.

    `rules` counts the bindings by severity; `quality` is that of the last look, for people. `owed`
    are the alerts that a revision has left unjudged, `exacting` the bindings that mind more than
    the value: whether it is told late, and of which session it is. `told` has both of the last one
    that could be judged; `halts` tells whether some rule is judged while the share is halted.
    """

    index: GapIndex
    target: Target
    company: str | None
    rules: Counter[str]
    numbers: range = range(0)
    usable: bool = True
    quality: Quality = Quality.MISSING
    live: set[int] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)
    exacting: tuple[int, ...] = ()
    told: tuple[bool, SessionState | None] = (False, None)
    halts: bool = False

    @property
    def idle_state(self) -> AlertState | None:
        """Return where an alert without a record stands; None where nothing applies."""
        if self.quality is Quality.NOT_APPLICABLE:
            return None
        return AlertState.INACTIVE if self.quality.usable else AlertState.NO_DATA

    def judges(self, reading: Reading) -> bool:
        """Tell whether some rule may be judged by a value of this quality."""
        halted = self.halts and reading.session is SessionState.HALTED
        return reading.value is not None and (reading.quality.usable or halted)

    def with_exacting(self, touched: Iterable[int], reading: Reading) -> Iterable[int]:
        """Return what a value touches, and what minds if it is told otherwise than the last one."""
        before, self.told = self.told, (reading.delay_ms > 0, reading.session)
        changed = self.told != before and self.exacting
        return sorted({*touched, *self.exacting}) if changed else touched

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the identity of what is watched."""
        return self.target.labels if self.company is None else {"company": self.company}

    @property
    def key(self) -> str:
        """Return the labels' values joined, as in topics."""
        return "-".join(self.labels[name] for name in sorted(self.labels))


@dataclass(slots=True)
class Vector:
    """The series of one company metric, with their gaps side by side for one compare."""

    series: dict[int, Series]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    usable: NDArray[np.bool_]
    quality: NDArray[np.uint8] | None = None
    exacting: tuple[int, ...] = ()

    def forget(self) -> None:
        """Look at every series again when the next values come."""
        self.low[list(self.series)] = self.high[list(self.series)] = np.inf
        self.usable = np.ones_like(self.usable)
        self.quality = None
