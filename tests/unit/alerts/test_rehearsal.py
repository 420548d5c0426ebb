"""What a drill and a preview say: the level that would decide, and no place in an episode."""

from __future__ import annotations

import pytest

from alerts.model import AlertState
from alerts.rehearsal import drill, level_of
from alerts.rules.absence import AbsenceRule
from alerts.rules.band import BandRule
from alerts.rules.base import Rule
from alerts.rules.crossing import CrossingRule
from alerts.rules.move import MoveRule
from alerts.rules.rank import RankRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from tests.transitions import AT, transition

CALM, FIRING = AlertState.INACTIVE, AlertState.FIRING
THIN = ThresholdRule(id="thin", on="margin", below=0.45, recover=0.46)
FAR = ThresholdRule(id="far", on="gap", beyond=2, recover=1)
CORRIDOR = BandRule(id="corridor", on="X", outside=(10, 20), margin=2)
GONE = rule_of({"type": "absence", "id": "gone", "on": "X", "for": "1h"}, AbsenceRule)
UP = CrossingRule(id="up", on="X", up=100, rearm=5)


@pytest.mark.parametrize(
    ("rule", "value", "before", "level"),
    [
        (THIN, 0.50, CALM, 0.45),  # 0.46, where it would end, is nearer
        (THIN, 0.40, CALM, 0.45),
        (THIN, None, CALM, 0.45),
        (THIN, 0.50, FIRING, 0.46),
        (THIN, None, FIRING, 0.46),
        (FAR, -1.2, CALM, -2),
        (FAR, 1.2, CALM, 2),
        (CORRIDOR, 12.5, CALM, 10),
        (CORRIDOR, 18.0, CALM, 20),
        (CORRIDOR, None, CALM, 10),
        (UP, 95.0, CALM, 100),
        (RankRule(id="first", on="X", top=3, margin=1), 5.0, CALM, 3),
        (MoveRule(id="step", on="X", by=0.05), 100.0, CALM, None),
        (GONE, 1.0, CALM, None),
    ],
)
def test_the_level_is_the_one_that_would_decide(
    rule: Rule, value: float | None, before: AlertState, level: float | None
) -> None:
    """Not the one nearest to the value, which may be where the alert ends."""
    assert level_of(rule, value, before) == level


def test_a_drill_is_no_change_of_an_episode() -> None:
    """It has no number in one, leaves no state, and is another message for each command."""
    fire = transition()
    test = drill(fire, "command-1", AT)
    assert (test.number, test.to_state, test.test) == (0, AlertState.NOTED, True)
    assert len({fire.id, test.id, drill(fire, "command-2", AT).id}) == 3
