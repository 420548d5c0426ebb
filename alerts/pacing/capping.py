"""No more notices than a reader can take: rate caps.

A cap lets `limit` notices pass in any span of `window`, for each user or each symbol. What is over
it is held and told as one summary, at the first moment at which a notice could pass again, and no
more than one in a window. Critical notices pass, and take no place from the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import msgspec

from alerts.forms import RuleId
from alerts.model import Severity, Transition
from alerts.pacing.digest import NO_LINES, Digest, apart
from monitor.core.clock import SECOND, Millis
from monitor.core.durations import duration_ms

MAX_LIMIT = 1_000


class Per(StrEnum):
    """Whose notices are counted together."""

    USER = "user"
    SYMBOL = "symbol"


class Cap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many notices may pass.

    Attributes:
        name: in the summary, the audit and the metrics.
        per: one count for each user, or for each symbol (a company, or an instrument).
        limit: so many in any `window`.
        window: the span of time.

    """

    name: RuleId
    per: Per = Per.USER
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = 10
    window: str = "1m"

    def __post_init__(self) -> None:
        """Refuse a window under a second."""
        if self.window_ms < SECOND:
            raise ValueError(f"`window` {self.window!r} is under a second; 1m is usual")

    @property
    def window_ms(self) -> Millis:
        """Return `window` in milliseconds."""
        return duration_ms(self.window)


@dataclass(frozen=True, slots=True)
class CapRecord:
    """What passed lately and what did not.

    Attributes:
        passed: event times of the notices that still count, oldest first, ms UTC.
        held: how many notices wait for the summary; of one alert there may be several.
        digest: the alerts they are about.
        sum_at: event time of the summary that is due, ms UTC; None while nothing is held.
        summed_at: event time of the last summary, ms UTC.

    """

    passed: tuple[Millis, ...] = ()
    held: int = 0
    digest: Digest = NO_LINES
    sum_at: Millis | None = None
    summed_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Overflow:
    """One summary: how many notices were held, and of which alerts."""

    held: int
    digest: Digest


EMPTY = CapRecord()


def scope_of(cap: Cap, user: str, transition: Transition) -> str:
    """Return whose count a notice goes to."""
    if cap.per is Per.USER:
        return f"{apart(transition)}{user}"
    return f"{apart(transition)}{transition.whom or transition.key}"


def holds(cap: Cap, record: CapRecord | None, severity: Severity, now: Millis) -> bool:
    """Tell whether a notice at `now` is over the cap."""
    if severity is Severity.CRITICAL or record is None:
        return False
    return len(_counting(cap, record, now)) >= cap.limit


def on_passed(cap: Cap, record: CapRecord | None, severity: Severity, now: Millis) -> CapRecord:
    """Count a notice that is told."""
    record = record or EMPTY
    if severity is Severity.CRITICAL:
        return record
    return replace(record, passed=(*_counting(cap, record, now), now))


def on_held(cap: Cap, record: CapRecord, said: Digest, now: Millis) -> CapRecord:
    """Keep a notice for the summary: what it has `said` of which alerts."""
    sum_at = record.sum_at
    if sum_at is None:
        counting = _counting(cap, record, now)
        sum_at = max(counting[0] + cap.window_ms, _pause_until(cap, record))
    digest = record.digest.with_all(said)
    return replace(record, held=record.held + 1, digest=digest, sum_at=sum_at)


def due(cap: Cap, record: CapRecord) -> Millis:
    """Return when the summary is due, or else when the record is forgotten, ms UTC."""
    if record.sum_at is not None:
        return record.sum_at
    counts_until = record.passed[-1] + cap.window_ms if record.passed else 0
    return max(counts_until, _pause_until(cap, record))


def on_timer(cap: Cap, record: CapRecord, now: Millis) -> tuple[CapRecord | None, Overflow | None]:
    """Return what is left to remember and the summary, if one is due."""
    if record.sum_at is not None:
        passed = _counting(cap, record, now)
        return CapRecord(passed, summed_at=now), Overflow(record.held, record.digest)
    return (None if now >= due(cap, record) else record), None


def _pause_until(cap: Cap, record: CapRecord) -> Millis:
    """Return the first moment at which another summary may be told."""
    return 0 if record.summed_at is None else record.summed_at + cap.window_ms


def held_by(
    caps: Mapping[str, tuple[Cap, CapRecord | None]], severity: Severity, now: Millis
) -> str | None:
    """Return which of several counts holds a notice, by its name; None: it passes them all."""
    return next(
        (name for name, (cap, record) in caps.items() if holds(cap, record, severity, now)), None
    )


def _counting(cap: Cap, record: CapRecord, now: Millis) -> tuple[Millis, ...]:
    """Return the times that are less than a window ago."""
    return tuple(at for at in record.passed if now - at < cap.window_ms)
