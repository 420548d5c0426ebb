"""All alerts of a shard: the index forgets none, and no reload or restart ends one in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alerts import engine
from alerts.model import AlertState, Transition
from alerts.reasons import Reason
from alerts.record import AlertRecord, Outcome
from alerts.remarks import Remarks
from alerts.rules.base import Rule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from alerts.saved import SavedAlert
from alerts.series import Target
from alerts.watch import Watch
from monitor.domain.events import Quality, Reading

TICKERS = ("HIVE", "IREN", "RIOT")
TARGETS = {
    "S": Target("S", "USD", None, {"instrument": "S"}),
    "V": Target("V", "ratio", TICKERS),
}
SECOND = 1_000


def rule(name: str, **fields: object) -> ThresholdRule:
    """Make a rule as the rulebook would."""
    return rule_of({"type": "threshold", "id": name, "on": "S"} | fields, ThresholdRule)


def watching(rules: Sequence[Rule]) -> Watch:
    """Return a watch of `rules` that has nothing to add to a message."""
    return Watch(rules, TARGETS, lambda _target, _company: (), lambda *_: Remarks())


def usable(value: float) -> Reading:
    """Return a reading that rules may fire on."""
    return Reading(value, Quality.OK)


LOST = Reading(None, Quality.MISSING, "missing:x")

# ------------------------------------------------------- against one that judges every rule


Binding = tuple[str, str]
Change = tuple[str, str, str, str, str, int, int, int, float | None]


@dataclass
class Naive:
    """The same alerts, judged one by one on every reading, without an index."""

    rules: Sequence[ThresholdRule]
    records: dict[Binding, AlertRecord] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def _note(self, name: Binding, outcome: Outcome, at: int) -> None:
        if outcome.record is None:
            self.records.pop(name, None)
        else:
            self.records[name] = outcome.record
        if outcome.changed:
            states = (outcome.before.value, outcome.after.value, outcome.reason.value)
            times = (at, outcome.since, outcome.number, outcome.bound)
            self.changes.append((*name, *states, *times))

    def see(self, target: str, key: str, reading: Reading, now: int) -> None:
        """Judge every rule on `target` for `key`."""
        for item in self.rules:
            if item.on != target or (item.companies != "all" and key not in item.companies):
                continue
            record = self.records.get((item.id, key))
            if not reading.quality.usable or reading.value is None:
                if record is not None:
                    self._note((item.id, key), engine.on_unusable(item, record, now), now)
                continue
            self._note((item.id, key), engine.on_reading(item, record, reading.value, now), now)

    @property
    def next_timer(self) -> int | None:
        """Return the earliest of all timers."""
        return min((r.due for r in self.records.values() if r.due is not None), default=None)

    def run_timers(self, due: int) -> None:
        """Run all timers of one moment."""
        rules = {item.id: item for item in self.rules}
        for name, record in sorted(self.records.items()):
            if record.due == due:
                self._note(name, engine.on_timer(rules[name[0]], record, due), due)


def change_of(item: Transition) -> Change:
    """Return what matters of a transition."""
    states = (item.from_state.value, item.to_state.value, item.reason.value)
    return (item.rule, item.key, *states, item.at, item.since, item.number, item.bound)


LEVELS = st.integers(0, 8).map(float)


@st.composite
def rules(draw: st.DrawFn) -> list[ThresholdRule]:
    """Draw rules with levels that often coincide with the values."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        level, gap = draw(LEVELS), draw(st.integers(0, 3))
        above = draw(st.booleans())
        fields: dict[str, Any] = {"above" if above else "below": level}
        if draw(st.booleans()):
            fields["recover"] = level - gap if above else level + gap
        fields["on"] = draw(st.sampled_from("SV"))
        fields["for"] = draw(st.sampled_from(("0s", "7s", "30s")))
        fields["keep_firing_for"] = draw(st.sampled_from(("0s", "0s", "8s")))
        fields["no_data"] = draw(st.sampled_from(("no_data", "ok", "keep")))
        if fields["on"] == "V":
            fields["companies"] = draw(st.sampled_from(("all", ["RIOT"], ["HIVE", "IREN"])))
        found.append(rule(f"r{number}", **fields))
    return found


READINGS = st.one_of(
    st.integers(-1, 18).map(lambda half: usable(half / 2)),
    st.integers(0, 8).map(lambda value: Reading(float(value), Quality.SINGLE)),
    st.integers(0, 8).map(lambda value: Reading(float(value), Quality.STALE, "stale")),
    st.just(LOST),
)
EVENTS = st.lists(
    st.tuples(st.sampled_from((0, 1, 6, 7, 8, 40, 1_000)), READINGS | st.tuples(*[READINGS] * 3)),
    min_size=1,
    max_size=25,
)


@dataclass
class Vector:
    """The vector's qualities as the step hands them over: the same array while none changed."""

    quality: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))

    def show(self, watch: Watch, readings: Sequence[Reading], now: int) -> None:
        """Show one reading for each company."""
        values = np.array([np.nan if r.value is None else r.value for r in readings])
        quality = np.array([r.quality for r in readings], dtype=np.uint8)
        if not np.array_equal(quality, self.quality):
            self.quality = quality
        watch.observe_vector("V", values, self.quality, readings.__getitem__, now)


def run_timers(watch: Watch, naive: Naive, now: int) -> None:
    """Run all timers up to `now` on both, as the step does before a tick."""
    while (due := watch.next_timer) is not None and due <= now:
        assert due == naive.next_timer
        while watch.next_timer == due:
            watch.run_timer(lambda _target, _company: LOST)
        naive.run_timers(due)


@settings(max_examples=150, deadline=None)
@given(rules(), EVENTS)
def test_the_index_finds_what_judging_every_rule_finds(
    book: list[ThresholdRule], events: list[tuple[int, Reading | tuple[Reading, ...]]]
) -> None:
    """The same transitions at the same moments, the same live alerts and the same timers, always."""
    watch, naive, vector, now = watching(book), Naive(book), Vector(), 0
    for wait, seen in events:
        now += wait * SECOND
        run_timers(watch, naive, now)
        if isinstance(seen, Reading):
            watch.observe("S", seen, now)
            naive.see("S", "S", seen, now)
        else:
            vector.show(watch, seen, now)
            for ticker, reading in zip(TICKERS, seen, strict=True):
                naive.see("V", ticker, reading, now)
        assert sorted(map(change_of, watch.take_transitions())) == sorted(naive.changes)
        naive.changes.clear()
        assert {(a.rule, a.key): a.record for a in watch.live()} == naive.records
        assert watch.next_timer == naive.next_timer


@settings(max_examples=100, deadline=None)
@given(rules(), EVENTS)
def test_what_is_breached_is_live_and_what_is_live_is_breached(
    book: list[ThresholdRule], events: list[tuple[int, Reading | tuple[Reading, ...]]]
) -> None:
    """After each usable reading a rule's alert is there exactly if its condition holds."""
    watch, now = watching(book), 0
    for wait, seen in events:
        now += wait * SECOND
        if not isinstance(seen, Reading):
            continue
        watch.observe("S", seen, now)
        if not seen.quality.usable or seen.value is None:
            continue
        live = {alert.rule: alert.record.state for alert in watch.live()}
        for item in book:
            if item.on == "S":
                state = live.get(item.id, AlertState.INACTIVE)
                on = item.id in live and state is not AlertState.RECOVERING
                assert item.judge(seen.value, state).breached == on


# ------------------------------------------------------- restart and reload


def fired(**fields: object) -> tuple[Watch, list[SavedAlert]]:
    """Return a watch whose rule `r` fires since 5 s, and what would be stored of it."""
    watch = watching([rule("r", above=10.0, recover=5.0, **fields)])
    watch.observe("S", usable(11.0), 5 * SECOND)
    watch.take_transitions()
    return watch, watch.live()


def back(watch: Watch, saved: list[SavedAlert], now: int) -> None:
    """Take back what was stored, and judge at `now` what is new or gone."""
    watch.restore(saved)
    watch.resume()
    watch.rejudge(now)


def test_a_restart_with_the_same_rules_says_nothing() -> None:
    """An alert comes back as it was; a value between the levels keeps it; its end is told."""
    _, saved = fired()
    watch = watching([rule("r", above=10.0, recover=5.0)])
    back(watch, saved, 60 * SECOND)
    watch.observe("S", usable(7.0), 61 * SECOND)
    assert watch.take_transitions() == []
    assert watch.live() == saved
    watch.observe("S", usable(4.0), 62 * SECOND)
    (ended,) = watch.take_transitions()
    assert (ended.to_state, ended.since, ended.number) == (AlertState.RESOLVED, 5 * SECOND, 2)


def test_a_new_text_or_severity_is_no_new_rule() -> None:
    """Only what decides makes a rule another one; the alert goes on under the new words."""
    _, saved = fired()
    words = {"severity": "critical", "summary": "{company} is high"}
    watch = watching([rule("r", above=10.0, recover=5.0, **words)])
    back(watch, saved, 60 * SECOND)
    assert watch.take_transitions() == []
    assert [alert.severity for alert in watch.live()] == ["critical"]


def _ends(watch: Watch, saved: list[SavedAlert], reason: Reason) -> None:
    back(watch, saved, 60 * SECOND)
    (ended,) = watch.take_transitions()
    assert (ended.to_state, ended.reason) == (AlertState.RESOLVED, reason)
    assert (ended.rule, ended.key, ended.since, ended.number) == ("r", "S", 5 * SECOND, 2)
    assert ended.notifies
    assert watch.take_records() == {"r|S": None}


def test_an_alert_of_a_removed_rule_ends_aloud() -> None:
    """Who was told of the fire is told of the end, under the rule's own name and episode."""
    _ends(watching([rule("other", above=99.0)]), fired()[1], Reason.RULE_REMOVED)


def test_an_alert_of_a_changed_rule_ends_aloud() -> None:
    """A rule that decides differently now begins from nothing."""
    _ends(watching([rule("r", above=50.0)]), fired()[1], Reason.RULE_CHANGED)


def test_a_changed_rule_that_still_holds_begins_a_new_episode() -> None:
    """The old alert ends, the new one fires on the next reading, with another id."""
    _, saved = fired()
    watch = watching([rule("r", above=9.0)])
    back(watch, saved, 60 * SECOND)
    watch.observe("S", usable(11.0), 60 * SECOND)
    ended, begun = watch.take_transitions()
    assert (ended.to_state, begun.to_state) == (AlertState.RESOLVED, AlertState.FIRING)
    assert ended.id != begun.id
    assert begun.since == 60 * SECOND
    (name,) = watch.take_records()
    assert name == "r|S"


def test_an_alert_of_a_company_that_left_the_rule_ends_aloud() -> None:
    """Taking a company out of a rule ends its alert and leaves the others alone."""
    watch = watching([rule("r", on="V", above=10.0)])
    Vector().show(watch, [usable(11.0)] * 3, SECOND)
    saved = watch.live()
    smaller = watching([rule("r", on="V", above=10.0, companies=["HIVE", "IREN"])])
    back(smaller, saved, 60 * SECOND)
    (ended,) = smaller.take_transitions()
    assert (ended.key, ended.to_state) == ("RIOT", AlertState.RESOLVED)
    assert [alert.key for alert in smaller.live()] == ["HIVE", "IREN"]


def test_a_wait_that_nobody_heard_of_ends_without_a_notice() -> None:
    """A pending alert of a removed rule goes back to inactive, which is no news."""
    _, saved = fired(**{"for": "1m"})
    assert saved[0].record.state is AlertState.PENDING
    watch = watching([])
    back(watch, saved, 60 * SECOND)
    (ended,) = watch.take_transitions()
    assert ended.to_state is AlertState.INACTIVE
    assert not ended.notifies


def test_a_restored_wait_still_fires_at_its_moment() -> None:
    """The timer of a pending alert comes back with it."""
    _, saved = fired(**{"for": "1m"})
    watch = watching([rule("r", above=10.0, recover=5.0, **{"for": "1m"})])
    back(watch, saved, 20 * SECOND)
    assert watch.next_timer == 65 * SECOND
    watch.run_timer(lambda _target, _company: usable(11.0))
    (begun,) = watch.take_transitions()
    assert (begun.to_state, begun.at) == (AlertState.FIRING, 65 * SECOND)


def test_a_new_rule_waits_for_the_present() -> None:
    """What a new rule would have fired on before it is asked to judge, it does not fire on."""
    watch = watching([rule("new", above=10.0)])
    watch.restore([])
    watch.observe("S", usable(11.0), 5 * SECOND)
    watch.resume()
    watch.observe("S", usable(12.0), 6 * SECOND)
    assert watch.take_transitions() == []
    watch.rejudge(60 * SECOND)
    watch.observe("S", usable(12.0), 60 * SECOND)
    (begun,) = watch.take_transitions()
    assert (begun.to_state, begun.since) == (AlertState.FIRING, 60 * SECOND)


def test_a_changed_rule_waits_until_its_old_alert_has_ended() -> None:
    """One alert has one cell: the old one is kept in it until its end is told."""
    _, saved = fired()
    watch = watching([rule("r", above=9.0)])
    watch.restore(saved)
    watch.resume()
    for at, value in ((6, 1.0), (7, 11.0)):
        watch.observe("S", usable(value), at * SECOND)
    assert watch.take_records() == {}
    watch.rejudge(60 * SECOND)
    watch.observe("S", usable(11.0), 60 * SECOND)
    ended, begun = watch.take_transitions()
    assert (ended.at, ended.reason) == (60 * SECOND, Reason.RULE_CHANGED)
    assert (begun.at, begun.to_state) == (60 * SECOND, AlertState.FIRING)
    assert watch.take_records() == {"r|S": watch.live()[0]}


@settings(max_examples=150, deadline=None)
@given(rules(), EVENTS, st.integers(0, 24), st.integers(0, 24))
def test_a_restart_anywhere_changes_nothing(
    book: list[ThresholdRule],
    events: list[tuple[int, Reading | tuple[Reading, ...]]],
    place: int,
    wait: int,
) -> None:
    """Stored and restored between two readings, a watch says what it would have said."""

    def play(restart: int | None) -> list[Change]:
        watch, said, now = watching(book), list[Change](), 0
        last: Mapping[str, Any] = {}
        for number, (pause, seen) in enumerate(events):
            now += pause * SECOND
            while (due := watch.next_timer) is not None and due <= now:
                watch.run_timer(lambda _target, _company: LOST)
            _show(watch, seen, now)
            last = {**last, ("S" if isinstance(seen, Reading) else "V"): seen}
            if number == restart:
                said += map(change_of, watch.take_transitions())
                saved = watch.live()
                watch = watching(book)
                watch.restore(saved)
                for known in last.values():
                    _show(watch, known, now)
                watch.resume()
            if restart is not None and number == restart + wait:
                watch.rejudge(now)
                for known in last.values():
                    _show(watch, known, now)
            said += map(change_of, watch.take_transitions())
        return said

    assert play(place % len(events)) == play(None)


@settings(max_examples=100, deadline=None)
@given(rules(), EVENTS)
def test_alerts_counted_often_are_those_counted_once(
    book: list[ThresholdRule], events: list[tuple[int, Reading | tuple[Reading, ...]]]
) -> None:
    """Counting goes on from where it was; it comes to what counting all of them at the end does."""
    often, once, now = watching(book), watching(book), 0
    for pause, seen in events:
        now += pause * SECOND
        for watch in (often, once):
            while (due := watch.next_timer) is not None and due <= now:
                watch.run_timer(lambda _target, _company: LOST)
            _show(watch, seen, now)
        assert sum(often.counts.values()) <= len(often)
    assert often.counts == once.counts
    left = watching(book)
    left.restore(often.live())
    assert sum(left.counts.values()) >= len(often.live())


def _show(watch: Watch, seen: Reading | tuple[Reading, ...], now: int) -> None:
    if isinstance(seen, Reading):
        watch.observe("S", seen, now)
    else:
        Vector().show(watch, seen, now)


# ------------------------------------------------------- the rest


def test_a_rule_without_a_target_or_company_is_not_bound() -> None:
    """What there is nothing to watch for costs nothing and says nothing."""
    watch = watching(
        [rule("a", on="T", above=1.0), rule("b", on="V", above=1.0, companies=["WULF"])]
    )
    assert len(watch) == 0
    watch.observe("T", usable(2.0), 0)
    Vector().show(watch, [usable(2.0)] * 3, 0)
    assert watch.take_transitions() == []


def test_counts_are_by_severity_and_state() -> None:
    """What stands is counted for the board; what cannot be judged is no_data, not inactive."""
    watch = watching(
        [
            rule("a", above=1.0, severity="critical"),
            rule("b", above=1.0, severity="info", **{"for": "1m"}),
            rule("c", above=5.0),
        ]
    )
    blind = {(severity, "no_data", "live"): 1 for severity in ("critical", "info", "warning")}
    idle = {(severity, "inactive", "live"): 1 for severity in ("critical", "info", "warning")}
    assert watch.counts == blind
    watch.observe("S", usable(2.0), 0)
    assert watch.counts == {
        ("critical", "firing", "live"): 1,
        ("info", "pending", "live"): 1,
        ("warning", "inactive", "live"): 1,
    }
    watch.observe("S", usable(0.0), 1)
    assert watch.counts == idle
    watch.observe("S", LOST, 2)
    assert watch.counts == blind


def test_a_message_names_value_bound_unit_and_what_is_known_of_the_company() -> None:
    """The text has the numbers for people and ends with the company's notes; flags are words."""
    known = {"RIOT": Remarks(("Litigation: a class action.",), ("litigation",))}
    watch = Watch(
        [rule("r", on="V", below=0.25, summary="{company} {value} {bound} {unit} {target}")],
        TARGETS,
        lambda target, company: ({"name": target, "company": company},),
        lambda _target, company: known.get(company or "", Remarks()),
    )
    Vector().show(watch, [usable(0.5), usable(0.5), usable(0.2)], 0)
    (said,) = watch.take_transitions()
    assert said.summary == "RIOT 20 % 25 %  V Litigation: a class action."
    assert said.inputs == ({"name": "V", "company": "RIOT"},)
    assert said.flags == ("litigation",)
    assert said.labels == {"company": "RIOT"}


def test_only_what_changed_is_stored() -> None:
    """Each commit gets the alerts of its own batch; an unchanged one is not written again."""
    watch = watching([rule("a", above=1.0), rule("b", above=10.0)])
    watch.observe("S", usable(2.0), 0)
    assert list(watch.take_records()) == ["a|S"]
    watch.observe("S", usable(3.0), 1)
    assert watch.take_records() == {}
    watch.observe("S", usable(0.0), 2)
    assert watch.take_records() == {"a|S": None}


def test_readings_inside_the_gap_cost_no_judging() -> None:
    """A value that stays between its neighbours' levels is not looked at, however many rules."""
    watch = watching([rule(f"r{level}", above=float(level)) for level in range(100)])
    watch.observe("S", usable(50.5), 0)
    before = watch.costs.evaluations
    for step in range(1, 100):
        watch.observe("S", usable(50.5 + step / 1_000), step)
    assert watch.costs.evaluations == before
    watch.observe("S", usable(52.5), 100)
    assert watch.costs.evaluations - before == 2


def test_saved_alerts_name_themselves() -> None:
    """The name in the store is rule and key, whatever else changes."""
    (saved,) = fired()[1]
    assert saved.name == replace(saved, unit="EUR").name == "r|S"
