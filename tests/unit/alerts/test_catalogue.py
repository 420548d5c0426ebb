"""Every kind of condition, one fixture each, at the tick at which it must fire (rows E02, E03, E16-E19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from alerts.model import Transition
from alerts.reasons import Reason
from alerts.remarks import Remarks
from alerts.rules.base import Rule
from alerts.rules.written import rule_of
from alerts.series import Target
from alerts.setting import Setting
from alerts.watch import Watch
from monitor.app.world import find_rule_types
from monitor.domain.events import Quality, Reading

TYPES = {kind.__struct_config__.tag: kind for kind in find_rule_types()}
TICKERS = ("HIVE", "IREN", "RIOT")
TARGETS = {
    "S": Target("S", "USD", None, {"instrument": "S"}),
    "B": Target("B", "USD", None, {"instrument": "B"}),
    "V": Target("V", "ratio", TICKERS),
    "W": Target("W", "ratio", TICKERS),
}
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
NOTHING = Reading(None, Quality.MISSING, "missing")


def rule(kind: str, **fields: object) -> Rule:
    """Make a rule as the rulebook would."""
    body = {"type": kind, "id": "r", "on": "S"} | fields
    return rule_of(body, TYPES[kind])


class Desk:
    """A watch with a clock, to which values are shown one after another."""

    def __init__(self, *rules: Rule, quiet_start: bool = False) -> None:
        self.session = "regular"
        self.watch = Watch(
            rules,
            TARGETS,
            lambda _target, _company: (),
            lambda *_: Remarks(),
            Setting(session=lambda _now: self.session, quiet_start=quiet_start),
        )
        self.now = 0
        self.shown: dict[str, Reading] = {}
        self.watch.begin(0)

    def to(self, now: int) -> None:
        """Let time pass, timers at their own moments."""
        while (due := self.watch.next_timer) is not None and due <= now:
            self.watch.run_timer(lambda name, _company: self.shown.get(name, NOTHING))
        self.now = now

    def show(self, at: int, **values: float | Sequence[float | None] | None) -> list[str]:
        """Show values at `at`; return `rule|key state` of what happened since the last call."""
        self.to(at)
        for name, value in values.items():
            if isinstance(value, Sequence):
                self._vector(name, value)
            else:
                self.shown[name] = NOTHING if value is None else Reading(value, Quality.OK, "", at)
                self.watch.observe(name, self.shown[name], at)
        self.watch.settle(at)
        return [f"{it.rule}|{it.key} {it.to_state.value}" for it in self.watch.take_transitions()]

    def _vector(self, name: str, values: Sequence[float | None]) -> None:
        readings = [
            NOTHING if it is None else Reading(it, Quality.OK, "", self.now) for it in values
        ]
        self.watch.observe_vector(
            name,
            np.array([np.nan if it is None else it for it in values]),
            np.array([it.quality for it in readings], dtype=np.uint8),
            readings.__getitem__,
            self.now,
        )


def fired_at(rule_: Rule, values: Iterable[float | None], every: int = MINUTE) -> list[int]:
    """Return the places of the values at which the rule fired."""
    desk, found = Desk(rule_), []
    for place, value in enumerate(values):
        if any(it.endswith("firing") for it in desk.show(place * every, S=value)):
            found.append(place)
    return found


@pytest.mark.parametrize(
    ("made", "values", "places"),
    [
        (rule("threshold", above=10.0), [9, 10, 11, 12, 9, 11], [2, 5]),
        (rule("threshold", below=10.0), [11, 10, 9, 8, 11, 9], [2, 5]),
        (rule("threshold", beyond=10.0, recover=5.0), [9, -11, -6, 6, 4, 11], [1, 5]),
        (rule("crossing", up=10.0), [11, 12, 10, 11, 12, 10, 9, 11], [3, 7]),
        (rule("crossing", down=10.0), [9, 8, 10, 9, 11, 9], [3, 5]),
        (rule("crossing", up=10.0, rearm=2.0), [9, 11, 9, 11, 7, 11], [1, 5]),
        (rule("crossing", either=10.0), [9, 11, 9, 9, 11], [1, 2, 4]),
        (rule("band", inside=[10.0, 20.0]), [9, 10, 15, 21, 15], [1, 4]),
        (rule("band", outside=[10.0, 20.0], margin=1.0), [15, 21, 19.5, 21, 15, 9], [1, 5]),
        (rule("band", outside=[10.0, 20.0], crossing=True), [25, 26, 15, 25], [3]),
        (rule("change", above=0.05, over="2m"), [100, 100, 100, 106, 106, 106], [3]),
        (rule("change", beyond=0.05, over="2m"), [100, 100, 94, 94, 94, 100], [2, 5]),
        (rule("change", below=-4.0, over="2m", measure="points"), [100, 100, 96, 95.5], [3]),
        (rule("range", above=0.05, over="2m"), [100, 102, 100, 106, 100], [3]),
        (rule("range", below=0.01, over="2m"), [100, 100, 100, 106, 106], [2, 4]),
        (rule("average", above=0.05, over="3m"), [100, 100, 100, 100, 106], [4]),
        (rule("smoothed", above=100.0, over="3m", take="mean"), [90, 90, 90, 105, 105, 105], [5]),
        (
            rule("smoothed", above=100.0, over="3m", take="median"),
            [90, 90, 90, 500, 90, 101, 101],
            [5],
        ),
        (rule("close", above=100.0, bar="2m"), [99, 99, 101, 99, 101, 101, 99], [6]),
        (rule("samples", above=10.0, count=3, of=5), [9, 99, 9, 99, 9, 99, 9, 9], [5]),
        (rule("stale", unchanged_for="3m"), [7, 7, 7, 7, 7, 8, 8, 8, 8], [3, 8]),
        (rule("absence", **{"for": "2m"}), [None, None, None, 5, None, None, None], [2, 6]),
        (rule("threshold", above=10.0, **{"for": "2m"}), [11, 11, 11, 9, 11, 9], [2]),
    ],
    ids=lambda it: it.__struct_config__.tag if isinstance(it, Rule) else "",
)
def test_each_condition_fires_at_its_tick(
    made: Rule, values: list[float | None], places: list[int]
) -> None:
    """And at no other."""
    assert fired_at(made, values) == places


def test_a_z_score_is_of_changes_and_needs_thirty() -> None:
    """A change of 5 % after small ones fires; the same level before there are 30 changes does not."""
    for robust in (False, True):
        made = rule("zscore", above=3.5, every="1m", samples=40, robust=robust)
        calm = [100.0 + 0.1 * (place % 3) for place in range(36)]
        assert fired_at(made, [*calm[:20], 105.0]) == []
        assert fired_at(made, [*calm, 105.0]) == [36]


def test_a_change_needs_a_window_without_holes() -> None:
    """A reference more than a tenth of the window too old, or a fifth of it missing, is none."""
    made = rule("change", above=0.05, over="10m")
    desk = Desk(made)
    for minute in (*range(4), *range(8, 11)):
        desk.show(minute * MINUTE, S=100.0)
    assert desk.show(11 * MINUTE, S=106.0) == []
    shown = {minute: desk.show(minute * MINUTE, S=106.0) for minute in range(12, 21)}
    assert {minute: told for minute, told in shown.items() if told} == {18: ["r|S firing"]}


def test_a_crossing_is_left_out_over_a_gap() -> None:
    """Nobody knows what happened within an hour of silence; the next crossing counts."""
    desk = Desk(rule("crossing", up=10.0, gap="1h"))
    assert desk.show(0, S=9.0) == []
    assert desk.show(2 * HOUR, S=11.0) == []
    assert desk.show(2 * HOUR + MINUTE, S=9.0) == []
    assert desk.show(2 * HOUR + 2 * MINUTE, S=11.0) == ["r|S firing"]


def test_a_poke_fires_a_crossing_and_no_close() -> None:
    """High pokes above the level and the price returns: once until re-armed (row E03)."""
    pokes = [(0, 99.0), (20, 101.0), (40, 99.5), (50, 101.0), (70, 99.0), (140, 99.0)]
    crossing = Desk(rule("crossing", up=100.0, rearm=5.0))
    close = Desk(rule("close", above=100.0, bar="1m"))
    assert [it for at, price in pokes for it in crossing.show(at * SECOND, S=price)] == [
        "r|S firing"
    ]
    assert [it for at, price in pokes[:3] for it in close.show(at * SECOND, S=price)] == []


def test_a_rule_over_companies_has_levels_of_its_own() -> None:
    """One rule, an override for HIVE: each at its own level (row E17)."""
    made = rule("threshold", on="V", below=0.20, overrides={"HIVE": {"below": 0.15}})
    desk = Desk(made)
    assert desk.show(0, V=[0.18, 0.19, 0.30]) == ["r|IREN firing"]
    assert desk.show(1, V=[0.14, 0.19, 0.30]) == ["r|HIVE firing"]


def test_ranks_fire_as_companies_enter_and_change_places() -> None:
    """Top one of three; a move by a place is told once, and from the place told last."""
    top, moves = rule("rank", on="V", top=1), rule("rank", on="V", id="m", moves=1)
    desk = Desk(top, moves)
    assert desk.show(0, V=[0.3, 0.2, 0.1]) == ["r|HIVE firing"]
    assert sorted(desk.show(1, V=[0.3, 0.2, 0.25])) == ["m|IREN noted", "m|RIOT noted"]
    assert desk.show(2, V=[0.31, 0.2, 0.25]) == []
    assert sorted(desk.show(3, V=[None, 0.2, 0.25])) == [
        "m|IREN noted",
        "m|RIOT noted",
        "r|RIOT firing",
    ]


@pytest.mark.parametrize(
    ("margin", "change", "session", "fires"),
    [
        (0.19, -0.04, "regular", True),
        (0.21, -0.04, "regular", False),
        (0.19, -0.02, "regular", False),
        (0.19, -0.04, "pre", False),
        (0.21, -0.02, "pre", False),
    ],
)
def test_a_composite_rule_is_true_when_all_of_it_is(
    margin: float, change: float, session: str, fires: bool
) -> None:
    """The truth table of `margin < 20% AND btc_change_1h < -3% AND session == regular` (row E16)."""
    made = rule(
        "expression",
        on="V",
        companies=["RIOT"],
        inputs={"btc_change_1h": {"on": "B", "change": "1h"}},
        when='value < 20% AND btc_change_1h < -3% AND session == "regular"',
    )
    desk = Desk(made)
    desk.session = session
    for minute in range(60):
        desk.show(minute * MINUTE, B=100.0, V=[0.5, 0.5, margin])
    happened = desk.show(60 * MINUTE, B=100.0 * (1 + change), V=[0.5, 0.5, margin])
    assert happened == (["r|RIOT firing"] if fires else [])


def test_a_composite_rule_sees_a_tick_whole() -> None:
    """Between two values of one tick it is not asked: no alert of a state that never was."""
    made = rule("expression", inputs={"b": "B"}, when="value > b")
    desk = Desk(made)
    assert desk.show(0, S=10.0, B=11.0) == []
    assert desk.show(1, S=12.0, B=13.0) == []
    assert desk.show(2, S=12.0, B=11.5) == ["r|S firing"]
    assert desk.show(3, S=12.0, B=12.0) == ["r|S resolved"]


def test_a_level_may_move_by_itself() -> None:
    """`btc < breakeven * 1.05` follows what the break-even becomes (row E18)."""
    made = rule("expression", inputs={"breakeven": "B"}, when="value < breakeven * 1.05")
    desk = Desk(made)
    assert desk.show(0, S=100.0, B=90.0) == []
    assert desk.show(1, B=96.0) == ["r|S firing"]
    assert desk.show(2, B=90.0) == ["r|S resolved"]


def test_an_expression_is_asked_at_its_levels_only() -> None:
    """Values between the levels of plain comparisons cost no evaluation."""
    made = rule("expression", inputs={"b": "B"}, when="value > 10 && b < 5")
    desk = Desk(made)
    desk.show(0, S=1.0, B=1.0)
    before = desk.watch.costs.evaluations
    for step in range(1, 50):
        desk.show(step, S=1.0 + step / 100, B=1.0)
    assert desk.watch.costs.evaluations == before
    assert desk.show(60, S=11.0) == ["r|S firing"]


def test_unknown_decides_nothing_and_known_may() -> None:
    """`a OR unknown` is true where a is; where it is not, it is said what the rule lacks."""
    made = rule("expression", inputs={"b": "B"}, when="value > 10 OR b / value > 2")
    desk = Desk(made)
    assert desk.show(0, S=11.0) == ["r|S firing"]
    assert desk.show(1, S=9.0) == []  # kept for a while: nothing ends on what is not known
    (failed,) = desk.watch.composites.failures()
    assert failed[1] == "S"
    assert failed[2] == "`b`, B, is missing"
    assert desk.show(2, B=10.0) == ["r|S resolved"]
    assert list(desk.watch.composites.failures()) == []


@pytest.mark.parametrize(
    ("no_data", "told"),
    [("ok", "resolved"), ("alert", "no_data"), ("no_data", "no_data")],
)
def test_a_second_value_that_is_unknown_is_met_as_the_rule_says(no_data: str, told: str) -> None:
    """Its patience and its policy hold for what is unknown, whichever value that is (row E10)."""
    made = rule(
        "expression",
        inputs={"b": "B"},
        when="value < 20 AND b > 2",
        no_data=no_data,
        no_data_after="1s",
    )
    desk = Desk(made)
    assert desk.show(0, S=11.0, B=3.0)[-1] == "r|S firing"
    assert desk.show(1, B=None) == []
    desk.to(1_001)
    (last,) = desk.watch.take_transitions()
    assert last.to_state.value == told
    assert (last.value, last.last_value) == (None, 11.0)
    assert "cannot be judged (`b`, B, is missing); the last value was 11" in last.summary


def test_dividing_by_a_stale_series_is_an_error() -> None:
    """The rule stands in error, which is told apart from missing data (row E42)."""
    made = rule("expression", inputs={"b": "B"}, when="value / b > 2")
    desk = Desk(made)
    assert desk.show(0, S=11.0, B=None) == ["r|S error"]
    assert desk.show(1, B=0.0) == []
    assert [why for _, _, why in desk.watch.composites.failures()] == ["divided by `b`, which is 0"]
    assert desk.show(2, B=2.0) == ["r|S firing"]


@pytest.mark.parametrize(
    ("when", "inputs", "why"),
    [
        ("value / b > 2", {"b": "B"}, "divided by `b`, which is 0"),
        ("value > 10 AND c > 0", {"c": {"on": "B", "change": "1h"}}, "is missing"),
    ],
)
def test_what_cannot_be_told_is_not_said_to_be_ok(
    when: str, inputs: dict[str, Any], why: str
) -> None:
    """Divided by zero, or of a window that is not filled: the message has no value, and why."""
    made = rule("expression", inputs=inputs, when=when, no_data="alert", no_data_after="1s")
    desk = Desk(made)
    desk.watch.observe("S", Reading(11.0, Quality.OK, "", 0), 0)
    desk.watch.observe("B", Reading(0.0, Quality.OK, "", 0), 0)
    desk.watch.settle(0)
    desk.shown = {
        name: Reading(value, Quality.OK, "", 0) for name, value in (("S", 11.0), ("B", 0.0))
    }
    desk.to(2_000)
    told = [it for it in desk.watch.take_transitions() if it.reason is Reason.NO_DATA_ALERT]
    assert [(it.value, it.quality) for it in told] == [(None, "missing")]
    assert why in told[0].summary


def test_a_cold_start_lets_no_wait_and_no_expression_ring() -> None:
    """Held for long or made of several values: it begins with a first sample all the same (D10)."""
    held = rule("threshold", id="held", above=10.0, **{"for": "1s"})
    both = rule("expression", id="both", inputs={"b": "B"}, when="value > 10 AND b > 2")
    asks = rule("threshold", id="asks", above=10.0, no_data="alert")
    desk = Desk(held, both, asks, quiet_start=True)
    for name, value in (("S", 11.0), ("B", 3.0)):
        desk.shown[name] = Reading(value, Quality.OK, "", 0)
        desk.watch.observe(name, desk.shown[name], 0)
    desk.watch.settle(0)
    desk.to(1_000)
    fires = [it for it in desk.watch.take_transitions() if it.to_state.value == "firing"]
    assert {(it.rule, it.muted_by) for it in fires} == {
        (name, "cold_start") for name in ("held", "both", "asks")
    }
    desk.show(2_000, S=9.0)
    desk.watch.observe("S", Reading(12.0, Quality.OK, "", 3_000), 3_000)
    desk.watch.settle(3_000)
    desk.to(4_000)
    fires = [it for it in desk.watch.take_transitions() if it.to_state.value == "firing"]
    assert {(it.rule, it.muted_by) for it in fires} == {(it, "") for it in ("held", "both", "asks")}


def test_an_expression_is_cold_at_its_first_answer_alone() -> None:
    """It failed to hold at the start, lacked a value for a while, and holds: that is told."""
    desk = Desk(rule("expression", inputs={"b": "B"}, when="value / b > 2"), quiet_start=True)
    for at, b in ((0, 8.0), (1, None), (2, 1.0)):
        for name, value in (("S", 11.0), ("B", b)):
            seen = NOTHING if value is None else Reading(value, Quality.OK, "", at)
            desk.shown[name] = seen
            desk.watch.observe(name, seen, at)
        desk.watch.settle(at)
    last = desk.watch.take_transitions()[-1]
    assert (last.to_state.value, last.muted_by) == ("firing", "")


def test_with_a_memory_no_start_is_cold() -> None:
    """A first sample of something new is told where the service knew other things before (D10)."""
    desk = Desk(rule("threshold", above=10.0), quiet_start=True)
    desk.watch.restore([])
    desk.watch.resume()
    desk.watch.observe("S", Reading(11.0, Quality.OK, "", 0), 0)
    (only,) = desk.watch.take_transitions()
    assert (only.to_state.value, only.muted_by, only.notifies) == ("firing", "", True)


def test_a_cold_start_fires_nothing_that_is_told() -> None:
    """The first sample ever is beyond the level: it stands as firing, and nobody is told (row D10)."""
    desk = Desk(rule("threshold", above=10.0), rule("crossing", id="c", up=10.0), quiet_start=True)
    desk.show(0)
    desk.watch.observe("S", Reading(11.0, Quality.OK, "", 0), 0)
    (only,) = desk.watch.take_transitions()
    assert (only.rule, only.to_state.value, only.muted_by) == ("r", "firing", "cold_start")
    assert not only.notifies
    assert desk.show(1, S=9.0) == ["r|S resolved"]
    desk.watch.observe("S", Reading(12.0, Quality.OK, "", 2), 2)
    assert {it.rule: it.notifies for it in desk.watch.take_transitions()} == {"r": True, "c": True}


def test_an_alert_knows_its_extremes() -> None:
    """The end of an alert has the least and the greatest value since it began (row E33)."""
    desk = Desk(rule("threshold", above=10.0), rule("threshold", id="late", above=12.0))
    told: list[Transition] = []
    for at, value in enumerate((11.0, 13.0, 12.5, 19.0, 12.2, 11.0, 9.0)):
        desk.to(at)
        desk.watch.observe("S", Reading(value, Quality.OK, "", at), at)
        told += desk.watch.take_transitions()
    ends = {it.rule: (it.min, it.max) for it in told if it.to_state.value == "resolved"}
    assert ends == {"r": (9.0, 19.0), "late": (11.0, 19.0)}


def test_the_past_of_a_signal_survives_a_restart() -> None:
    """A change over a window goes on across a restart as if there had been none."""
    made = rule("change", above=0.05, over="10m")
    first = Desk(made)
    for minute in range(10):
        first.show(minute * MINUTE, S=100.0)
    stored = {name: bar for name, bar in first.watch.take_pasts().items() if bar is not None}
    second = Desk(made)
    second.watch.restore((), stored)
    second.watch.resume()
    assert second.show(10 * MINUTE, S=106.0) == ["r|S firing"]
    stranger = Desk(rule("threshold", above=1.0))
    stranger.watch.restore((), stored)
    assert set(stranger.watch.take_pasts().values()) == {None}


def test_a_value_without_a_number_carries_the_last_good_one() -> None:
    """The payload of no data: value null, why, and the last good value with its time (row E11)."""
    desk = Desk(rule("threshold", above=10.0, no_data="alert", no_data_after="1m"))
    desk.show(0, S=7.0)
    desk.show(MINUTE, S=None)
    desk.to(2 * MINUTE)
    *_, told = desk.watch.take_transitions()
    assert (told.value, told.last_value, told.last_at) == (None, 7.0, 0)
    assert told.notifies
    assert "unknown (missing); the last value was 7" in told.summary


def test_the_timers_of_signals_do_not_pile_up() -> None:
    """Each sample moves the moment of a standstill; one entry waits for it, however many came."""
    desk = Desk(rule("stale", unchanged_for="30d"))
    for second in range(2_000):
        desk.show(second * SECOND, S=float(second))
    assert len(desk.watch._pasts._timers) <= 1
    assert desk.watch.next_timer is not None


def test_an_expression_shows_the_values_of_its_own_moment() -> None:
    """A company's value that moved within its gap is shown as it is, not as it was looked at last."""
    made = rule(
        "expression", on="V", companies=["RIOT"], inputs={"b": "B"}, when="value < 1 && b > 5"
    )
    desk = Desk(made)
    desk.show(0, B=1.0, V=[0.5, 0.5, 0.10])
    desk.show(1, V=[0.5, 0.5, 0.25])
    desk.watch.observe("B", Reading(6.0, Quality.OK, "", 2), 2)
    desk.watch.settle(2)
    (fired,) = desk.watch.take_transitions()
    assert fired.value == 0.25
    assert {part["name"]: part["value"] for part in fired.inputs} == {"value": 0.25, "b": 6.0}


def test_an_absence_is_of_one_company() -> None:
    """One that never came and one that is lost fire, each after its time; the third is there."""
    desk = Desk(rule("absence", on="V", **{"for": "2m"}))
    desk.show(0, V=[None, 0.2, 0.3])
    desk.show(MINUTE, V=[None, None, 0.3])
    desk.show(2 * MINUTE - 1, V=[None, None, 0.31])
    assert desk.show(2 * MINUTE, V=[None, None, 0.32]) == ["r|HIVE firing"]
    assert desk.show(3 * MINUTE, V=[None, None, 0.33]) == ["r|IREN firing"]
    assert desk.show(4 * MINUTE, V=[0.1, None, 0.3]) == ["r|HIVE resolved"]


@pytest.mark.parametrize(("base", "value"), [(100.0, 97.0), (70.0, 67.9), (3.0, 2.91)])
def test_a_change_of_exactly_the_level_is_none(base: float, value: float) -> None:
    """97 after 100 is -3 %, which binary fractions miss by a hair: the next step fires (row E02)."""
    desk = Desk(rule("change", over="1s", below=-0.03))
    desk.show(0, S=base)
    assert desk.show(1_000, S=value) == []
    assert desk.show(1_001, S=value * 0.999) == ["r|S firing"]


def test_an_expression_says_all_that_it_is_made_of() -> None:
    """Which of its values moved is in the sentence, at the fire and at the end."""
    desk = Desk(rule("expression", inputs={"b": "B"}, when="value > 10 AND b > 2"))
    told: list[str] = []
    for at, b in ((0, 3.0), (1, 1.5)):
        for name, value in (("S", 11.0), ("B", b)):
            desk.watch.observe(name, Reading(value, Quality.OK, "", at), at)
        desk.watch.settle(at)
        told += [it.summary for it in desk.watch.take_transitions()]
    assert told == [
        "S is 11 (b is 3), and it holds that value > 10 AND b > 2.",
        "Resolved: S is 11 (b is 1.5), and it does not hold that value > 10 AND b > 2.",
    ]
