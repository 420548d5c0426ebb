"""Moves of company metrics: a vector's gaps know when the anchor is set anew."""

from __future__ import annotations

import numpy as np

from alerts.remarks import Remarks
from alerts.rules.move import MoveRule
from alerts.rules.written import rule_of
from alerts.series import Target
from alerts.watch import Watch
from monitor.domain.events import Quality, Reading

SECOND = 1_000
DAY = 24 * 60 * 60 * SECOND
V = Target("V", "ratio", ("HIVE", "IREN", "RIOT"))
QUALITY = np.full(3, Quality.OK.value, dtype=np.uint8)


def show(watch: Watch, values: tuple[float, ...], at: int) -> None:
    """Run what is due, then show one value for each company."""
    while watch.next_timer is not None and watch.next_timer <= at:
        watch.run_timer(lambda *_: Reading(values[0], Quality.OK))
    told = [Reading(value, Quality.OK) for value in values]
    watch.observe_vector("V", np.array(values), QUALITY, told.__getitem__, at)


def test_a_day_begins_for_the_companies_of_a_move_too() -> None:
    """The first value of a day is the anchor of each, though none has left its stride."""
    fields = {"type": "move", "id": "r", "on": "V", "by": 5, "measure": "points", "anew": "1d"}
    rules = [rule_of(fields, MoveRule)]
    watch = Watch(rules, {"V": V}, lambda _target, _company: (), lambda *_: Remarks())
    for at, value in ((SECOND, 100.0), (DAY + SECOND, 103.0), (DAY + 2 * SECOND, 105.5)):
        show(watch, (value,) * 3, at)
    assert not watch.take_transitions()
    show(watch, (108.0, 98.0, 107.9), DAY + 3 * SECOND)
    assert [it.key for it in watch.take_transitions()] == ["HIVE", "IREN"]


def test_a_move_tells_nothing_of_lost_data() -> None:
    """Told of its loss without the end of that, it stood in no_data for ever."""
    fields = {"type": "move", "id": "r", "on": "V", "by": 5, "measure": "points"}
    rules = [rule_of({**fields, "no_data": "alert", "no_data_after": "1s"}, MoveRule)]
    watch = Watch(rules, {"V": V}, lambda _target, _company: (), lambda *_: Remarks())
    watch.begin(0)
    while watch.next_timer is not None:
        watch.run_timer(lambda *_: Reading(None, Quality.MISSING))
    show(watch, (100.0,) * 3, 5 * SECOND)
    show(watch, (110.0, 100.0, 100.0), 6 * SECOND)
    assert [(it.key, it.to_state.value) for it in watch.take_transitions()] == [("HIVE", "noted")]
