"""Figures that name their period: versions are kept, and no figure makes two alerts (row L20)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Transition
from monitor.compute.step import Step
from monitor.core.clock import DAY, HOUR
from monitor.domain.events import Quality
from monitor.domain.revisions import MAX_PERIODS, MAX_REVISIONS, Revised, Standing, Version
from monitor.store.codec import MalformedTickError, decode_tick, encode_tick
from tests.worlds import NOON, make_step, quote, restarted, states, threshold, tick

FLOW = "ETF.flow_usd_day"
RULES = [threshold(id="outflow", on=FLOW, below=-400e6, recover=-300e6)]
MONDAY, TUESDAY = "2025-07-14", "2025-07-15"


def say(step: Step, day: str, millions: float, after_h: float, said_h: float | None = None) -> None:
    """Tell the flow of a day so many hours after noon; its source says it is from `said_h`."""
    at = NOON + round(after_h * HOUR)
    seen = at if said_h is None else NOON + round(said_h * HOUR)
    step.process(tick(at, quote(FLOW, millions * 1e6, seen, period=day, fresh_ms=3 * DAY)))


def told(step: Step, day: str, millions: float, after_h: float) -> list[tuple[str, str, str]]:
    """Tell it and return what changed."""
    say(step, day, millions, after_h)
    return states(changed(step))


def changed(step: Step) -> list[Transition]:
    """Return the transitions since the last look."""
    return step.take().transitions


def versions(step: Step) -> list[tuple[str, list[str]]]:
    """Return the kept versions by day, in millions."""
    revised = step.instruments.revisions._known[FLOW, "test"]
    return [
        (period.day, [str(round(float(it.value) / 1e6)) for it in period.versions])
        for period in revised.periods
    ]


def test_a_revision_makes_no_second_alert() -> None:
    """Row L20: a day late -500 fires; revised to -350 and -450 it is neither told nor told again."""
    step = make_step(RULES)
    assert told(step, MONDAY, -500, 0) == [("outflow", FLOW, "firing")]
    assert told(step, MONDAY, -250, 1) == []
    assert told(step, MONDAY, -450, 2) == []
    assert versions(step) == [(MONDAY, ["-500", "-250", "-450"])]
    reading = step.reading(FLOW, None)
    assert (reading.value, reading.quality, reading.reason) == (-450e6, Quality.DEGRADED, "revised")
    assert told(step, TUESDAY, 10, 24) == [("outflow", FLOW, "resolved")]
    assert step.reading(FLOW, None).quality is Quality.OK


def test_an_alert_that_a_revision_would_have_ended_ends_with_the_next_figure() -> None:
    """Revised to -250, and the next day's -260 lies on the same side: then it is over."""
    step = make_step(RULES)
    told(step, MONDAY, -500, 0)
    told(step, MONDAY, -250, 1)
    assert told(step, TUESDAY, -260, 24) == [("outflow", FLOW, "resolved")]


def test_a_revision_may_be_the_first_alert_of_its_figure() -> None:
    """-100 was no news, -500 is, once."""
    step = make_step(RULES)
    assert told(step, MONDAY, -100, 0) == []
    assert told(step, MONDAY, -500, 1) == [("outflow", FLOW, "firing")]
    assert told(step, MONDAY, -600, 2) == []


def test_a_correction_of_an_older_day_is_kept_and_changes_nothing() -> None:
    """Tuesday's figure stands while Monday's is corrected, whatever time the source gives it."""
    step = make_step(RULES)
    told(step, MONDAY, -100, 0)
    told(step, TUESDAY, -50, 24)
    say(step, MONDAY, -900, 25, said_h=1)
    assert changed(step) == []
    assert step.refused == {}
    assert step.reading(FLOW, None).value == -50e6
    assert versions(step) == [(MONDAY, ["-100", "-900"]), (TUESDAY, ["-50"])]


def test_the_versions_survive_a_restart() -> None:
    """What was said first is known to the next process, so that the same again is no revision."""
    step = make_step(RULES)
    cells: dict[str, bytes] = {}
    say(step, MONDAY, -500, 0)
    say(step, MONDAY, -450, 1)
    again = restarted(step, RULES, cells)
    assert versions(again) == [(MONDAY, ["-500", "-450"])]
    assert again.reading(FLOW, None).reason == "revised"
    assert told(again, MONDAY, -450, 2) == []
    assert versions(again) == [(MONDAY, ["-500", "-450"])]


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 3)), max_size=80))
def test_days_are_in_order_and_the_first_version_stays(told: list[tuple[int, int]]) -> None:
    """Whatever comes in whatever order: days rise, bounds hold, no version repeats the one before."""
    revised, first = Revised(), dict[str, str]()
    newest = ""
    for place, (day, value) in enumerate(told):
        name = f"2025-07-{day:02}"
        first.setdefault(name, str(value))
        revised, standing = revised.taken(name, Version(str(value), place, place))
        assert (standing is Standing.OLDER) == (name < newest)
        newest = max(newest, name)
    days = [period.day for period in revised.periods]
    assert days == sorted(first)
    for period in revised.periods:
        assert period.versions[0].value == first[period.day]
        assert len(period.versions) == min(period.revisions + 1, MAX_REVISIONS)


def test_no_more_periods_are_kept_than_the_bound() -> None:
    """The oldest go."""
    revised = Revised()
    for place in range(MAX_PERIODS + 9):
        revised, _ = revised.taken(f"{2000 + place}-01-01", Version("1", place, place))
    assert len(revised.periods) == MAX_PERIODS
    assert revised.periods[0].day == "2009-01-01"


@pytest.mark.parametrize("period", ["2026-1-5", "yesterday", "2026-01-05T00:00Z"])
def test_a_period_is_a_day(period: str) -> None:
    """Anything else is refused with an example."""
    fields = encode_tick([quote(FLOW, 1, NOON, period=period)])
    with pytest.raises(MalformedTickError, match="2026-01-05"):
        decode_tick(b"1-0", {name.encode(): body for name, body in fields.items()})
