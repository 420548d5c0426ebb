"""A figure of a company as what a rule is on, and as a level of an expression (row E18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from alerts.model import AlertState
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.rules.written import rule_of
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.compute.unjudged import judged_and_not
from monitor.domain.events import Quality, Reading
from tests.desks import HOUR, MINUTE, Room
from tests.worlds import CATALOGUE, NOON, OpenCalendar, commit, firms, quote, threshold, tick

FACT = "hashrate_installed_eh_s"
"""No metric reads it, so that it is there for the rules alone."""


def worth(**fields: object) -> ExpressionRule:
    """Make a rule on a share, whose level is made of a figure."""
    base: dict[str, object] = {"type": "expression", "id": "worth", "on": "RIOT"}
    inputs = {"held": {"on": FACT, "company": "RIOT"}}
    return rule_of(base | {"inputs": inputs, "when": "value < held * 0.5"} | fields, ExpressionRule)


class Books(Room):
    """A room whose books state figures, which may change at a reload or with the day."""

    def __init__(self, rules: list[Rule], figures: Mapping[str, Reading]) -> None:
        self.figures = dict(figures)
        super().__init__(rules)
        self.step = self._step()

    def _step(self) -> Step:
        made = [replace(firm, fact=self._book_of(firm.ticker)) for firm in firms()]
        return Step(made, CATALOGUE, self.rules, OpenCalendar(), book=self.book)

    def _book_of(self, ticker: str) -> Callable[[str, int], Reading]:
        def fact(name: str, _moment: int) -> Reading:
            missing = Reading(None, Quality.MISSING, f"missing:{name}")
            return self.figures.get(ticker, missing) if name == FACT else missing

        return fact

    def read_anew(self, **figures: Reading) -> None:
        """Go on with other books, as a reload does."""
        self.keep()
        self.figures.update(figures)
        self.step = self._step()
        self.step.restore(read_cells(self.cells))
        self.step.judge()
        self.all += commit(self.step, self.cells)

    @property
    def news(self) -> list[tuple[str, str]]:
        """Return (key, state) of what was told."""
        return [(it.key, it.to_state.value) for it in self.told]


def ok(value: float) -> Reading:
    """Return a figure that can be trusted."""
    return Reading(value, Quality.OK)


def test_a_rule_may_be_on_a_figure() -> None:
    """One alert for each company that states it; the others stand in no_data, with its name."""
    rule = threshold(on=FACT, above=40.0)
    room = Books([rule], {"RIOT": ok(50), "HIVE": ok(30)})
    room.take(tick(NOON, quote("BTC-USD", 100_000, NOON)))
    assert room.news == [("RIOT", "firing")]
    readings = {b.key: b.reading_of(room.step.reading) for b in room.step.watch.bindings()}
    assert (readings["HIVE"].value, readings["RIOT"].value) == (30, 50)
    assert readings["CRWV"].quality is Quality.MISSING
    assert readings["CRWV"].reason == f"missing:{FACT}"
    (fired,) = room.told
    assert (fired.unit, fired.target, fired.whom) == ("EH/s", FACT, "RIOT")
    assert fired.inputs[0]["value"] == 50


def test_a_level_made_of_a_figure_follows_the_book() -> None:
    """A share under half of it fires, a new figure ends it: nobody edits the rule."""
    room = Books([worth()], {"RIOT": ok(20)})
    room.price(NOON, 9, "RIOT")
    assert room.news == [("RIOT", "firing")]
    room.read_anew(RIOT=ok(16))
    assert room.news == [("RIOT", "firing"), ("RIOT", "resolved")]
    room.read_anew(RIOT=ok(30))
    assert room.news[2:] == [("RIOT", "firing")]


def test_a_figure_that_somebody_gives_live_counts_while_it_is_fresh() -> None:
    """Then the book's counts again."""
    room = Books([worth()], {"RIOT": ok(16)})
    room.price(NOON, 9, "RIOT")
    assert room.news == []
    room.price(NOON + MINUTE, 20, f"RIOT.{FACT}", fresh_ms=HOUR)
    assert room.news == [("RIOT", "firing")]
    parts = {part["name"]: part["value"] for part in room.told[0].inputs}
    assert (parts["value"], parts["held"]) == (9, 20)
    room.pass_to(NOON + 2 * HOUR)
    assert room.news == [("RIOT", "firing"), ("RIOT", "resolved")]


@pytest.mark.parametrize(
    ("figure", "word"),
    [
        (Reading(None, Quality.MISSING, f"missing:{FACT}"), "missing"),
        (Reading(20.0, Quality.STALE), "stale"),
    ],
)
def test_what_the_book_does_not_say_or_said_long_ago_is_named(figure: Reading, word: str) -> None:
    """The rule cannot be judged, and its message says which value is what."""
    room = Books([worth(no_data="alert", no_data_after="1m")], {"RIOT": ok(20)})
    room.price(NOON, 9, "RIOT")
    room.read_anew(RIOT=figure)
    room.pass_to(NOON + 10 * MINUTE)
    lost = room.told[-1]
    assert (lost.to_state, lost.value, lost.last_value) == (AlertState.NO_DATA, None, 9)
    assert (lost.quality, f"(`held`, {FACT} of RIOT, is {word})" in lost.summary) == (word, True)
    assert {it["name"]: it["quality"] for it in lost.inputs if "quality" in it}["held"] == word


def test_a_figure_that_never_came_is_named_after_a_history() -> None:
    """A replay says for want of what a rule on a figure was never judged."""
    room = Books([threshold(on=FACT, above=40.0)], {"RIOT": ok(30)})
    room.take(tick(NOON, quote("BTC-USD", 100_000, NOON)))
    quiet, lacking = judged_and_not(room.step, ())
    assert [(it.rule, it.subjects) for it in quiet] == [("r", ("RIOT",))]
    assert [(it.reason, it.missing, it.subjects) for it in lacking] == [
        ("missing", (FACT,), ("CRWV", "HIVE"))
    ]


def test_a_tick_costs_nothing_for_figures() -> None:
    """Prices move, the books do not: no rule on a figure is evaluated again."""
    room = Books([threshold(on=FACT, above=40.0)], {"RIOT": ok(30)})
    room.price(NOON, 100_000, "BTC-USD")
    before = room.step.watch.costs.evaluations
    for second in range(1, 50):
        room.price(NOON + second * 1_000, 100_000 + second, "BTC-USD")
    assert room.step.watch.costs.evaluations == before
