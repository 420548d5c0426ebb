"""Windows over a value that stands still: a restart shows it again, and no window slides by that."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.rules.base import Rule
from alerts.rules.written import rule_of
from monitor.app.world import find_rule_types
from tests.worlds import NOON, commit, make_step, quote, restarted, tick

SECOND = 1_000
TYPES = {str(kind.__struct_config__.tag): kind for kind in find_rule_types()}
TURNS = 90


def _made(kind: str, **fields: object) -> Rule:
    base = {"type": kind, "id": kind, "on": "X", "over": "5m", "no_data": "alert"}
    return rule_of(base | fields, TYPES[kind])


RULES = [
    _made("range", below=0.005, recover=0.02),
    _made("change", above=0.03, recover=0.01),
    _made("average", below=-0.03, recover=-0.01),
    _made("smoothed", above=102.0, recover=101.0, take="mean"),
]
Deeds = tuple[tuple[float, bool], ...]


def _played(
    deeds: Deeds, gap_ms: int, restarts: Collection[int]
) -> list[tuple[int, str, str, str]]:
    """Tell what a price every `gap_ms` makes; the process dies and comes back after some."""
    step, cells, now = make_step(RULES), dict[str, bytes](), NOON
    value, observed_at = 100.0, NOON
    told = []
    for turn in range(TURNS):
        now += gap_ms
        factor, fresh = deeds[turn % len(deeds)]
        value = round(value * factor, 2)
        observed_at = now if fresh else observed_at
        step.process(tick(now, quote("X", value, observed_at, fresh_ms=3_600 * SECOND)))
        told += commit(step, cells)
        if turn in restarts:
            step = restarted(step, RULES, cells)
            step.advance(now + gap_ms // 2)
            step.judge()
            told += commit(step, cells)
    return [(it.at, it.rule, it.to_state.value, it.reason.value) for it in told]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1.0, 1.0, 1.0, 0.96, 1.04]), st.booleans()), min_size=7)
    .map(tuple),
    st.sampled_from([5 * SECOND, 10 * SECOND, 30 * SECOND]),
    st.sets(st.integers(0, TURNS - 1), min_size=1, max_size=5),
)  # fmt: skip
@example(((1.0, True), (1.0, False), (1.0, False)), 30 * SECOND, {11, 12, 13, 14, 15, 30})
def test_a_restart_changes_no_window(deeds: Deeds, gap_ms: int, restarts: set[int]) -> None:
    """Samples that grew old since the last one are missed when the next comes, and no sooner."""
    assert _played(deeds, gap_ms, restarts) == _played(deeds, gap_ms, ())


def test_the_windows_do_fire() -> None:
    """The histories above are not silent ones: each rule rings in a plain one."""
    moves: Deeds = ((1.04, True), *(((1.0, True),) * 40), (0.9, True), *(((1.0, True),) * 10))
    fired = {rule for _, rule, state, _ in _played(moves, 10 * SECOND, ()) if state == "firing"}
    assert fired == {rule.id for rule in RULES}
