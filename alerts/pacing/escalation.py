"""Who is told next when nobody answers: the escalation chain.

Step n is due t_n after the fire notice while nobody acknowledged (domain.md section 8). An
acknowledgement stops the chain, not the alert. A louder severity opens it again from the first
step, acknowledged or not: what was answered was less than this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated

import msgspec

from alerts.forms import RuleId
from alerts.model import Severity
from alerts.pacing.severities import is_higher
from monitor.core.clock import Millis
from monitor.core.durations import duration_ms

MAX_STEPS = 10

Inbox = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""Whose inbox topic is written to."""


class EscalationStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: `after` the fire notice without an answer, the inbox `to` is told."""

    after: str
    to: Inbox

    def __post_init__(self) -> None:
        """Refuse a step without a wait."""
        if not duration_ms(self.after):
            raise ValueError("`after` of an escalation is longer than 0s; 5m is usual")


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chain of inboxes, named by the rules that use it.

    Attributes:
        name: as rules name it.
        steps: in order, each later than the one before.

    """

    name: RuleId
    steps: Annotated[tuple[EscalationStep, ...], msgspec.Meta(min_length=1, max_length=MAX_STEPS)]

    def __post_init__(self) -> None:
        """Refuse steps that are not in order."""
        times = [duration_ms(step.after) for step in self.steps]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError(
                f"the steps of escalation `{self.name}` must come one after the other; "
                "`after` counts from the alert, not from the step before"
            )


@dataclass(frozen=True, slots=True)
class EscalationRecord:
    """Where the chain of one alert stands.

    Attributes:
        started_at: event time from which the steps count, ms UTC.
        severity: the loudest so far.
        step: steps done since then.
        stopped: somebody answered.
        told: the inboxes told so far; they hear the end as well.
        again_at: when a step is tried again that something muted, ms UTC; None: none waits.

    """

    started_at: Millis
    severity: Severity
    step: int = 0
    stopped: bool = False
    told: tuple[str, ...] = ()
    again_at: Millis | None = None


def start(severity: Severity, now: Millis) -> EscalationRecord:
    """Begin a chain with a fire notice."""
    return EscalationRecord(now, severity)


def on_acknowledged(record: EscalationRecord) -> EscalationRecord:
    """Stop the chain."""
    return replace(record, stopped=True)


def on_severity(record: EscalationRecord, severity: Severity, now: Millis) -> EscalationRecord:
    """Open the chain anew if this is louder than all before."""
    if not is_higher(severity, record.severity):
        return record
    return EscalationRecord(now, severity, told=record.told)


def due(config: Escalation, record: EscalationRecord) -> Millis | None:
    """Return when the next step is due, ms UTC; None when stopped or at the end of the chain."""
    if record.stopped or record.step >= len(config.steps):
        return None
    moment = record.started_at + duration_ms(config.steps[record.step].after)
    return moment if record.again_at is None else max(moment, record.again_at)


def on_timer(config: Escalation, record: EscalationRecord) -> tuple[EscalationRecord, str]:
    """Do the step that is due; return the inbox to tell."""
    inbox = config.steps[record.step].to
    told = record.told if inbox in record.told else (*record.told, inbox)
    return replace(record, step=record.step + 1, told=told, again_at=None), inbox


def on_muted(record: EscalationRecord, again_at: Millis) -> EscalationRecord:
    """Try a step again later: that something muted it is no answer."""
    return replace(record, again_at=again_at)
