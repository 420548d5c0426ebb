"""What counts as a memory at a start: values, and not that a service has run (row D10)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.model import Transition
from alerts.rules.base import Rule
from alerts.setting import Setting
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from tests.desks import MINUTE, book
from tests.worlds import CATALOGUE, NOON, OpenCalendar, commit, firms, quote, threshold, tick

RULES = [threshold(id="up", on="X", above=10.0)]


def quiet_step(rules: Sequence[Rule] = RULES, tells: DeskBook = NOTHING_SAID) -> Step:
    """Return a step that is quiet at a cold start."""
    setting = Setting(quiet_start=True)
    return Step(firms(), CATALOGUE, rules, OpenCalendar(), setting=setting, book=tells)


def first_price_after(known: str | None) -> str:
    """Return what mutes the first price of X, after a restart, where `known` was quoted before it."""
    step, cells = quiet_step(), dict[str, bytes]()
    step.advance(NOON)
    if known is not None:
        step.process(tick(NOON, quote(known, 5, NOON)))
    commit(step, cells)
    assert cells
    fresh = quiet_step()
    fresh.restore(read_cells(cells))
    fresh.judge()
    fresh.process(tick(NOON + 1, quote("X", 11, NOON + 1)))
    (fire,) = [it for it in commit(fresh, cells) if it.rule == "up"]
    return str(fire.muted_by)


def test_a_restart_before_the_first_value_is_still_a_cold_start() -> None:
    """Redis was gone for a moment, or the pod was moved: nothing but the books was remembered."""
    assert first_price_after(None) == "cold_start"


def test_a_service_that_knew_values_tells_what_is_new() -> None:
    """The first price of something new is news there."""
    assert first_price_after("Y") == ""


def unheard(restarts: bool, fresh_ms: int) -> list[Transition]:
    """Return what becomes of an alert that fired on the first sample: worse, unknown, known again."""
    steps = [{"severity": "critical", "after": "2m"}]
    rules, tells = [threshold(id="up", on="X", above=10.0, steps=steps)], book(feed_dead_after="1m")
    step, cells, told = quiet_step(rules, tells), dict[str, bytes](), list[Transition]()
    for minute, value in ((0, 11), (1, 12), (6, 12), (7, 13)):
        at = NOON + minute * MINUTE
        step.process(tick(at, quote("X", value, at, fresh_ms=fresh_ms)))
        told += commit(step, cells)
        if restarts:
            step = quiet_step(rules, tells)
            step.restore(read_cells(cells))
            step.judge()
            told += commit(step, cells)
    return [it for it in told if it.rule == "up"]


@pytest.mark.parametrize("fresh_ms", [60 * MINUTE, MINUTE], ids=["steady", "lost meanwhile"])
def test_a_restart_does_not_tell_of_what_a_cold_start_hid(fresh_ms: int) -> None:
    """It grows worse, or its data is away for a while: it is the first sample's episode still."""
    plain, restarted = unheard(False, fresh_ms), unheard(True, fresh_ms)
    assert [(it.to_state, it.muted_by) for it in restarted] == [
        (it.to_state, it.muted_by) for it in plain
    ]
    assert len(plain) > 1
    assert not [it for it in plain if it.told]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_restart_while_the_first_fire_waits_makes_it_no_news(restarts: bool) -> None:
    """It is beyond the level from the first sample on; its `for` is over after the restart."""
    rules = [threshold(id="up", on="X", above=10.0, **{"for": "1m"})]
    step, cells = quiet_step(rules), dict[str, bytes]()
    step.process(tick(NOON, quote("X", 11, NOON, fresh_ms=10 * MINUTE)))
    told = commit(step, cells)
    if restarts:
        step = quiet_step(rules)
        step.restore(read_cells(cells))
        step.judge()
    step.advance(NOON + 2 * MINUTE)
    told += commit(step, cells)
    assert [(it.to_state.value, it.muted_by) for it in told] == [
        ("pending", ""),
        ("firing", "cold_start"),
    ]
