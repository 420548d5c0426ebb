"""What the one message for several alerts says first: a phone shows its sentence alone."""

from __future__ import annotations

import pytest

from alerts.desk.shared_notices import overflow_notice
from alerts.model import Severity, Transition
from alerts.pacing.capping import Overflow
from alerts.pacing.digest import NO_LINES, line_of
from tests.transitions import AT, resolved, transition

LOUD = transition(key="LOUD", severity=Severity.CRITICAL, summary="loud fires")
SOFT = transition(key="SOFT", severity=Severity.WARNING, summary="soft fires")
OVER = resolved(LOUD)


@pytest.mark.parametrize(
    ("told", "loudest"),
    [([SOFT, LOUD], LOUD), ([OVER, SOFT], SOFT), ([OVER], OVER)],
)
def test_the_loudest_is_one_that_fires_still(told: list[Transition], loudest: Transition) -> None:
    """What is over is quoted only where nothing fires."""
    digest = NO_LINES
    for item in told:
        digest = digest.with_line(line_of(item))
    said = overflow_notice("c", Overflow(len(told), digest), AT)
    assert said.summary.endswith(f"The loudest: {loudest.summary}")
