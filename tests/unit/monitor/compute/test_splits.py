"""A split moves no price: levels, closes and counts go with it, and nothing fires (row A10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.base import Rule
from alerts.rules.threshold import ThresholdRule
from monitor.compute.nearness import near
from monitor.compute.saved import read_cells
from monitor.compute.splits import HOLD_MS, in_new_shares
from monitor.compute.step import Step
from monitor.domain.corporate_actions import (
    ActionKind,
    CorporateAction,
    looks_like_split,
    share_factor,
)
from monitor.domain.events import Quality, Quote, Reading
from tests.worlds import (
    CATALOGUE,
    NOON,
    OpenCalendar,
    commit,
    firms,
    quote,
    states,
    threshold,
    tick,
)

HOUR = 3_600_000
DAY = 24 * HOUR
TODAY = NOON - 12 * HOUR
TOMORROW = TODAY + DAY
OPEN = TOMORROW + 14 * HOUR
REVERSE = CorporateAction(ActionKind.REVERSE_SPLIT, 1, 10, TOMORROW, "https://x.example/8-k")
LEVEL = threshold(id="cheap", on="RIOT", below=5.0, recover=5.25)
MOVED = "Level 5.00 is 50.00, 5.25 is 52.50 after the 1-for-10 reverse split of 2025-07-18."
FAR = 30 * DAY


def world(rules: Sequence[Rule], *actions: CorporateAction) -> Step:
    """Return the small world in which RIOT has these actions."""
    book = [replace(it, actions=actions) if it.ticker == "RIOT" else it for it in firms()]
    return Step(book, CATALOGUE, rules, OpenCalendar())


def seen(price: float, close: float, at: int, source: str = "yahoo") -> tuple[Quote, Quote]:
    """Return a share's price with its previous close, as one source tells them."""
    return (
        quote("RIOT", price, at, source=source, fresh_ms=FAR),
        quote("RIOT.previous_close_usd", close, at, source=source, fresh_ms=FAR),
    )


def test_overnight_one_for_ten() -> None:
    """No percent-move alert, and the level 5.00 is shown as 50.00 with a note."""
    falls = threshold(id="falls", on="stock_change_day_ratio", below=-0.1)
    soars = threshold(id="soars", on="stock_change_day_ratio", above=0.1)
    dear = threshold(id="dear", on="RIOT", above=7.0)
    step = world([LEVEL, falls, soars, dear], REVERSE)
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    step.advance(OPEN - HOUR)
    assert step.instruments.reading("RIOT").value == pytest.approx(55.0)
    step.process(tick(OPEN, *seen(54.0, 55.0, OPEN)))
    assert step.take().transitions == []
    assert step.table.reading("stock_change_day_ratio", 2).value == pytest.approx(54 / 55 - 1)
    row = next(row for row in near(step) if row["rule"] == "cheap")
    assert (row["level"], row["note"]) == (50.0, MOVED)
    step.process(tick(OPEN + 1, *seen(49.0, 55.0, OPEN + 1)))
    told = next(t for t in step.take().transitions if t.rule == "cheap")
    assert (told.value, told.bound) == (49.0, 50.0)
    assert told.summary.endswith(MOVED)
    assert told.rule_version == LEVEL.version


def test_an_alert_that_stands_goes_on_and_ends_at_the_new_level() -> None:
    """It is the same alert: nothing is told at the split, and its end is at 52.50."""
    cells: dict[str, bytes] = {}
    step = world([LEVEL], REVERSE)
    step.process(tick(NOON, *seen(4.0, 4.1, NOON)))
    fired = commit(step, cells)
    step.process(tick(OPEN, *seen(41.0, 40.0, OPEN)))
    assert commit(step, cells) == []
    again = world([LEVEL], REVERSE)
    again.restore(read_cells(cells))
    again.advance(OPEN + 1)
    again.judge()
    assert commit(again, cells) == []
    again.process(tick(OPEN + 2, *seen(53.0, 40.0, OPEN + 2)))
    (ended,) = commit(again, cells)
    assert (ended.to_state.value, ended.bound, ended.since) == ("resolved", 52.5, fired[0].since)


def test_a_level_written_after_the_split_is_left_alone() -> None:
    """A rule that is new, or was edited, is in the shares of its own day; `as_of` says otherwise."""
    step = world([LEVEL], REVERSE)
    step.process(tick(OPEN, *seen(49.0, 50.0, OPEN)))
    assert step.take().transitions == []
    dated = threshold(id="dated", on="RIOT", below=5.0, as_of="2025-07-01")
    later = threshold(id="later", on="RIOT", below=60.0, as_of="2025-07-18")
    step = world([dated, later], REVERSE)
    step.process(tick(OPEN, *seen(49.0, 50.0, OPEN)))
    assert states(step.take().transitions) == [
        ("dated", "RIOT", "firing"),
        ("later", "RIOT", "firing"),
    ]


@pytest.mark.parametrize("moment", [OPEN, TOMORROW])
def test_a_source_that_is_late_or_early_with_it_is_held_back(moment: int) -> None:
    """Around the split a price that fits the other side better has no effect."""
    step = world([LEVEL], REVERSE)
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    wrong = 5.4 if moment == OPEN else 54.0
    step.process(tick(moment, quote("RIOT", wrong, moment, source="late", fresh_ms=FAR)))
    expected = 55.0 if moment == OPEN else 5.5
    assert step.instruments.reading("RIOT").value == pytest.approx(expected)
    assert step.refused == {("late", "unadjusted"): 1}
    assert step.take().transitions == []


def test_a_previous_close_in_old_shares_is_carried_into_the_new_ones() -> None:
    """It speaks of the day before: 5.5 then is 55 now, and the day's change is that of the share."""
    step = world([], REVERSE)
    step.process(tick(NOON, *seen(5.4, 5.6, NOON)))
    step.process(tick(OPEN, *seen(54.0, 5.5, OPEN)))
    assert step.instruments.reading("RIOT.previous_close_usd").value == pytest.approx(55.0)
    assert step.table.reading("stock_change_day_ratio", 2).value == pytest.approx(54 / 55 - 1)
    assert not step.refused


def test_a_split_that_no_book_knows_is_disputed_until_one_does() -> None:
    """Overnight from 5.50 to 55: nothing fires; with the action in the book it is the price."""
    cells: dict[str, bytes] = {}
    soars = threshold(id="soars", on="stock_change_day_ratio", above=0.1)
    rules = [LEVEL, soars]
    step = world(rules)
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    step.process(tick(OPEN, *seen(55.0, 5.5, OPEN)))
    reading = step.instruments.reading("RIOT")
    assert (reading.value, reading.quality, reading.reason) == (
        5.5,
        Quality.DISPUTED,
        "suspected_split",
    )
    assert step.refused == {("yahoo", "suspected_split"): 1}
    assert commit(step, cells) == []
    blind = world(rules)
    blind.restore(read_cells(cells))
    assert blind.instruments.reading("RIOT").quality is Quality.DISPUTED
    told = world(rules, REVERSE)
    told.restore(read_cells(cells))
    told.process(tick(OPEN + 1, *seen(55.0, 55.5, OPEN + 1)))
    assert told.instruments.reading("RIOT") == Reading(55.0, Quality.OK, "", OPEN + 1)
    assert commit(told, cells) == []
    assert not [name for name in cells if name.startswith("h|")]


def test_a_jump_that_stands_for_three_days_is_the_price() -> None:
    """Without a book there must be an end to the doubt."""
    step = world([])
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    for at in (OPEN, OPEN + HOLD_MS, OPEN + HOLD_MS + 1):
        step.process(tick(at, *seen(11.0, 5.5, at)))
    assert step.instruments.reading("RIOT").value == 11.0


def test_another_source_that_goes_on_as_before_ends_the_dispute() -> None:
    """One source's jump does not silence a share that others quote as ever."""
    step = world([])
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    step.process(tick(OPEN, *seen(55.0, 5.5, OPEN)))
    step.process(tick(OPEN + 1, quote("RIOT", 5.6, OPEN + 1, source="b", fresh_ms=FAR)))
    assert step.instruments.reading("RIOT") == Reading(5.6, Quality.OK, "", OPEN + 1)


def test_a_fall_within_the_day_is_a_fall() -> None:
    """Half the price between two quotes of one day is news, not a split."""
    step = world([LEVEL])
    step.process(tick(NOON, *seen(9.0, 9.1, NOON)))
    step.process(tick(NOON + 1, *seen(4.5, 9.1, NOON + 1)))
    assert states(step.take().transitions) == [("cheap", "RIOT", "firing")]


@given(st.integers(1, 40), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_neither_batching_nor_an_idle_tick_changes_it(cents: int, order: list[int]) -> None:
    """The split takes effect at its own moment, whoever comes by next."""
    quotes = [
        seen(4.8 + cents / 100, 5.0, NOON),
        seen(10 * (4.8 + cents / 100), 50.0, OPEN),
    ]
    told = []
    for idle in ([], sorted(TOMORROW + n * HOUR for n in order)):
        step = world([LEVEL], REVERSE)
        step.process(tick(NOON, *quotes[0]))
        for moment in idle:
            step.advance(moment)
        step.process(tick(OPEN, *quotes[1]))
        told.append([(t.id, t.at, t.summary) for t in step.take().transitions])
    assert told[0] == told[1]


def test_a_close_is_paired_in_new_shares() -> None:
    """The history has no jump: the last close counts ten times as much."""
    step = world([], REVERSE)
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    pairing = step.history._pairings["RIOT"].closed(1, 5.5, None)
    assert pairing.split(10.0).closed(2, 55.0, 55.0).level.value == pytest.approx(0.0)


def test_a_count_of_shares_is_divided() -> None:
    """Ten old shares are one new one, for a count of a day before."""
    assert share_factor([REVERSE], TODAY, OPEN) == pytest.approx(0.1)
    assert share_factor([REVERSE], TOMORROW + DAY, OPEN + FAR) == 1.0


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [(5.5, 55, True), (55, 5.2, True), (100, 26, True), (10, 14, False), (10, 8.5, False)],
)
def test_what_looks_like_a_split(before: float, after: float, *, found: bool) -> None:
    """A usual factor, give or take what the share moved over night."""
    assert looks_like_split(before, after) is found


def test_a_rule_without_levels_in_the_price_is_left_alone() -> None:
    """No action, no note."""
    assert in_new_shares(LEVEL, ()) == (LEVEL, 1.0, "")
    scaled, factor, note = in_new_shares(LEVEL, (REVERSE,))
    assert isinstance(scaled, ThresholdRule)
    assert (scaled.below, scaled.recover, factor, note) == (50.0, 52.5, 10.0, MOVED)


def test_what_a_quote_says_stays_as_it_came() -> None:
    """Only its reading is in new shares: the store shows what the source said."""
    step = world([], REVERSE)
    step.process(tick(NOON, *seen(5.5, 5.6, NOON)))
    step.advance(OPEN)
    (kept,) = step.instruments.quotes("RIOT")
    assert kept.value == Decimal("5.5")
