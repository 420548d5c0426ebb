"""What counts as a memory at a start: values, and not that a service has run (row D10)."""

from __future__ import annotations

from alerts.setting import Setting
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from tests.worlds import CATALOGUE, NOON, OpenCalendar, commit, firms, quote, threshold, tick

RULES = [threshold(id="up", on="X", above=10.0)]


def quiet_step() -> Step:
    """Return a step that is quiet at a cold start."""
    return Step(firms(), CATALOGUE, RULES, OpenCalendar(), setting=Setting(quiet_start=True))


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
