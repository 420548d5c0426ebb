"""Rules that are not judged around events, or only around them (row L18)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Transition
from alerts.rules.base import Rule
from alerts.rules.life import EventWindow
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from alerts.setting import Setting
from monitor.compute.nearness import near
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.domain.agenda import Agenda, Event
from tests.worlds import NOON, commit, market_step, quote, threshold, tick

MINUTE = 60_000
CPI = NOON + 60 * MINUTE
SHUT, OPEN = CPI - 30 * MINUTE, CPI + 15 * MINUTE
AGENDA = Agenda(
    (
        Event(id="cpi-1", kind="cpi", at=CPI, source="s"),
        Event(id="riot-q2", kind="earnings", at=CPI, source="s", companies=("RIOT",)),
    )
)
AROUND = {"event": "cpi", "before": "30m", "after": "15m"}
QUIET = threshold(id="q", on="X", above=10.0, exclude=[AROUND])
ONLY = threshold(id="o", on="X", above=10.0, require=["realtime", AROUND])


def step_of(*rules: Rule) -> Step:
    """Return a step that knows the events."""
    return market_step(rules, setting=Setting(agenda=AGENDA))


def give(step: Step, *values: tuple[int, float]) -> list[tuple[str, str, str, int]]:
    """Feed values of X at their moments; return (rule, state, reason, at) of what happened."""
    for at, value in values:
        step.process(tick(at, quote("X", value, at, fresh_ms=10**9)))
    return told(step.take().transitions)


def told(transitions: Sequence[Transition]) -> list[tuple[str, str, str, int]]:
    """Return what matters of transitions."""
    return [(t.rule, t.to_state.value, t.reason.value, t.at) for t in transitions]


def test_within_the_window_nothing_begins_and_at_its_end_it_is_judged() -> None:
    """What breaks the level at the release fires when the window is over, at that very moment."""
    step = step_of(QUIET)
    assert give(step, (NOON, 5.0), (CPI, 20.0)) == []
    (row,) = near(step)
    assert (row["state"], row["reason"], row["distance"]) == ("inactive", "outside_window", None)
    step.advance(OPEN + 10 * MINUTE)
    assert told(step.take().transitions) == [("q", "firing", "breached", OPEN)]


def test_the_edges_are_exact() -> None:
    """One millisecond before it shuts it still fires; at the edge it does not."""
    assert give(step_of(QUIET), (SHUT - 1, 20.0)) == [("q", "firing", "breached", SHUT - 1)]
    assert give(step_of(QUIET), (SHUT, 20.0)) == []
    assert give(step_of(QUIET), (OPEN - 1, 20.0)) == []
    assert give(step_of(QUIET), (OPEN, 20.0)) == [("q", "firing", "breached", OPEN)]


def test_a_wait_is_given_up_aloud_at_the_edge_and_begins_anew_after_it() -> None:
    """`for` does not run within the window, also where it would be over at the edge itself."""
    waiting = threshold(id="w", on="X", above=10.0, exclude=[AROUND], **{"for": "5m"})
    step = step_of(waiting)
    assert give(step, (SHUT - 5 * MINUTE, 20.0), (OPEN + 6 * MINUTE, 20.0)) == [
        ("w", "pending", "breached", SHUT - 5 * MINUTE),
        ("w", "inactive", "outside_window", SHUT),
        ("w", "pending", "breached", OPEN),
        ("w", "firing", "held_for", OPEN + 5 * MINUTE),
    ]


def test_what_fires_ends_when_it_is_judged_again() -> None:
    """A recovery within the window is told at its end; nothing ends unsaid."""
    step = step_of(QUIET)
    assert give(step, (NOON, 20.0), (CPI, 5.0), (OPEN + 1, 5.0)) == [
        ("q", "firing", "breached", NOON),
        ("q", "resolved", "recovered", OPEN),
    ]


def test_missing_data_within_the_window_is_not_the_windows_end() -> None:
    """What fires is not lost to no_data while it is not judged; afterwards patience begins."""
    step = step_of(QUIET)
    step.process(tick(NOON, quote("X", 20.0, NOON, fresh_ms=40 * MINUTE)))
    step.advance(OPEN + 60 * MINUTE)
    assert told(step.take().transitions) == [
        ("q", "firing", "breached", NOON),
        ("q", "no_data", "input_unusable", OPEN + 15 * MINUTE),
    ]


def test_a_required_window_is_the_only_time() -> None:
    """It fires within; a breach before is judged as the window opens, and stands after it."""
    step = step_of(ONLY)
    assert give(step, (NOON, 20.0)) == []
    assert give(step, (CPI, 20.0), (OPEN + 1, 5.0)) == [("o", "firing", "breached", SHUT)]
    (row,) = near(step)
    assert (row["state"], row["reason"]) == ("firing", "outside_window")


def test_another_companys_earnings_shut_nothing() -> None:
    """A rule on shares excludes earnings: RIOT's shut RIOT's, not HIVE's."""
    rule = {"below": 5.0, "exclude": [{"event": "earnings", "before": "1h", "after": "1h"}]}
    step = step_of(threshold(id="r", on="RIOT", **rule), threshold(id="h", on="HIVE", **rule))
    step.process(tick(CPI, quote("RIOT", 4.0, CPI), quote("HIVE", 4.0, CPI)))
    assert [t.rule for t in step.take().transitions] == ["h"]


def test_a_retarget_that_the_chain_lets_expect_shuts_a_rule_and_moves() -> None:
    """Three blocks before it the window of half an hour is open; a slower chain opens it again."""
    rule = threshold(id="q", on="X", above=10.0, exclude=[{"event": "difficulty", "before": "31m"}])
    step = step_of(rule)
    height = quote("network.height", 907_197, NOON, fresh_ms=10**9)
    step.process(tick(NOON, height))
    assert give(step, (NOON + 1, 20.0)) == []
    pace = quote("network.block_pace_s", 700.0, NOON + 2, fresh_ms=10**9)
    step.process(tick(NOON + 2, pace))
    assert told(step.take().transitions) == [("q", "firing", "breached", NOON + 2)]


VALUES = st.lists(
    st.tuples(st.integers(-40, 40), st.sampled_from([5.0, 9.0, 20.0])), min_size=1, max_size=8
).map(lambda found: sorted((CPI + m * MINUTE, v) for m, v in dict(found).items()))


@given(VALUES, st.lists(st.integers(-50, 50), max_size=6), st.booleans())
def test_edges_do_not_depend_on_batches_idle_ticks_or_restarts(
    values: list[tuple[int, float]], idle: list[int], restart: bool
) -> None:
    """The same values give the same transitions, however the time between is cut."""
    waiting = threshold(id="w", on="X", above=10.0, recover=8.0, exclude=[AROUND], **{"for": "7m"})
    rules = (QUIET, ONLY, waiting)
    end = CPI + 60 * MINUTE
    plain = step_of(*rules)
    expected = give(plain, *values, (end, 5.0))
    step, cells, found = step_of(*rules), dict[str, bytes](), []
    stops = sorted({CPI + it * MINUTE for it in idle} | {at for at, _ in values})
    known = dict(values)
    for at in (*stops, end):
        if at in known or at == end:
            step.process(tick(at, quote("X", known.get(at, 5.0), at, fresh_ms=10**9)))
        elif step.now is not None:
            step.advance(at)
        found += told(commit(step, cells))
        if restart and step.now is not None:
            step = step_of(*rules)
            step.restore(read_cells(cells))
            step.judge()
    assert found == expected


def test_a_wait_does_not_end_in_a_window_that_a_new_calendar_has_put_around_it() -> None:
    """After a restart with other dates the wait is over in vain, and the rule is judged later."""
    waiting = threshold(id="w", on="X", above=10.0, exclude=[AROUND], **{"for": "5m"})
    before, cells = market_step([waiting]), dict[str, bytes]()
    before.process(tick(CPI, quote("X", 20.0, CPI, fresh_ms=10**9)))
    assert told(commit(before, cells)) == [("w", "pending", "breached", CPI)]
    step = step_of(waiting)
    step.restore(read_cells(cells))
    step.advance(OPEN + 5 * MINUTE)
    assert told(step.take().transitions) == [
        ("w", "inactive", "outside_window", CPI + 5 * MINUTE),
        ("w", "pending", "breached", OPEN),
        ("w", "firing", "held_for", OPEN + 5 * MINUTE),
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"exclude": []}, "`exclude` is empty"),
        ({"sessions": []}, "`sessions` is empty"),
        ({"exclude": [{"event": "cpi", "before": "15d"}]}, "at most 14d"),
        ({"exclude": [{"event": "cpi", "before": "0s", "after": "0s"}]}, "has no length"),
        ({"exclude": [{"event": "cpi", "before": "soon"}]}, "is no duration"),
        ({"exclude": [{"event": "cpi", "until": "1h"}]}, "unknown field"),
        ({"sessions": ["night"]}, "Invalid enum value"),
        ({"require": ["live"]}, "Invalid enum value"),
    ],
)
def test_a_window_that_cannot_be_is_refused(fields: dict[str, object], why: str) -> None:
    """With what is wrong, where it is read."""
    with pytest.raises(msgspec.ValidationError, match=why):
        threshold(above=1.0, **fields)


def test_the_old_word_for_real_time_means_the_same() -> None:
    """`require: realtime` and `require: [realtime]`; rules without any field keep their version."""
    old, new = threshold(above=1.0, require="realtime"), threshold(above=1.0, require=["realtime"])
    assert old.realtime
    assert new.realtime
    assert not old.required
    assert ONLY.required == (EventWindow(**AROUND),)
    assert threshold(above=1.0).version == "a126db63579c"
    assert rule_of(ONLY.written(), ThresholdRule) == ONLY


@pytest.mark.parametrize(
    ("minutes", "flags"), [(31, ()), (30, ("event:cpi",)), (0, ("event:cpi",))]
)
def test_an_alert_near_an_event_is_named_after_it(minutes: int, flags: tuple[str, ...]) -> None:
    """Within half an hour it has a flag, whatever its rule says; RIOT's earnings are RIOT's."""
    step = step_of(threshold(id="r", on="X", above=10.0))
    at = CPI - minutes * MINUTE
    step.process(tick(at, quote("X", 20.0, at)))
    (alert,) = step.take().transitions
    assert alert.flags == flags


def test_an_alert_on_a_share_is_named_after_its_companys_earnings() -> None:
    """The flags of a message on RIOT's price have both events, HIVE's only the release."""
    step = step_of(*(threshold(id=it.lower(), on=it, below=5.0) for it in ("RIOT", "HIVE")))
    step.process(tick(CPI, quote("RIOT", 4.0, CPI), quote("HIVE", 4.0, CPI)))
    flags = {t.rule: t.flags for t in step.take().transitions}
    assert flags == {"riot": ("event:cpi", "event:earnings"), "hive": ("event:cpi",)}
