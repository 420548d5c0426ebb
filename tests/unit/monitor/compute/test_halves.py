"""Histories in which an end was lost, told twice, or told of a fire that nobody had heard of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.model import AlertState
from alerts.rules.base import Rule
from alerts.rules.threshold import ThresholdRule
from tests.desks import MINUTE, Room, ack, book, silence
from tests.worlds import NOON, threshold

M = MINUTE
LOW = threshold(id="low", on="X", below=8.0)


def told(room: Room, *rules: str) -> list[tuple[str, str]]:
    """Return what people heard of `rules`, in order."""
    heard = (it for it in room.all if it.told and it.rule in rules)
    return [(it.key, it.to_state.value) for it in heard]


def prices(room: Room, *moments: tuple[float, float]) -> None:
    """Tell prices of X, at minutes after noon."""
    for minute, value in moments:
        room.price(NOON + round(minute * M), value)


def test_an_alert_that_was_louder_once_mutes_no_other_for_ever() -> None:
    """Raised to critical, lowered and over: a warning on the same value is told, restart or not."""
    steps = [{"severity": "critical", "after": "1m"}]
    timed = {"step_down_after": "30s", "keep_firing_for": "2m"}
    rules: Sequence[Rule] = [
        threshold(id="steps", on="X", above=2.0, steps=steps, **timed),
        threshold(id="held", on="X", above=3.0),
    ]
    for restart in (False, True):
        room = Room(rules)
        prices(room, (0, 2.5), (2, 1.0))
        room.pass_to(NOON + 10 * M)
        if restart:
            room.reload()
        prices(room, (11, 3.5))
        assert told(room, "held") == [("X", "firing")]


def test_an_inhibitor_that_goes_into_the_shadow_mutes_no_more() -> None:
    """It was told, is over in the shadow, and what it explained is told again."""
    inhibits = book(inhibit=[{"source": {"rule": "low"}, "target": {"rule": "child"}}])
    child = threshold(id="child", on="Y", above=10.0)
    room = Room([LOW, child], inhibits)
    prices(room, (0, 12.0), (1, 5.0))
    room.reload([threshold(id="low", on="X", below=8.0, mode="shadow"), child])
    prices(room, (2, 12.0))
    room.price(NOON + 3 * M, 11.0, "Y")
    assert told(room, "low", "child") == [("X", "firing"), ("X", "resolved"), ("Y", "firing")]


def test_an_owed_end_outlives_a_short_wait() -> None:
    """Over under a silence, then pending and back: the end is told when the silence is over."""
    room = Room([threshold(id="low", on="X", below=8.0, **{"for": "3m"})])
    prices(room, (0, 12.0), (1, 5.0))
    room.pass_to(NOON + 5 * M)
    room.ask(NOON + 6 * M, silence(30, rule="low"))
    prices(room, (7, 12.0), (8, 5.0), (9, 12.0))
    room.pass_to(NOON + 60 * M)
    assert told(room, "low") == [("X", "firing"), ("X", "resolved")]


def test_an_owed_end_outlives_data_that_was_lost() -> None:
    """Whether the loss is shorter than the rule's patience or not, and ends first or later."""
    asks = threshold(id="low", on="X", below=8.0, no_data="alert", no_data_after="2m")
    for back in (5, 20, 40):
        room = Room([asks])
        prices(room, (0, 12.0), (1, 5.0))
        room.ask(NOON + 2 * M, silence(30, rule="low"))
        room.price(NOON + 3 * M, 12.0, fresh_ms=M)
        prices(room, (back, 12.0))
        room.pass_to(NOON + 60 * M)
        ends = [it for it in room.all if it.told and it.to_state is AlertState.RESOLVED]
        assert [(it.rule, it.since) for it in ends if it.rule == "low"] == [("low", NOON + M)], back


def test_the_end_of_a_dead_input_is_told_though_another_of_its_source_was_dead() -> None:
    """Each was told as dead, the louder one later; both are told as alive again."""
    rules = [threshold(id="w", on="X", below=1.0)]
    loud = threshold(id="c", on="Z", below=1.0, severity="critical")
    room = Room([*rules, loud], book(feed_dead_after="2m"))
    room.price(NOON, 12.0, "X", fresh_ms=M)
    room.price(NOON, 12.0, "Z", fresh_ms=5 * M)
    room.pass_to(NOON + 10 * M)
    room.price(NOON + 11 * M, 12.0, "X")
    room.price(NOON + 12 * M, 12.0, "Z")
    room.pass_to(NOON + 60 * M)
    heard = told(room, "feed-dead")
    assert heard[:2] == [("X", "firing"), ("Z", "firing")]
    assert sorted(heard[2:]) == [("X", "resolved"), ("Z", "resolved")]


def test_an_owed_end_is_told_once_though_its_rule_fires_in_the_shadow_meanwhile() -> None:
    """What begins and ends in the shadow is nobody's news, whatever was owed before."""
    room = Room([LOW])
    prices(room, (0, 12.0), (1, 5.0))
    room.ask(NOON + 2 * M, silence(30, rule="low"))
    prices(room, (3, 12.0))
    room.reload([threshold(id="low", on="X", below=8.0, mode="shadow")])
    prices(room, (4, 5.0), (5, 12.0), (40, 12.0), (41, 5.0), (42, 12.0))
    ends = [it for it in room.all if it.told and it.to_state is AlertState.RESOLVED]
    assert [(it.rule, it.since) for it in ends] == [("low", NOON + M)]


def test_data_that_was_lost_in_the_shadow_is_not_told_as_back() -> None:
    """The rule is live by then, and nobody had heard that its value was unknown."""
    asks = {"id": "a", "on": "X", "below": 8.0, "no_data": "alert", "no_data_after": "1m"}
    room = Room([threshold(**asks, mode="shadow")])
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 5 * M)
    room.reload([threshold(**asks)])
    prices(room, (10, 12.0))
    assert told(room, "a") == []


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("lost_again", [False, True])
def test_lost_data_is_known_again_though_what_it_came_back_with_was_hidden(
    lost_again: bool, restarts: bool
) -> None:
    """It came back past the level under a silence, and was over before that: the fire is nobody's news."""
    room = Room([threshold(id="a", on="X", below=8.0, no_data="alert", no_data_after="1m")])
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 3 * M)
    room.ask(NOON + 4 * M, silence(30, rule="a"))
    room.price(NOON + 5 * M, 5.0, fresh_ms=M if lost_again else 60 * M)
    if restarts:
        room.reload()
    prices(room, (10, 5.0), (15, 12.0))
    room.pass_to(NOON + 40 * M)
    heard = [it for it in room.all if it.told and it.rule == "a"]
    assert [it.notice.value for it in heard if it.notice] == ["no_data", "data_back"]
    assert heard[-1].summary == (
        "Known again: X is 12, back past 8. It was so since 2025-07-17T12:15:00.000Z;"
        " the silence on it is over."
    )


def test_an_owed_return_outlives_a_fire_that_is_hidden_too() -> None:
    """Known again under a silence, then firing under another alert: whoever heard of the loss hears more."""
    rules = [
        threshold(id="asks", on="X", below=8.0, no_data="alert", no_data_after="1m"),
        threshold(id="low", on="X", below=8.0, severity="critical"),
    ]
    room = Room(rules)
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 3 * M)
    room.ask(NOON + 4 * M, silence(30, rule="asks"))
    prices(room, (5, 12.0), (6, 5.0), (40, 12.0))
    heard = [it.notice.value for it in room.all if it.told and it.rule == "asks" and it.notice]
    assert heard == ["no_data", "data_back"]


def heard_of(room: Room, rule: str) -> list[tuple[str, str]]:
    """Return why people were told of a rule's alerts, and the reason, in order."""
    heard = (it for it in room.all if it.told and it.rule == rule and it.notice)
    return [(it.notice.value if it.notice else "", it.reason.value) for it in heard]


@pytest.mark.parametrize("silenced", [False, True])
@pytest.mark.parametrize("rest", [[], [threshold(id="a", on="X", below=7.0)]], ids=["gone", "else"])
def test_that_a_value_is_unknown_ends_with_its_rule(
    rest: list[ThresholdRule], silenced: bool
) -> None:
    """The rule is taken out, or decides otherwise: whoever heard that it is blind hears that it is over."""
    room = Room([threshold(id="a", on="X", below=8.0, no_data="alert", no_data_after="1m")])
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 3 * M)
    if silenced:
        room.ask(NOON + 4 * M, silence(30, rule="a"))
    room.pass_to(NOON + 5 * M)
    room.reload(rest)
    room.pass_to(NOON + 40 * M)
    (lost, _), (told_as, reason) = heard_of(room, "a")
    gone = "rule_changed" if rest else "rule_removed"
    late = "silence_expired" if rest else "rule_removed"  # so that its state is taken back
    assert (lost, reason) == ("no_data", late if silenced else gone)
    assert told_as == ("data_back" if silenced and rest else "resolved")


def test_the_end_of_a_removed_rule_outlives_what_mutes_it() -> None:
    """Its input is dead when it is taken out, and then nobody watches that: both ends are told."""
    rules = [threshold(id="low", on="X", below=8.0), threshold(id="other", on="Y", below=1.0)]
    room = Room(rules, book(feed_dead_after="1m"))
    room.price(NOON, 5.0, fresh_ms=M)
    room.pass_to(NOON + 10 * M)
    room.reload(rules[1:])
    assert [reason for _, reason in heard_of(room, "low")] == ["breached", "rule_removed"]
    end = [it for it in room.all if it.told and it.rule == "low"][-1]
    assert end.summary.startswith("Ended: X, its rule low was removed. It ended at ")
    assert end.summary.endswith("; what explained it is over.")
    assert "feed-dead|X" not in room.step.telling.desk.ledger.standings


def test_the_end_of_a_removed_rule_outlives_a_restart_under_a_silence() -> None:
    """Who heard of its fire hears of its end when the silence is over, though the rule is long gone."""
    room = Room([LOW])
    prices(room, (0, 12.0), (1, 5.0))
    room.ask(NOON + 2 * M, silence(30, rule="low"))
    room.reload([])
    room.reload()
    room.pass_to(NOON + 40 * M)
    assert [reason for _, reason in heard_of(room, "low")] == ["breached", "rule_removed"]


def blind_and_silenced(minutes: float, **more: object) -> Room:
    """Return a room in which rule `a` has told that X is unknown, and is silenced since."""
    asks = {"no_data": "alert", "no_data_after": "1m", **more}
    room = Room([threshold(id="a", on="X", below=8.0, **asks)])
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 3 * M)
    room.ask(NOON + 4 * M, silence(minutes, rule="a"))
    return room


def test_what_is_over_cannot_be_taken_on() -> None:
    """A return that is owed under a silence is no alert: to acknowledge it would lose it."""
    room = blind_and_silenced(30)
    prices(room, (5, 12.0))
    reply = room.ask(NOON + 6 * M, ack("a"))
    assert (reply.accepted, reply.text) == (False, "a does not fire for X")
    room.pass_to(NOON + 40 * M)
    assert [notice for notice, _ in heard_of(room, "a")] == ["no_data", "data_back"]


@pytest.mark.parametrize("moments", [[(5, 12.0)], [(5, 5.0), (6, 12.0)]], ids=["well", "past it"])
@pytest.mark.parametrize("silenced", [False, True])
def test_lost_data_is_known_again_though_its_rule_is_in_the_shadow(
    silenced: bool, moments: list[tuple[float, float]]
) -> None:
    """It was live when it said that it is blind; what it would fire on meanwhile is nobody's news."""
    asks = {"id": "a", "on": "X", "below": 8.0, "no_data": "alert", "no_data_after": "1m"}
    room = Room([threshold(**asks)])
    room.price(NOON, 12.0, fresh_ms=M)
    room.pass_to(NOON + 3 * M)
    if silenced:
        room.ask(NOON + 4 * M, silence(30, rule="a"))
    room.reload([threshold(**asks, mode="shadow")])
    prices(room, *moments)
    room.price(NOON + 8 * M, 12.0, fresh_ms=M)
    room.pass_to(NOON + 40 * M)
    prices(room, (41, 5.0), (42, 12.0))
    assert [notice for notice, _ in heard_of(room, "a")] == ["no_data", "data_back"]


def test_lost_data_is_known_again_with_the_end_of_what_a_silence_hid() -> None:
    """The silence was over while the alert only waited for its end: that end is told as the return."""
    room = blind_and_silenced(20, keep_firing_for="20m")
    prices(room, (5, 5.0), (15, 12.0))
    room.pass_to(NOON + 60 * M)
    heard = [it for it in room.all if it.told and it.rule == "a" and it.notice]
    assert [it.notice.value for it in heard if it.notice] == ["no_data", "data_back"]
    assert heard[-1].at == NOON + 35 * M


def test_lost_data_that_is_back_under_a_silence_is_told_when_it_is_over() -> None:
    """Else its reader would think that the rule is blind; lost again meanwhile, it is no news."""
    asks = threshold(id="a", on="X", below=8.0, no_data="alert", no_data_after="1m")
    for again in (False, True):
        room = Room([asks])
        room.price(NOON, 12.0, fresh_ms=M)
        room.pass_to(NOON + 3 * M)
        room.ask(NOON + 4 * M, silence(30, rule="a"))
        room.price(NOON + 5 * M, 12.0, fresh_ms=M if again else 60 * M)
        room.pass_to(NOON + 40 * M)
        prices(room, (50, 12.0))
        heard = [
            (it.notice.value, it.at) for it in room.all if it.told and it.rule == "a" and it.notice
        ]
        back = NOON + (50 if again else 30) * M
        assert heard == [("no_data", heard[0][1]), ("data_back", back)], again


def test_a_silence_that_ended_while_an_alert_recovered_is_over_for_good() -> None:
    """It fires again after that, and a restart does not tell of the silence once more."""
    room = Room([threshold(id="low", on="X", below=8.0, keep_firing_for="20m")])
    prices(room, (0, 12.0), (1, 5.0))
    room.ask(NOON + 2 * M, silence(8, rule="low"))
    prices(room, (3, 12.0), (4, 5.0), (5, 12.0))
    room.pass_to(NOON + 12 * M)
    prices(room, (13, 5.0))
    before = len(room.told)
    room.reload()
    assert room.told[before:] == []


def test_what_explains_others_does_so_after_a_restart_and_when_it_is_made_live() -> None:
    """While it recovers it fires for them still; in the shadow it explains nothing, and then it does."""
    inhibits = book(inhibit=[{"source": {"rule": "low"}, "target": {"rule": "child"}}])
    child = threshold(id="child", on="Y", above=10.0)
    held = {"id": "low", "on": "X", "below": 8.0, "keep_firing_for": "20m"}
    recovering = Room([threshold(**held), child], inhibits)
    prices(recovering, (0, 12.0), (1, 5.0), (2, 12.0))
    recovering.reload()
    live = Room([threshold(**held, mode="shadow"), child], inhibits)
    prices(live, (0, 12.0), (1, 5.0))
    live.reload([threshold(**held), child])
    for room in (recovering, live):
        room.price(NOON + 3 * M, 11.0, "Y")
        assert [it.muted_by for it in room.all if it.rule == "child"] == ["rule:low|X"]


def test_a_return_that_is_told_late_says_nothing_of_where_the_alert_stands() -> None:
    """It waited to fire when its data came back under a silence, and is quiet since."""
    room = blind_and_silenced(30, **{"for": "3m"})
    prices(room, (5, 5.0), (6, 12.0))
    room.pass_to(NOON + 40 * M)
    late = [it for it in room.told if it.rule == "a"][-1]
    assert (late.reason.value, late.to_state, late.has_state) == (
        "silence_expired",
        AlertState.PENDING,
        False,
    )


def test_a_shadow_cannot_be_taken_on() -> None:
    """Nobody is told of it: what is made live later must not be quiet for an old word."""
    room = Room([threshold(id="a", on="X", below=8.0, mode="shadow")])
    prices(room, (0, 12.0), (1, 5.0))
    assert not room.ask(NOON + 2 * M, ack("a")).accepted
    room.reload([threshold(id="a", on="X", below=8.0)])
    assert [reason for _, reason in heard_of(room, "a")] == ["made_live"]
