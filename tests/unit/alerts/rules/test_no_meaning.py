"""What a rule cannot do is refused where it is written, and not left out in silence."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.move import MoveRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of

QUIETER = [{"severity": "info", "after": "5m"}]
SAME = [{"severity": "critical", "after": "5m"}, {"severity": "critical", "after": "9m"}]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (ThresholdRule, {"above": 1.0, "steps": QUIETER}, "grow louder"),
        (ThresholdRule, {"above": 1.0, "steps": SAME}, "warning, critical, critical"),
        (AbsenceRule, {"for": "1m", "sessions": ["regular"]}, "`sessions` picks values"),
        (AbsenceRule, {"for": "1m", "require": "realtime"}, "`require` picks values"),
        (MoveRule, {"by": 0.05, "notify": {"trigger": "once"}}, "only `expires`"),
        (MoveRule, {"by": 0.05, "notify": {"repeat": {}}}, "only `expires`"),
    ],
)
def test_what_has_no_meaning_is_refused(
    kind: type[Rule], fields: dict[str, Any], said: str
) -> None:
    """With the name of the key, and what else to do."""
    tag = {ThresholdRule: "threshold", AbsenceRule: "absence", MoveRule: "move"}[kind]
    with pytest.raises(ValueError, match=said):
        rule_of({"type": tag, "id": "r", "on": "X", **fields}, kind)


def test_what_has_one_is_taken() -> None:
    """Louder steps; a deadman in general; a move with an end."""
    louder = [{"severity": "critical", "after": "5m"}]
    for kind, fields in (
        (ThresholdRule, {"type": "threshold", "above": 1.0, "steps": louder}),
        (AbsenceRule, {"type": "absence", "for": "1m"}),
        (MoveRule, {"type": "move", "by": 0.05, "notify": {"expires": "2026-12-31"}}),
    ):
        assert rule_of({"id": "r", "on": "X", **fields}, kind).id == "r"
