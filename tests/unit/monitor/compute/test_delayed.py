"""Quotes that their source holds back by contract: shown as such, and not for every rule (A24)."""

from __future__ import annotations

import pytest

from alerts.model import AlertState
from alerts.rules.base import Rule
from alerts.wording import delay_for_people
from monitor.compute.nearness import near
from monitor.domain.events import Quality, Quote, Reading
from tests.worlds import (
    NOON,
    commit,
    make_step,
    quote,
    restarted,
    states,
    threshold,
    tick,
)

MINUTE = 60_000
QUARTER = 15 * MINUTE
EXACT = threshold(id="exact", on="RIOT", below=5.0, require="realtime")
PLAIN = threshold(id="plain", on="RIOT", below=5.0)


def late(value: float, at: int, **fields: object) -> Quote:
    """Return a quote told at `at` of fifteen minutes before, as the feed stamps it."""
    named = {"fresh_ms": QUARTER, "source": "slow"} | fields
    return quote("RIOT", value, at - QUARTER, delay_ms=QUARTER, **named)


def live(value: float, at: int) -> Quote:
    """Return a quote of a source that tells at once."""
    return quote("RIOT", value, at, source="quick", fresh_ms=MINUTE)


def test_the_text_says_so_and_a_rule_that_requires_real_time_does_not_fire() -> None:
    """900 s of delay: the alert carries "delayed 15 min", `require: realtime` stays silent."""
    step = make_step([EXACT, PLAIN])
    step.process(tick(NOON, late(4.0, NOON)))
    (told,) = step.take().transitions
    assert (told.rule, told.to_state) == ("plain", AlertState.FIRING)
    assert "delayed 15 min" in told.summary
    assert told.flags == ("delayed",)
    assert told.inputs[0]["delay_ms"] == QUARTER
    (row,) = (row for row in near(step) if row["rule"] == "exact")
    assert (row["state"], row["reason"]) == ("no_data", "delayed")
    assert step.watch.counts == {
        ("warning", "firing", "live"): 1,
        ("warning", "no_data", "live"): 1,
    }


def test_a_live_price_is_judged_at_once_and_says_nothing_of_a_delay() -> None:
    """The same number from a source in real time fires the rule that waited for one."""
    step = make_step([EXACT])
    step.process(tick(NOON, late(4.0, NOON)))
    step.process(tick(NOON + 1, live(4.0, NOON + 1)))
    (told,) = step.take().transitions
    assert (told.rule, told.to_state, told.flags) == ("exact", AlertState.FIRING, ())
    assert "delayed" not in told.summary


def test_a_live_price_goes_before_a_delayed_one_that_came_later() -> None:
    """What is told last is not what is newest, however the slow source dates it."""
    step = make_step()
    step.process(tick(NOON, live(12.0, NOON)))
    claimed = quote("RIOT", 9.0, NOON + 1, source="slow", delay_ms=QUARTER)
    step.process(tick(NOON + 1, claimed))
    assert step.instruments.reading("RIOT") == Reading(12.0, Quality.OK, "", NOON)
    step.advance(NOON + MINUTE + 1)
    assert step.instruments.reading("RIOT").delay_ms == QUARTER


def test_a_wait_ends_when_only_delayed_prices_are_left() -> None:
    """A rule that waits five minutes must not fire on a price that stopped being live meanwhile."""
    waiting = threshold(id="exact", on="RIOT", below=5.0, require="realtime", **{"for": "5m"})
    step = make_step([waiting])
    step.process(tick(NOON, live(4.0, NOON)))
    step.process(tick(NOON + 2, late(4.0, NOON + 2)))
    step.advance(NOON + 10 * MINUTE)
    assert [(t.to_state.value, t.reason.value) for t in step.take().transitions] == [
        ("pending", "breached"),
        ("no_data", "input_delayed"),
    ]


def test_what_fires_keeps_its_state_for_a_while_and_ends_with_the_next_live_price() -> None:
    """A delayed price beyond the level is no recovery to a rule that requires real time."""
    step = make_step([EXACT])
    step.process(tick(NOON, live(4.0, NOON)))
    step.advance(NOON + 2 * MINUTE)
    step.process(tick(NOON + 2 * MINUTE, late(6.0, NOON + 2 * MINUTE)))
    step.advance(NOON + 20 * MINUTE)
    step.process(tick(NOON + 20 * MINUTE, live(6.0, NOON + 20 * MINUTE)))
    assert states(step.take().transitions) == [
        ("exact", "RIOT", "firing"),
        ("exact", "RIOT", "no_data"),
        ("exact", "RIOT", "resolved"),
    ]


def test_a_metric_of_a_delayed_price_is_delayed() -> None:
    """The day's change of a share is as late as its price, and may be required in real time."""
    rules: list[Rule] = [
        threshold(id="exact", on="stock_change_day_ratio", below=-0.1, require="realtime"),
        threshold(id="plain", on="stock_change_day_ratio", below=-0.1),
    ]
    step = make_step(rules)
    before = quote("RIOT.previous_close_usd", 10.0, NOON, source="slow", delay_ms=QUARTER)
    step.process(tick(NOON, late(8.0, NOON), before))
    step.process(tick(NOON + 1, live(8.0, NOON + 1)))
    first, second = step.take().transitions
    assert (first.rule, "delayed 15 min" in first.summary) == ("plain", True)
    assert (second.rule, "delayed" in second.summary) == ("exact", False)


def test_a_restart_remembers_the_delay() -> None:
    """The same price in real time after a restart is news to the rule that required it."""
    cells: dict[str, bytes] = {}
    step = make_step([EXACT])
    step.process(tick(NOON, late(4.0, NOON)))
    step = restarted(step, [EXACT], cells)
    step.advance(NOON + 1)
    step.judge()
    assert step.instruments.reading("RIOT").delay_ms == QUARTER
    assert commit(step, cells) == []
    step.process(tick(NOON + 2, live(4.0, NOON + 2)))
    assert states(commit(step, cells)) == [("exact", "RIOT", "firing")]


def test_a_delayed_venue_has_no_part_in_the_reference_price() -> None:
    """It says what bitcoin cost a quarter of an hour ago."""
    step = make_step()
    held = quote("BTC-USD", 90_000, NOON - QUARTER, source="slow", delay_ms=QUARTER)
    step.process(tick(NOON, quote("BTC-USD", 100_000, NOON, source="a"), held))
    reference = step.instruments.reference
    assert reference is not None
    assert (reference.value, reference.rejected) == (100_000, {"slow": "delayed"})


@pytest.mark.parametrize(
    ("delay_ms", "words"),
    [(QUARTER, "delayed 15 min"), (90_000, "delayed 90 s"), (5_400_000, "delayed 90 min")],
)
def test_a_delay_in_words(delay_ms: int, words: str) -> None:
    """Whole minutes are told in minutes."""
    assert delay_for_people(delay_ms) == words


def test_a_rule_without_a_requirement_keeps_its_version() -> None:
    """Alerts that were there before rules could require anything go on under their ids."""
    assert threshold(above=1.0).version == "a126db63579c"
    assert threshold(above=1.0, require="realtime").version != "a126db63579c"
