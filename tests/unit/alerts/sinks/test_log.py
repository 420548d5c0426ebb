"""The log sink."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from alerts.model import Severity
from alerts.notification import Notification
from alerts.sinks.log import SINK, open_log
from tests.transitions import transition


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.CRITICAL, "warning"), (Severity.WARNING, "warning"), (Severity.INFO, "info")],
)
async def test_one_line_per_transition(severity: Severity, level: str) -> None:
    """A transition must become one line with its facts."""
    item = transition(severity=severity)
    with capture_logs() as lines:
        async with open_log() as sink:
            sink.note(Notification(entry_id="1-0", transition=item))
    (line,) = lines
    expected = {
        "event": "alert.transition",
        "log_level": level,
        "id": item.id,
        "rule": "margin-low",
        "key": "RIOT",
        "from_state": "pending",
        "to_state": "firing",
        "reason": "held_for",
        "value": 0.08,
        "threshold": 0.1,
        "time": "2026-01-12T14:56:00.000Z",
    }
    assert {name: line[name] for name in expected} == expected


def test_it_declares_itself() -> None:
    """Discovery must find the sink under its name."""
    assert SINK.name == "log"
