"""What rules are bound to: a target, the values of it that they watch, their gaps. Hop 5, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alerts.extremes import Extremes
from alerts.index import GapIndex, MovingEdges
from alerts.model import AlertState
from alerts.signals.base import Signal
from alerts.signals.rank import Rank
from alerts.signals.ring import Ring
from monitor.domain.events import Quality, Reading
from monitor.domain.sessions import SessionState

UNSEEN = Reading(None, Quality.MISSING, "not_looked_at")

Place: TypeAlias = tuple[str, str, str]
"""Where an alert is counted: its severity, its state, and whether its rule is live or in the shadow."""
Share: TypeAlias = tuple[Place, int]
"""A place, and how many alerts of a series it has."""


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
        stands: it is made of others and holds until they change: nobody tells it again meanwhile.

    """

    name: str
    unit: str
    companies: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    shares: bool = False
    stands: bool = False


@dataclass(slots=True)
class Series:
    """One value that rules watch: its index, whether it is usable, its live alerts.

    `rules` counts the bindings by severity, `shadowed` those of them in the shadow; `quality` is
    that of the last look, for people. `owed` are the alerts that a revision has left unjudged, or
    whose anchor is to be set anew, `exacting` the bindings that mind more than the value: whether
    it is told late, and of which session it is. `told` has both of the last one that could be
    judged; `halts` tells whether some rule is judged while the share is halted.

    Attributes:
        signal: what is made of the source's past; None for the value itself.
        past: the samples of it.
        source: the series that the samples come from.
        derived: the signals that are made of this one.
        moving: edges that belong to one alert each, around its anchor.
        extremes: the least and the greatest value since each live alert began.
        guards: the bindings that a loss of the value concerns though they are inactive.
        resumers: the bindings that are to be asked when a lost value is back, though they are inactive.
        strides: the bindings that measure from an anchor.
        readers: the bindings of expressions that read this value, wherever they are at home.
        eager: some reader must be asked at every value, for no edge says when it may change.
        minds_before: some rule asks what the value was before, and how long ago.
        reading: the last look, as it was.
        lost: the value is unknown since the last usable one, which is kept.
        last: the last usable value, None before the first.
        last_at: the source's time of it, ms UTC.
        labels: the identity of what is watched.
        key: the labels' values joined, as in topics.
        counted: where the census has its alerts without a record.

    """

    index: GapIndex
    target: Target
    company: str | None
    rules: Counter[str] = field(default_factory=Counter)
    shadowed: Counter[str] = field(default_factory=Counter)
    numbers: range = range(0)
    usable: bool = True
    quality: Quality = Quality.MISSING
    live: set[int] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)
    exacting: tuple[int, ...] = ()
    told: tuple[bool, SessionState | None] = (False, None)
    halts: bool = False
    signal: Signal | None = None
    past: Ring | None = None
    source: Series | None = None
    derived: list[Series] = field(default_factory=list)
    moving: MovingEdges = field(default_factory=MovingEdges)
    extremes: Extremes = field(default_factory=Extremes)
    guards: tuple[int, ...] = ()
    resumers: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    readers: tuple[int, ...] = ()
    eager: bool = False
    minds_before: bool = False
    reading: Reading = UNSEEN
    lost: bool = False
    last: float | None = None
    last_at: int = 0
    counted: tuple[Share, ...] = ()
    labels: Mapping[str, str] = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the identity of what is watched, and the labels' values joined, as in topics."""
        own = self.target.labels if self.company is None else {"company": self.company}
        self.labels, self.key = own, "-".join(own[name] for name in sorted(own))

    @property
    def low(self) -> float:
        """Return the value at and under which some rule must be asked."""
        return max(self.index.low, self.moving.low, self.extremes.low)

    @property
    def high(self) -> float:
        """Return the value at and over which some rule must be asked."""
        return min(self.index.high, self.moving.high, self.extremes.high)

    @property
    def always(self) -> bool:
        """Tell whether every value must be looked at: an expression shows it, too."""
        return bool(self.readers or self.derived or self.exacting or self.minds_before)

    @property
    def unit(self) -> str:
        """Return the unit of what the rules judge."""
        own = self.target.unit
        return own if self.signal is None else self.signal.unit(own)

    @property
    def words(self) -> str:
        """Return what the rules judge, for people: the target, and what is made of it."""
        name = self.target.name
        return name if self.signal is None else f"{name} {self.signal.words}"

    @property
    def name(self) -> str:
        """Return the name under which what is remembered of it is stored."""
        made = "" if self.signal is None else repr(self.signal)
        return f"{self.target.name}|{self.company or ''}|{made}"

    @property
    def past_name(self) -> str:
        """Return the name under which the samples are stored, without the slot."""
        word = "" if self.past is None else self.past.spec.word
        return f"{self.target.name}|{self.company or ''}|{word}"

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

    def knows(self, reading: Reading) -> bool:
        """Tell whether this very reading was seen already, and finds nothing new."""
        return self.reading is reading and not self.lost and self.glide(reading)

    def glide(self, reading: Reading) -> bool:
        """Take a usable value that no rule can be touched by.

        Return False, with nothing taken, if one might be, or if somebody is shown every value.
        """
        value, index = reading.value, self.index
        if value is None or not index.low < value < index.high:
            return False
        if (self.live or self.strides or self.extremes) and not self.low < value < self.high:
            return False
        told = (reading.delay_ms > 0, reading.session)
        if self.derived or self.eager or self.owed or not self.usable or told != self.told:
            return False
        index.touched(value)
        self.quality, self.reading = reading.quality, reading
        self.last, self.last_at = value, reading.observed_at or self.last_at
        return True


@dataclass(slots=True)
class Vector:
    """The series of one company metric, with their gaps side by side for one compare.

    Attributes:
        series: the value itself, by place.
        ranked: the ranks that rules watch, by place; each signal has its own.
        always: the places of which every value must be looked at.
        values: what was shown last, as it was; the array itself, which never changes.

    """

    series: dict[int, Series]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    usable: NDArray[np.bool_]
    quality: NDArray[np.uint8] | None = None
    ranked: dict[Rank, dict[int, Series]] = field(default_factory=dict)
    always: tuple[int, ...] = ()
    values: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, size: int) -> Vector:
        """Return one of so many companies, of which none is watched yet."""
        low, high = np.full(size, -np.inf), np.full(size, np.inf)
        return cls({}, low, high, np.ones(size, dtype=np.bool_))

    def forget(self) -> None:
        """Look at every series again when the next values come."""
        self.low[list(self.series)] = self.high[list(self.series)] = np.inf
        self.usable = np.ones_like(self.usable)
        self.quality = None

    def look_at(self, series: Series) -> None:
        """Look at one series when the next values come."""
        for place, own in self.series.items():
            if own is series:
                self.low[place] = np.inf
