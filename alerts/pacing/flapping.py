"""Whether an alert goes back and forth so often that each change says nothing: flapping.

The measure is that of Nagios (domain.md section 8): of the last 21 results there are 20 possible
changes, the oldest weighs 0.75, the newest 1.25, evenly between them; the share is the weighted
changes over 20. Nagios has a result at each check. Events come when they come, so a result here is
a toggle, or a calm `sample` without one. With the default of two minutes any ten toggles within
ten minutes are flapping, however they lie, and at most 28 calm minutes are stable again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from monitor.core.clock import SECOND, Millis
from monitor.core.durations import duration_ms

CHANGES = 20
_MASK = (1 << CHANGES) - 1
_WEIGHTS = tuple(57 + 2 * (CHANGES - 1 - age) for age in range(CHANGES))
"""Newest first, in seventy-sixths, where all of them are whole: 95/76 = 1.25, 57/76 = 0.75."""
_WHOLE = sum(_WEIGHTS)


class Flap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an alert counts as flapping.

    Attributes:
        start: it begins above this weighted share of changes, a fraction.
        stop: it is over below this one.
        sample: how long nothing must happen to count as one result without change.

    """

    start: float = 0.5
    stop: float = 0.25
    sample: str = "2m"

    def __post_init__(self) -> None:
        """Refuse shares that are none or the wrong way round, and a sample under a second."""
        if not 0.0 < self.stop <= self.start < 1.0:
            raise ValueError(
                f"`stop` {self.stop} and `start` {self.start} are fractions between 0 and 1, "
                "and `stop` is not over `start`; 0.25 and 0.5 are usual"
            )
        if duration_ms(self.sample) < SECOND:
            raise ValueError(f"`sample` {self.sample!r} is under a second; 2m is usual")

    @property
    def sample_ms(self) -> Millis:
        """Return `sample` in milliseconds."""
        return duration_ms(self.sample)


@dataclass(frozen=True, slots=True)
class FlapRecord:
    """The last 20 results of one alert.

    Attributes:
        history: one bit a result, set for a change, the newest lowest.
        at: event time of the newest toggle, ms UTC; calm samples are counted from it.
        flapping: whether it is.

    """

    history: int
    at: Millis
    flapping: bool = False


class FlapNews(StrEnum):
    """What there is to tell of it; the words are those of a notice's reason."""

    FLAPPING = "flapping"
    STABLE = "stable"


@dataclass(frozen=True, slots=True)
class FlapStep:
    """The result: the record (None: nothing worth keeping), the news, when to look again.

    `held` tells whether the toggle itself is not to be told: it flaps, or began to.
    """

    record: FlapRecord | None
    news: FlapNews | None
    held: bool
    due: Millis | None


def share(history: int) -> float:
    """Return the weighted share of changes among the last 20 results, a fraction."""
    return sum(weight for age, weight in enumerate(_WEIGHTS) if history >> age & 1) / _WHOLE


def on_toggle(config: Flap, record: FlapRecord | None, now: Millis) -> FlapStep:
    """Take one change between firing and not firing."""
    before = 0 if record is None else _aged(config, record, now)
    was = record is not None and record.flapping
    history = (before << 1 | 1) & _MASK
    flapping = was or share(history) > config.start
    news = FlapNews.FLAPPING if flapping and not was else None
    changed = FlapRecord(history, now, flapping)
    return FlapStep(changed, news, flapping, due(config, changed))


def on_timer(config: Flap, record: FlapRecord, now: Millis) -> FlapStep:
    """Let calm count: what flapped is stable again, what was calm for long is forgotten."""
    history = _aged(config, record, now)
    if record.flapping and share(history) < config.stop:
        calm = FlapRecord(record.history, record.at)
        return FlapStep(calm, FlapNews.STABLE, held=False, due=due(config, calm))
    if not history:
        return FlapStep(None, None, held=False, due=None)
    return FlapStep(record, None, record.flapping, due(config, record))


def _aged(config: Flap, record: FlapRecord, now: Millis) -> int:
    """Return the history with the calm samples since the newest toggle."""
    calm = min(max(0, now - record.at) // config.sample_ms, CHANGES)
    return record.history << calm & _MASK


def due(config: Flap, record: FlapRecord) -> Millis:
    """Return the moment at which calm alone changes the answer."""
    bound = config.stop if record.flapping else 1 / (2 * _WHOLE)
    calm = next(n for n in range(1, CHANGES + 1) if share(record.history << n & _MASK) < bound)
    return record.at + calm * config.sample_ms
