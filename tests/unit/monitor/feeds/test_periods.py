"""A source that tells a week of figures at each answer is news once."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.events import Quote
from monitor.domain.revisions import MAX_PERIODS
from monitor.feeds.periods import Periods
from tests.unit.monitor.feeds.doubles import NOW

FLOW, OTHER = "etf.btc.flow_usd", "BTC-USD"


def figure(period: str, value: int, instrument: str = FLOW) -> Quote:
    """Return a figure of one day."""
    return Quote(
        instrument=instrument,
        value=Decimal(value),
        observed_at=NOW,
        source="venue",
        period=period,
    )


def test_an_earlier_day_is_told_when_it_is_corrected() -> None:
    """Told once, then again with another value, and the newest day each time, last."""
    periods = Periods()
    week = [figure("2026-01-05", 1), figure("2026-01-06", 2), figure("2026-01-07", 3)]
    assert periods.news(week) == week
    assert periods.news(week) == week, "what was not stored is told again"
    periods.remember(week)
    assert periods.news(week) == week[2:]
    corrected = [week[0], figure("2026-01-06", 9), week[2]]
    assert periods.news(corrected) == corrected[1:]
    periods.remember(corrected[1:])
    assert periods.news(corrected) == corrected[2:]


def test_what_has_no_period_is_always_told() -> None:
    """A price passes, also beside a figure, and one instrument's days are not another's."""
    periods = Periods()
    both = [figure("", 7, OTHER), figure("2026-01-05", 1), figure("2026-01-06", 1)]
    periods.remember(both)
    assert periods.news(both) == [both[0], both[2]]
    other = [
        figure("2026-01-05", 1, "etf.eth.flow_usd"),
        figure("2026-01-06", 1, "etf.eth.flow_usd"),
    ]
    assert periods.news(other) == other


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2)), max_size=300))
def test_memory_is_bounded_and_the_newest_always_passes(told: list[tuple[int, int]]) -> None:
    """So many periods are known; whatever came before, the newest figure goes on."""
    periods = Periods()
    for day, value in told:
        quote = figure(f"day-{day:03d}", value)
        assert periods.news([quote]) == [quote]
        periods.remember([quote])
        assert len(periods._told[FLOW]) <= MAX_PERIODS
