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
from tests.worlds import NOON, market_step, quote, tick

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


@pytest.mark.parametrize(
    ("rule", "value", "origin"),
    [
        (MoveRule(id="m", on="X", by=0.1), 110.0, 100),
        (MoveRule(id="m", on="X", by=0.1), -110.0, -100),
        (MoveRule(id="m", on="X", down=0.5), 50.0, 100),
        (MoveRule(id="m", on="X", up=0.5), -50.0, -100),
        (MoveRule(id="m", on="X", down=1.5), 50.0, None),
        (MoveRule(id="m", on="X", by=0.1), 0.0, None),
        (MoveRule(id="m", on="X", up=3, measure="points"), 1.0, -2),
        (MoveRule(id="m", on="X", down=3, measure="points"), 1.0, 4),
    ],
)
def test_a_move_is_shown_from_where_it_is_a_stride_away(
    rule: MoveRule, value: float, origin: float | None
) -> None:
    """Both ways and on both sides of 0; of percent from which no value is reached there is none."""
    stride = rule.stride()
    assert stride.origin(value) == (None if origin is None else pytest.approx(origin))
    if origin is not None:
        assert stride.reached(origin, value)


def test_a_drill_says_what_its_type_says() -> None:
    """A move from its anchor, or else from one made up; an absence is not `unknown (ok)`."""
    gone = rule_of({"type": "absence", "id": "gone", "on": "X", "for": "1h"}, AbsenceRule)
    step = market_step([MoveRule(id="step", on="X", by=0.1), gone])
    for value in (10.0, 10.2):
        step.process(tick(NOON, quote("X", value, NOON, fresh_ms=10**6)))
    told = [step.telling.rehearsal(rule, "", NOON) for rule in ("step", "gone")]
    assert [it and (it.to_state.value, it.value, it.summary) for it in told] == [
        ("noted", 10.2, "X moved from 10 to 10.2."),
        ("firing", None, "X has been unknown for 1h (missing); the last value was 10.2."),
    ]
