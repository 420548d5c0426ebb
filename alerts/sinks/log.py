"""The log sink: each alert as one structured line, so that there is a trace without any broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from alerts.model import Severity, Transition
from alerts.notification import Notification
from alerts.sinks.base import SinkSpec
from monitor.core.clock import iso

NAME = "log"


class LogSink:
    """Writes `alert.transition` lines."""

    def __init__(self) -> None:
        self._log = structlog.get_logger(__name__).bind()  # once: each line would bind it anew

    def note(self, notification: Notification) -> None:
        """Write one line, as loud as the alert."""
        transition = notification.transition
        write = self._log.info if transition.severity is Severity.INFO else self._log.warning
        write("alert.transition", **log_fields(transition))


def log_fields(transition: Transition) -> dict[str, object]:
    """Return what the line of a transition says."""
    return {
        "id": transition.id,
        "rule": transition.rule,
        "key": transition.key,
        "severity": transition.severity.value,
        "from_state": transition.from_state.value,
        "to_state": transition.to_state.value,
        "reason": transition.reason.value,
        "value": transition.value,
        "threshold": transition.bound,
        "unit": transition.unit,
        "time": iso(transition.at),
        "since": iso(transition.since),
        "summary": transition.summary,
        "test": transition.test,
    }


@asynccontextmanager
async def open_log() -> AsyncIterator[LogSink]:
    """Open the sink."""
    yield LogSink()


SINK = SinkSpec(NAME, lambda _context: open_log())
