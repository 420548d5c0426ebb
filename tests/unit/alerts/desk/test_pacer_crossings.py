"""Where two settings of pace meet, or pace meets what the desk or the market does."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.desk import notices
from alerts.desk.records import Silence
from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason, Reason
from tests.unit.alerts.desk.pacing_room import DAY, HOUR, MINUTE, Room
from tests.worlds import threshold

CHAIN = {"name": "night", "steps": [{"after": "5m", "to": "lead"}]}
AGAIN: dict[str, Any] = {
    "notice": NoticeReason.SILENCE_EXPIRED,
    "from_state": AlertState.FIRING,
}


def test_a_silence_that_ends_tells_of_the_only_fire_again() -> None:
    """What `once` let pass is the same fire after a silence, not a second one."""
    room = Room({}, single={"trigger": "once"})
    room.fire("single")
    room.change("single", **AGAIN)
    assert room.held() == []


def test_an_end_that_the_desk_owes_is_told_later() -> None:
    """It ended while it was silenced: whoever knew of it hears so when the silence is over."""
    room = Room({"escalations": [CHAIN]}, up={"escalate": "night", "cooldown": "1h"})
    room.fire("up")
    room.go(10 * MINUTE)
    room.muted["up|RIOT"] = "silence:s1"
    room.resolve("up")
    room.go(DAY)
    room.muted.clear()
    room.resolve("up")
    assert room.told() == [
        (0, "new"),
        (5 * MINUTE, "escalation"),
        (DAY, "resolved"),
        (DAY, "resolved"),
    ]
    assert [item.inbox for item in room.out if item.told] == ["", "lead", "", "lead"]
    room.go(2 * DAY)
    assert room.pacer.memory.paces == {}


def test_telling_again_does_not_start_the_chain_anew() -> None:
    """The chain counts from the first notice of the fire."""
    room = Room({"escalations": [CHAIN]}, up={"escalate": "night"})
    room.fire("up")
    room.go(4 * MINUTE)
    room.change("up", **AGAIN)
    room.go(HOUR)
    assert [item.at for item in room.out if item.inbox] == [5 * MINUTE]


def test_a_silence_holds_the_chain_and_is_no_answer() -> None:
    """Silenced at its step, the next inbox hears neither of the alert nor of its end."""
    room = Room({"escalations": [CHAIN]}, up={"escalate": "night"})
    room.fire("up")
    room.muted["up|RIOT"] = "silence:s1"
    room.go(10 * MINUTE)
    room.muted.clear()
    room.resolve("up")
    assert room.told() == [(0, "new"), (10 * MINUTE, "resolved")]
    assert room.held() == ["silence:s1"]


def test_flapping_keeps_repeats_and_the_pause_quiet() -> None:
    """Between `flapping` and `stable` nothing is told, whatever else falls due."""
    room = Room({}, up={"flap": {}, "repeat": {"first": "1m", "most": "1m"}, "cooldown": "5m"})
    for second in range(0, 660, 60):
        room.go(second * 1_000)
        (room.resolve if second % 120 else room.fire)("up")
    room.go(HOUR)
    words = [word for _, word in room.told()]
    quiet = words[words.index("flapping") : words.index("stable") + 1]
    assert quiet == ["flapping", "stable"]
    assert set(words[words.index("stable") + 1 :]) == {"repeat"}


def test_nothing_is_repeated_without_data() -> None:
    """An alert whose input is lost does not fire; it is repeated when the input is back."""
    room = Room({}, up={"repeat": {}})
    room.fire("up")
    room.change("up", to_state=AlertState.NO_DATA)
    room.go(3 * HOUR)
    room.change("up", to_state=AlertState.FIRING)
    room.go(5 * HOUR)
    assert room.told() == [(0, "new"), (4 * HOUR, "repeat")]


def test_what_the_pause_owes_is_not_told_after_the_end_of_the_rule() -> None:
    """The rule expired while its fire waited."""
    room = Room({}, up={"cooldown": "10m", "expires": "1970-01-01"})
    room.go(DAY - 5 * MINUTE)
    room.fire("up")
    room.resolve("up")
    room.fire("up")
    room.go(2 * DAY)
    assert [word for _, word in room.told()] == ["new", "resolved", "expired"]
    assert room.held() == ["cooldown", "expired"]


def test_the_chain_waits_for_no_group_and_no_cap() -> None:
    """Nobody answered: the next one hears at once, however much was told before."""
    book = {
        "escalations": [CHAIN],
        "groups": [{"name": "market", "wait": "1h", "interval": "1h"}],
        "caps": [{"name": "phone", "limit": 1, "window": "1h"}],
    }
    room = Room(book, up={"escalate": "night", "group": "market"})
    room.fire("plain")
    room.fire("up")
    room.go(6 * MINUTE)
    assert room.told() == [(0, "new"), (5 * MINUTE, "escalation")]


def test_a_digest_over_a_cap_is_told_line_by_line_in_the_summary() -> None:
    """What the digest would have said, so that the end of an alert in it is told as any other."""
    book = {
        "groups": [{"name": "market", "by": []}],
        "caps": [{"name": "phone", "limit": 1, "window": "10m"}],
    }
    room = Room(book, a={"group": "market"}, b={"group": "market"})
    room.fire("plain")
    room.fire("a")
    room.fire("b")
    room.go(HOUR)
    room.resolve("a")
    room.go(2 * HOUR)
    assert [word for _, word in room.told()] == ["new", "overflow", "resolved"]
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert [(line.rule, line.state) for line in summary.lines] == [
        ("a", AlertState.FIRING),
        ("b", AlertState.FIRING),
    ]


def test_the_end_of_what_a_summary_names_is_told_whatever_held_it_last() -> None:
    """The cap held the fire, and `once` the word of it after a silence."""
    room = Room({"caps": [{"name": "phone", "limit": 1, "window": "10m"}]}, a={"trigger": "once"})
    room.fire("plain")
    room.fire("a")
    room.go(MINUTE)
    room.change("a", **AGAIN)
    room.restart()
    room.go(HOUR)
    room.resolve("a")
    assert [word for _, word in room.told()] == ["new", "overflow", "resolved"]
    assert room.held() == ["cap:phone", "once"]


def test_what_was_over_before_the_summary_is_named_as_over_in_it() -> None:
    """Its end is no notice of its own: nobody had heard of it."""
    room = Room({"caps": [{"name": "phone", "limit": 1, "window": "10m"}]})
    room.fire("plain")
    room.fire("a")
    room.restart()
    room.go(MINUTE)
    room.resolve("a")
    room.restart()
    room.go(HOUR)
    assert [word for _, word in room.told()] == ["new", "overflow"]
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert summary.summary.startswith("1 held")
    assert [(line.rule, line.state) for line in summary.lines] == [("a", AlertState.RESOLVED)]


def test_what_waits_in_a_group_is_not_overtaken() -> None:
    """The rule leaves the group while its fire waits there: the end waits behind it."""
    room = Room({"groups": [{"name": "market", "by": []}]}, a={"group": "market"})
    room.fire("a")
    room.rules = []
    room.restart()
    room.resolve("a")
    room.go(HOUR)
    assert [word for _, word in room.told()] == ["new", "resolved"]


def test_a_pause_that_ends_while_it_flaps_tells_nothing() -> None:
    """What the pause owes is told by `stable`, also where `flapping` itself was muted."""
    room = Room({}, up={"flap": {}, "cooldown": "30m"})
    for minute in range(11):
        room.go(minute * MINUTE)
        if minute == 8:
            room.muted["up|RIOT"] = "quiet:night"
        (room.resolve if minute % 2 else room.fire)("up")
    room.muted.clear()
    room.go(3 * HOUR)
    assert room.told() == [(0, "new"), (MINUTE, "resolved"), (38 * MINUTE, "stable")]


def test_an_end_that_the_desk_owes_outlives_a_fire_that_is_muted_too() -> None:
    """It fired anew before what muted it was over: whoever knew of the first fire hears of the end."""
    room = Room({}, up={"cooldown": "1m"})
    room.fire("up")
    room.go(10 * MINUTE)
    room.muted["up|RIOT"] = "rule:louder|RIOT"
    room.resolve("up")
    room.go(11 * MINUTE)
    room.fire("up")
    room.restart()
    room.go(12 * MINUTE)
    room.muted.clear()
    room.resolve("up")
    assert [word for _, word in room.told()] == ["new", "resolved"]


def test_a_book_without_repeats_ends_those_that_run() -> None:
    """The rule repeats no more after a reload, while it fires: nothing fails, and nothing repeats."""
    room = Room({}, up={"repeat": {"first": "1m"}, "cooldown": "1m"})
    room.fire("up")
    room.go(MINUTE + 1)
    room.rules = [threshold(id="up", above=1.0, notify={"cooldown": "1m"})]
    room.restart()
    room.go(HOUR)
    room.resolve("up")
    assert [word for _, word in room.told()] == ["new", "repeat", "resolved"]


def test_the_end_of_what_a_pause_held_is_held_when_the_desk_tells_it_later() -> None:
    """Nobody has heard of the second fire, and the desk, which did tell it, owes its end."""
    room = Room({}, up={"trigger": "once"})
    room.fire("up")
    room.resolve("up")
    room.go(MINUTE)
    room.fire("up")
    room.muted["up|RIOT"] = "silence:s1"
    room.resolve("up")
    room.restart()
    room.go(HOUR)
    room.muted.clear()
    room.resolve("up")
    assert [word for _, word in room.told()] == ["new", "resolved"]


def test_that_a_value_is_known_again_waits_for_no_pause() -> None:
    """Whoever was told that it is unknown hears of it, whatever was told a while ago."""
    room = Room({}, up={"trigger": "once", "cooldown": "1h"})
    room.fire("up")
    room.resolve("up")
    room.go(MINUTE)
    lost = {"to_state": AlertState.NO_DATA, "notice": NoticeReason.NO_DATA}
    room.change("up", **lost)
    room.go(2 * MINUTE)
    room.change("up", to_state=AlertState.INACTIVE, notice=NoticeReason.DATA_BACK)
    assert [word for _, word in room.told()][2:] == ["no_data", "data_back"]


@pytest.mark.parametrize("lost_first", [True, False])
@pytest.mark.parametrize("pause", [{"trigger": "once"}, {"cooldown": "1h"}])
def test_who_heard_that_a_value_is_unknown_hears_the_end(
    pause: dict[str, Any], *, lost_first: bool
) -> None:
    """A pause held the fire before the loss, or after it; the end of both is told in spite of that."""
    room = Room({}, up=pause)
    lost = {"to_state": AlertState.NO_DATA, "notice": NoticeReason.NO_DATA}
    room.fire("up")
    room.resolve("up")
    if lost_first:
        room.change("up", **lost)
        room.restart()
    room.go(MINUTE)
    room.fire("up")
    if not lost_first:
        room.change("up", **lost)
        room.restart()
    room.resolve("up")
    words = [word for _, word in room.told()]
    assert words[words.index("no_data") :] == ["no_data", "resolved"]
    room.go(2 * MINUTE)
    room.fire("up")
    room.resolve("up")
    assert [word for _, word in room.told()] == words


def test_a_summary_names_as_over_what_ended_while_something_else_muted_it() -> None:
    """The fire was held by the cap, its end by a louder rule, which the desk tells later."""
    room = Room({"caps": [{"name": "phone", "limit": 1, "window": "10m"}]})
    room.fire("plain")
    room.fire("a")
    room.muted["a|RIOT"] = "rule:louder|RIOT"
    room.resolve("a")
    room.go(HOUR)
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert [line.state for line in summary.lines] == [AlertState.RESOLVED]
    room.muted.clear()
    room.resolve("a")
    assert [word for _, word in room.told()] == ["new", "overflow"]


MARKET: dict[str, object] = {
    "groups": [{"name": "market", "by": [], "wait": "30s", "interval": "2m"}]
}


@pytest.mark.parametrize("among", [0, 2])
def test_a_fire_that_waits_in_a_group_is_not_told_when_its_end_is_muted(among: int) -> None:
    """It is over, and nobody heard of it: neither of the fire nor, when that may be told, of the end."""
    rules = {name: {"group": "market"} for name in ("a", "b", "c")}
    room = Room(MARKET, **rules)
    for name in ("a", "b", "c")[: 1 + among]:
        room.fire(name)
    room.muted["a|RIOT"] = "silence:s1"
    room.resolve("a")
    room.restart()
    room.go(MINUTE)
    room.muted.clear()
    room.resolve("a")
    room.go(HOUR)
    assert "a" not in {it.rule for it in room.out if it.told}
    assert [[line.rule for line in it.lines] for it in room.out if it.told] == [["b", "c"]] * bool(
        among
    )


def test_a_loss_of_data_is_told_to_the_end_though_the_fire_after_it_waits_unheard() -> None:
    """It comes back past its level into a group, and somebody silences it before that is told."""
    room = Room(MARKET, a={"group": "market"})
    room.fire("a")
    room.resolve("a")
    room.go(5 * MINUTE)
    room.change("a", to_state=AlertState.NO_DATA, notice=NoticeReason.NO_DATA)
    room.go(10 * MINUTE)
    room.fire("a")
    room.muted["a|RIOT"] = "silence:s1"
    room.go(15 * MINUTE)
    room.muted.clear()
    room.resolve("a")
    room.go(HOUR)
    assert [word for _, word in room.told()] == ["new", "resolved", "no_data", "resolved"]


@pytest.mark.parametrize("again", [False, True])
def test_what_came_and_went_in_a_group_is_told_whole(*, again: bool) -> None:
    """A silence since then hides what fires again, and neither half of what is over."""
    room = Room(MARKET, a={"group": "market"})
    room.fire("a")
    room.go(10_000)
    room.resolve("a")
    if again:
        room.fire("a")
    room.muted["a|RIOT"] = "silence:s1"
    room.go(MINUTE)
    if again:
        room.resolve("a")
        room.muted.clear()
        room.resolve("a")
    room.go(HOUR)
    assert [word for _, word in room.told()] == ["new", "resolved"]


def test_what_a_cap_holds_of_a_group_after_its_end_leaves_nothing_behind() -> None:
    """Both wait alone and are held together: the summary names the end, and no record fires on."""
    caps: dict[str, object] = {"caps": [{"name": "phone", "limit": 1, "window": "10m"}]}
    room = Room(MARKET | caps, a={"group": "market"})
    room.fire("a")
    room.go(10_000)
    room.resolve("a")
    room.fire("plain")
    room.muted["a|RIOT"] = "silence:s1"
    room.go(HOUR)
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert [(it.rule, it.state) for it in summary.lines] == [("a", AlertState.RESOLVED)]
    assert list(room.pacer.memory.paces) == []


def test_a_loss_of_data_that_waits_behind_a_fire_is_told_to_the_end() -> None:
    """Both wait alone and are held by a cap; what its summary says is the later of them."""
    caps: dict[str, object] = {"caps": [{"name": "phone", "limit": 1, "window": "10m"}]}
    room = Room(MARKET | caps, a={"group": "market"})
    room.fire("plain")
    room.fire("a")
    room.go(10_000)
    room.change("a", to_state=AlertState.NO_DATA, notice=NoticeReason.NO_DATA)
    room.go(HOUR)
    room.resolve("a")
    room.go(2 * HOUR)
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert [(it.rule, it.state) for it in summary.lines] == [("a", AlertState.NO_DATA)]
    assert [word for _, word in room.told()] == ["new", "overflow", "resolved"]


@pytest.mark.parametrize("ends", ["told", "owed"])
def test_what_was_told_before_it_waited_again_is_told_to_the_end(ends: str) -> None:
    """A repeat waits in the group while somebody takes the alert on, or while its end is muted."""
    room = Room(MARKET, a={"group": "market", "repeat": {"first": "1m", "most": "1m"}})
    room.fire("a")
    room.go(MINUTE + 5_000)
    if ends == "told":
        room.acknowledge("a")
        room.go(10 * MINUTE)
    else:
        room.muted["a|RIOT"] = "rule:louder|RIOT"
        room.resolve("a")
        room.go(10 * MINUTE)
    room.muted.clear()
    room.resolve("a")
    room.go(HOUR)
    assert [word for _, word in room.told()] == ["new", "resolved"]


@pytest.mark.parametrize("per", ["user", "symbol"])
def test_a_summary_says_no_older_state_than_a_digest_has_said(per: str) -> None:
    """That its value is unknown was held; a digest, critical, passed with the fire that came after."""
    book = {
        "groups": [{"name": "market", "by": [], "wait": "1s", "interval": "1m"}],
        "caps": [{"name": "phone", "limit": 1, "window": "10m", "per": per}],
    }
    room = Room(book, a={"group": "market"}, b={"group": "market"})
    room.fire("a")
    room.go(2 * MINUTE)
    room.change("a", to_state=AlertState.NO_DATA, notice=NoticeReason.NO_DATA)
    room.go(4 * MINUTE)
    room.change("a", to_state=AlertState.FIRING, notice=NoticeReason.DATA_BACK)
    room.fire("b", severity=Severity.CRITICAL)
    room.go(HOUR)
    together = [it for it in room.out if it.told and it.lines]
    assert [it.notice for it in together] == [NoticeReason.DIGEST, NoticeReason.OVERFLOW]
    for said in together:
        assert {it.state for it in said.lines if it.rule == "a"} == {AlertState.FIRING}


def test_a_summary_says_no_older_state_than_people_know() -> None:
    """The fire was held, and grew critical, which no cap holds, before the summary."""
    room = Room({"caps": [{"name": "phone", "limit": 1, "window": "10m"}]})
    room.fire("plain")
    room.fire("a")
    room.go(MINUTE)
    worse = {"severity": Severity.CRITICAL, "notice": NoticeReason.SEVERITY_CHANGED}
    room.change("a", to_state=AlertState.FIRING, **worse)
    room.go(HOUR)
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    assert [line.severity for line in summary.lines] == [Severity.CRITICAL]


def test_what_is_told_once_more_is_not_worded_on_top_of_itself() -> None:
    """A repeat after the end of a silence has the sentence of the fire, and the value of now."""
    room = Room({}, up={"repeat": {"first": "5m"}})
    room.fire("up", summary="RIOT is 30 %.", value=0.3)
    again = "Still firing, the silence on it is over: RIOT is 30 %. Now 20 %."
    room.change("up", **AGAIN, to_state=AlertState.FIRING, summary=again, value=0.2)
    room.go(5 * MINUTE)
    said = [it.summary for it in room.out if it.told]
    assert said == ["RIOT is 30 %.", again, "Still firing after 5 min: RIOT is 30 %. Now 30 %."]


def test_a_summary_says_what_became_of_what_it_held_and_names_no_id() -> None:
    """A phone shows the sentence alone; a silence has no name but the id of its command."""
    room = Room({"caps": [{"name": "phone", "limit": 1, "window": "10m"}]})
    room.fire("plain")
    room.fire("a", severity=Severity.INFO, summary="RIOT is 30 %.")
    room.fire("b", key="HIVE", summary="HIVE is 20 %.")
    silence = Silence(id="5f0c", match={"rule": "a"}, by="ana", reason="", at=0, until=HOUR)
    room.take(notices.of_silence(silence, Reason.ENDS_SOON, NoticeReason.REMINDER, ["a|RIOT"], 1))
    room.go(2 * MINUTE)
    room.resolve("a")
    room.go(HOUR)
    (summary,) = (it for it in room.out if it.notice is NoticeReason.OVERFLOW)
    held = "3 held by the cap phone, 1 fire, 1 ended, 1 more: RIOT, HIVE, a silence."
    assert summary.summary == f"{held} The loudest: HIVE is 20 %."
