"""A live alert as it is stored, and its end when its rule is not there any more. Hop 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.identity import transition_id
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import Reason
from alerts.record import AlertRecord, Outcome
from alerts.rules.base import Rule
from alerts.series import Series
from monitor.domain.events import Quality

_WHAT_HAPPENED = {
    Reason.RULE_CHANGED: "changed",
    Reason.RULE_REMOVED: "removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedAlert:
    """A live alert as it is stored: its record, and enough of its rule to end it without one."""

    rule: str
    key: str
    labels: Mapping[str, str]
    severity: Severity
    target: str
    unit: str
    record: AlertRecord

    @property
    def name(self) -> str:
        """Return the alert's name in the store: `rule|key`."""
        return f"{self.rule}|{self.key}"


def ending_of(alert: SavedAlert, outcome: Outcome, now: int) -> Transition:
    """Return the last transition of an alert whose rule is not there any more."""
    version = alert.record.version
    return Transition(
        id=transition_id(alert.rule, version, alert.labels, outcome.since, outcome.number),
        rule=alert.rule,
        rule_version=version,
        labels=alert.labels,
        key=alert.key,
        severity=alert.severity,
        target=alert.target,
        unit=alert.unit,
        from_state=outcome.before,
        to_state=outcome.after,
        reason=outcome.reason,
        value=None,
        bound=outcome.bound,
        at=now,
        since=outcome.since,
        number=outcome.number,
        quality=Quality.MISSING.word,
        summary=f"Ended: {alert.key}, its rule {alert.rule} was {_WHAT_HAPPENED[outcome.reason]}.",
    )


def forgotten(rule: Rule, series: Series, now: int) -> Transition:
    """Return what takes back the state of an alert that does not stand anywhere: its rule goes."""
    return Transition(
        id=transition_id(rule.id, rule.version, series.labels, now, 1),
        rule=rule.id,
        rule_version=rule.version,
        labels=series.labels,
        key=series.key,
        severity=rule.severity,
        target=rule.on,
        unit=series.unit,
        from_state=AlertState.INACTIVE,
        to_state=AlertState.INACTIVE,
        reason=Reason.RULE_REMOVED,
        value=None,
        bound=None,
        at=now,
        since=now,
        number=1,
        quality=Quality.MISSING.word,
        summary=f"Removed: {rule.id} for {series.key}, which stood nowhere.",
    )


def standing_of(alert: SavedAlert) -> Transition:
    """Return the last change of an alert that was stored without it, as far as it is known."""
    record = alert.record
    return Transition(
        id=transition_id(alert.rule, record.version, alert.labels, record.since, record.number),
        rule=alert.rule,
        rule_version=record.version,
        labels=alert.labels,
        key=alert.key,
        severity=alert.severity,
        target=alert.target,
        unit=alert.unit,
        from_state=record.state,
        to_state=record.state,
        reason=Reason.STILL_BREACHED,
        value=None,
        bound=record.bound,
        at=record.since,
        since=record.since,
        number=record.number,
        quality=Quality.MISSING.word,
        summary=f"{alert.rule} fires for {alert.key}.",
    )
