"""Transitions put together to what a person calls an alert: it began, it lasted, it ended. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from monitor.core.clock import Millis


@dataclass(slots=True)
class Episode:
    """One alert from its fire to its end.

    Attributes:
        rule: its rule.
        key: its subject.
        severity: as it began.
        at: when it fired, ms UTC.
        value: of its input then.
        muted_by: why the fire was not told; empty: it was.
        end: when it was over, None: it fires still.

    """

    rule: str
    key: str
    severity: Severity
    at: Millis
    value: float | None
    muted_by: str
    end: Millis | None = None


@dataclass(slots=True)
class Episodes:
    """All that fired, in order of time.

    Attributes:
        done: every episode.
        told: how many messages each rule sent: fires, ends, repeats.
        unheard: how often each rule's value was lost without a word, by what kept that quiet.

    """

    done: list[Episode] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    unheard: dict[str, Counter[str]] = field(default_factory=dict)
    _open: dict[tuple[str, str], Episode] = field(default_factory=dict)

    def take(self, it: Transition) -> None:
        """Take the next transition, told or not."""
        if it.told:
            self.told[it.rule] = self.told.get(it.rule, 0) + 1
        elif it.notice is NoticeReason.NO_DATA and it.muted_by:
            self.unheard.setdefault(it.rule, Counter())[it.muted_by] += 1
        if it.echo or it.reason is Reason.LATE:
            return
        name = (it.rule, it.key)
        known = self._open.get(name)
        if it.to_state in {AlertState.FIRING, AlertState.NOTED} and known is None:
            began = Episode(it.rule, it.key, it.severity, it.at, it.value, it.muted_by)
            self.done.append(began)
            if it.to_state is AlertState.FIRING:
                self._open[name] = began
            else:
                began.end = it.at
        elif known is not None and it.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}:
            known.end = it.at
            del self._open[name]
