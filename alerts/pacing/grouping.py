"""One move of the market, one message: alerts that come together are told together.

The first alert opens a group and waits `wait` for others; then one digest tells them all, with a
line each. What comes after a digest waits until `interval` has passed since it. A critical alert
cuts either wait down to `critical_wait`. A group in which there was one alert all the time is no
group: it goes out as itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from alerts.forms import RuleId
from alerts.model import Severity, Transition
from alerts.pacing.digest import NO_LINES, Digest, apart, line_of
from monitor.core.clock import HOUR, Millis
from monitor.core.durations import duration_ms

MAX_ALONE = 10
"""How many changes of a single alert are kept to be told one by one; more make a digest."""


class By(StrEnum):
    """What alerts of one group have in common."""

    FAMILY = "family"
    COMPANY = "company"


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts that are told together.

    Attributes:
        name: as rules name it in `notify: {group: …}`.
        by: alerts with the same family and the same company are one group; `[]` is all of them.
        wait: from the first alert to its digest.
        critical_wait: the longest wait once a critical alert is among them.
        interval: the shortest time between two digests.

    """

    name: RuleId
    by: tuple[By, ...] = (By.FAMILY, By.COMPANY)
    wait: str = "30s"
    critical_wait: str = "1s"
    interval: str = "5m"

    def __post_init__(self) -> None:
        """Refuse no wait, one of hours, and a longer one for critical alerts than for others."""
        longest = max(duration_ms(self.wait), duration_ms(self.interval))
        if not duration_ms(self.critical_wait):
            raise ValueError(f"group `{self.name}` does not wait, so it groups nothing; write 1s")
        if longest > HOUR:
            raise ValueError(f"group `{self.name}` waits longer than 1h; 30s is usual")
        if duration_ms(self.critical_wait) > duration_ms(self.wait):
            raise ValueError(
                f"group `{self.name}` lets critical alerts wait {self.critical_wait}, "
                f"longer than others ({self.wait})"
            )


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """What waits in one group.

    Attributes:
        opened_at: event time of the first alert that waits, ms UTC; of the last digest if none.
        due: when it is told, ms UTC; or when the pause after a digest is over.
        number: of the next digest since the group came to be.
        alone: the changes of the only alert in it, to be told as they are; empty for several.
        digest: a line for each alert.

    """

    opened_at: Millis
    due: Millis
    number: int = 1
    alone: tuple[Transition, ...] = ()
    digest: Digest = NO_LINES


@dataclass(frozen=True, slots=True)
class Flush:
    """What a group tells: single notices as they are, or one digest.

    `opened_at` and `number` name it: they are the same after any crash and replay.
    """

    opened_at: Millis
    number: int
    single: tuple[Transition, ...] = ()
    digest: Digest = NO_LINES


def scope_of(group: Group, family: str, transition: Transition) -> str:
    """Return which alerts a notice is grouped with."""
    words = {By.FAMILY: family, By.COMPANY: transition.whom or transition.key}
    return apart(transition) + "|".join(words[item] for item in By if item in group.by)


def on_notice(
    group: Group, record: GroupRecord | None, transition: Transition, now: Millis
) -> GroupRecord:
    """Let a notice wait."""
    waits = duration_ms(
        group.critical_wait if transition.severity is Severity.CRITICAL else group.wait
    )
    first = record is None or not record.digest.lines
    if record is None:
        record = GroupRecord(now, now + waits)
    elif first:  # the pause after a digest
        pause_over = now if transition.severity is Severity.CRITICAL else record.due
        record = replace(record, opened_at=now, due=max(pause_over, now + waits))
    elif transition.severity is Severity.CRITICAL:
        record = replace(record, due=min(record.due, now + waits))
    digest = record.digest.with_line(line_of(transition))
    lone = (first or record.alone) and len(digest) == 1 and len(record.alone) < MAX_ALONE
    return replace(record, alone=(*record.alone, transition) if lone else (), digest=digest)


def on_timer(
    group: Group, record: GroupRecord, now: Millis
) -> tuple[GroupRecord | None, Flush | None]:
    """Tell what waits, or forget a group that has been quiet."""
    if not record.digest.lines:
        return None, None
    flush = Flush(
        record.opened_at,
        record.number,
        record.alone,
        NO_LINES if record.alone else record.digest,
    )
    pause = duration_ms(group.interval)
    rest = GroupRecord(now, now + pause, record.number + 1) if pause else None
    return rest, flush
