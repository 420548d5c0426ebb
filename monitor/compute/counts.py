"""What the compute loop tells about itself. Hop 5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

import structlog

from alerts.model import SHADOW, Transition
from alerts.rules.life import Mode
from monitor.compute.step import Step

log = structlog.get_logger(__name__)


class Counts(Protocol):
    """What the loop tells about itself; telemetry implements it."""

    def ticks_taken(self, ticks: int) -> None:
        """Count entries."""
        ...

    def ticks_trimmed(self, ticks: int) -> None:
        """Count entries that the stream has forgotten."""
        ...

    def step_took(self, seconds: float) -> None:
        """Observe one batch's computing time."""
        ...

    def quote_rejected(self, feed: str, reason: str, times: int = 1) -> None:
        """Count refused quotes or entries."""
        ...

    def rules_evaluated(self, kind: str, times: int, seconds: float) -> None:
        """Count evaluations of rules of one type, and the time that they took."""
        ...

    def transitioned(self, to_state: str, reason: str, mode: str) -> None:
        """Count a transition of a rule that is live or in the shadow."""
        ...


class FaultCounts(Protocol):
    """What is told of plug-ins that raised; telemetry implements it."""

    def recompute_failed(self, metric: str, times: int = 1) -> None:
        """Count a metric that raised and was left out."""
        ...

    def rule_failed(self, times: int = 1) -> None:
        """Count a rule that raised and was left out."""
        ...


def count_faults(counts: FaultCounts, step: Step) -> None:
    """Count the metrics and rules that raised since the last call; say of each once that it does."""
    metrics, begun = step.table.faults.take()
    for name, times in metrics.items():
        counts.recompute_failed(name, times)
    for name, why in begun.items():
        log.error("compute.metric_failed", metric=name, why=why)
    rules, begun = step.watch.verdicts.faults.take()
    if rules:
        counts.rule_failed(rules.total())
    for name, why in begun.items():
        log.error("compute.rule_failed", alert=name, why=why)


def count_transitions(counts: Counts, transitions: Iterable[Transition]) -> None:
    """Count changes of alerts, those of rules in the shadow apart."""
    for item in transitions:
        mode = Mode.SHADOW if item.muted_by == SHADOW else Mode.LIVE
        counts.transitioned(item.to_state.value, item.reason.value, mode.value)


def count_refusals(counts: Counts, refused: Counter[tuple[str, str]], malformed: int) -> None:
    """Count what a batch refused, by source and reason, and begin to collect anew."""
    for (source, reason), times in refused.items():
        counts.quote_rejected(source, reason, times)
    if malformed:
        counts.quote_rejected("ingest", "malformed", malformed)
    refused.clear()
