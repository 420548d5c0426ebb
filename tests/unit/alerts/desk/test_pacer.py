"""The pace of all alerts, as the rows of the rulebook ask for it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason, Reason
from tests.unit.alerts.desk.pacing_room import DAY, HOUR, MINUTE, Room
from tests.worlds import owned

SECOND = 1_000
CHAIN = {"name": "night", "steps": [{"after": "5m", "to": "lead"}]}
MARKET = {"name": "market", "by": []}
PHONE = {"name": "phone", "limit": 1, "window": "10m"}


def test_a_rule_without_a_word_of_pace_is_told_as_it_comes() -> None:
    """Nothing is held, nothing is remembered but the count."""
    room = Room({})
    room.fire("plain")
    room.resolve("plain")
    assert room.told() == [(0, "new"), (0, "resolved")]
    memory = room.pacer.memory
    assert (memory.paces, memory.groups, memory.caps) == ({}, {}, {})
    room.go(2 * DAY)
    assert memory.counts == {}
    assert room.pacer.next_timer is None


def test_the_count_of_a_key() -> None:
    """Two alerts with the same key show a count of two, the end the same (row E28)."""
    room = Room({})
    for _ in range(2):
        room.fire("plain")
        room.resolve("plain")
        room.go(room.now + MINUTE)
    room.fire("plain", key="HUT")
    assert [item.count for item in room.out] == [1, 1, 2, 2, 1]


def test_once_per_session() -> None:
    """Five crossings in a day send one, the next session one more (row E07)."""
    room = Room({}, often={"trigger": "once_per_session"})
    for day in (0, DAY):
        for hour in range(1, 6):
            room.go(day + hour * HOUR)
            room.fire("often")
            room.resolve("often")
    assert room.told() == [
        (HOUR, "new"),
        (HOUR, "resolved"),
        (DAY + HOUR, "new"),
        (DAY + HOUR, "resolved"),
    ]
    assert Counter(room.held()) == {"once": 16}


def test_a_silence_does_not_use_up_the_only_one() -> None:
    """With `once`, the first fire that people are told of is the one."""
    room = Room({}, single={"trigger": "once"})
    room.muted["single|RIOT"] = "silence:s1"
    room.fire("single")
    room.resolve("single")
    room.muted.clear()
    for at in (MINUTE, 2 * MINUTE):
        room.go(at)
        room.fire("single")
        room.resolve("single")
    assert room.told() == [(MINUTE, "new"), (MINUTE, "resolved")]


def test_an_expired_rule_says_so_once() -> None:
    """At its expiry one notice, from then on nothing, also after a restart (row E07)."""
    room = Room({}, dated={"expires": "1970-01-01"})
    room.fire("dated", key="HUT")
    room.go(3 * DAY)
    room.restart()
    room.go(4 * DAY)
    room.fire("dated")
    room.resolve("dated")
    room.resolve("dated", key="HUT")
    assert room.told() == [(0, "new"), (DAY, "expired"), (4 * DAY, "resolved")]
    assert room.held() == ["expired", "expired"]


def test_the_pause_between_two_fires() -> None:
    """In the pause nothing is told, neither the fire nor its end; a higher severity passes."""
    room = Room({}, calm={"cooldown": "10m"})
    for at in (0, MINUTE, 2 * MINUTE):
        room.go(at)
        room.fire("calm")
        room.resolve("calm")
    room.go(3 * MINUTE)
    room.fire("calm", severity=Severity.CRITICAL)
    assert room.told() == [(0, "new"), (0, "resolved"), (3 * MINUTE, "new")]
    assert room.held() == ["cooldown"] * 4


def test_what_still_fires_after_the_pause_is_told() -> None:
    """A fire held by the pause is told at its end, and its end is told."""
    room = Room({}, calm={"cooldown": "10m"})
    room.fire("calm")
    room.resolve("calm")
    room.go(MINUTE)
    room.fire("calm")
    room.restart()
    room.go(20 * MINUTE)
    room.resolve("calm")
    assert room.told()[2:] == [(10 * MINUTE, "new"), (20 * MINUTE, "resolved")]
    late = next(item for item in room.out if item.at == 10 * MINUTE)
    assert late.has_state, "what was published when it fired says that the pause keeps it quiet"


def test_a_quiet_time_does_not_swallow_what_the_pause_owes() -> None:
    """At the end of the pause it is quiet: the fire is told within a minute after that."""
    room = Room({}, calm={"cooldown": "10m"})
    room.fire("calm")
    room.resolve("calm")
    room.go(MINUTE)
    room.fire("calm")
    room.muted["calm|RIOT"] = "quiet:night"
    room.go(60 * MINUTE + 1)
    room.muted.clear()
    room.go(120 * MINUTE)
    assert room.told()[2:] == [(61 * MINUTE, "new")]


def test_ten_toggles_in_ten_minutes() -> None:
    """One `flapping`, then silence, then one `stable` (row E09)."""
    room = Room({}, nervous={"flap": {}})
    for minute in range(0, 10, 2):
        room.go(minute * MINUTE)
        room.fire("nervous")
        room.go((minute + 1) * MINUTE)
        room.resolve("nervous")
    room.restart()
    room.go(3 * HOUR)
    words = [word for _, word in room.told()]
    assert words == ["new", "resolved"] * 4 + ["flapping", "stable"]
    assert room.held() == ["flapping"]
    stable = next(item for item in room.out if item.notice is NoticeReason.STABLE)
    assert stable.to_state is AlertState.RESOLVED
    room.go(2 * DAY)
    assert room.pacer.memory.paces == {}


def test_stable_while_it_fires() -> None:
    """An alert that is stable while it fires is a fire people know of: its end is told."""
    room = Room({}, nervous={"flap": {}})
    for minute in range(9):
        room.go(minute * MINUTE)
        (room.resolve if minute % 2 else room.fire)("nervous")
    room.go(3 * HOUR)
    room.resolve("nervous")
    assert [word for _, word in room.told()][-3:] == ["flapping", "stable", "resolved"]


def test_repeats_until_acknowledged() -> None:
    """Repeats at 1 h, 2 h, 4 h, none after somebody acknowledged (row E31)."""
    room = Room({}, loud={"repeat": {}})
    room.fire("loud")
    room.go(5 * HOUR)
    room.restart()
    room.acknowledge("loud")
    room.go(40 * HOUR)
    assert room.told() == [(0, "new"), (HOUR, "repeat"), (2 * HOUR, "repeat"), (4 * HOUR, "repeat")]
    room.muted.clear()
    room.resolve("loud")
    room.go(80 * HOUR)
    assert room.told()[4:] == [(40 * HOUR, "resolved")]


def test_a_repeat_says_how_long_and_where_it_stands() -> None:
    """A repeat has the words of the fire, the time since, and the value of now."""
    room = Room({}, loud={"repeat": {}})
    room.fire("loud", summary="RIOT is thin.", value=0.5)
    room.go(2 * HOUR)
    said = [item.summary for item in room.out if item.notice is NoticeReason.REPEAT]
    assert said[1] == "Still firing after 2 h: RIOT is thin. Now 50 %."


def test_given_back_it_goes_on() -> None:
    """An acknowledgement that is taken back lets the plan of repeats go on."""
    room = Room({}, loud={"repeat": {}})
    room.fire("loud")
    room.acknowledge("loud")
    room.go(5 * HOUR)
    room.muted.clear()
    room.change("loud", ack=None, reason=Reason.UNACKNOWLEDGED)
    room.go(9 * HOUR)
    assert room.told() == [(0, "new"), (8 * HOUR, "repeat")]


def test_nobody_acknowledges() -> None:
    """After five minutes the second topic gets it once, and the end as well (row E26)."""
    room = Room({"escalations": [CHAIN]}, grave={"escalate": "night"})
    room.fire("grave")
    room.go(4 * MINUTE)
    room.restart()
    room.go(HOUR)
    room.resolve("grave")
    inbox = [(item.at, item.notice, item.inbox) for item in room.out if item.inbox]
    assert inbox == [
        (5 * MINUTE, NoticeReason.ESCALATION, "lead"),
        (HOUR, NoticeReason.RESOLVED, "lead"),
    ]


def test_an_acknowledgement_stops_the_chain() -> None:
    """Acknowledged in time, nobody else is told; a louder severity opens it again (row E26)."""
    room = Room({"escalations": [CHAIN]}, grave={"escalate": "night"})
    room.fire("grave")
    room.go(4 * MINUTE)
    room.acknowledge("grave")
    room.go(HOUR)
    assert not any(item.inbox for item in room.out)
    room.muted.clear()
    louder = {"severity": Severity.CRITICAL, "notice": NoticeReason.SEVERITY_CHANGED}
    room.change("grave", ack=None, **louder)
    room.go(2 * HOUR)
    assert [item.at for item in room.out if item.inbox] == [HOUR + 5 * MINUTE]


def test_eight_rules_on_one_tick() -> None:
    """One push with eight lines, and eight states of their own (row E29)."""
    blocks = {f"r{n}": {"group": "market"} for n in range(8)}
    room = Room({"groups": [{"name": "market", "by": []}]}, **blocks)
    for name in blocks:
        room.fire(name)
    room.restart()
    room.go(HOUR)
    assert room.told() == [(30 * SECOND, "digest")]
    (digest,) = (item for item in room.out if item.told)
    assert [line.rule for line in digest.lines] == list(blocks)
    assert digest.members == tuple(f"{name}|RIOT" for name in blocks)
    states = [item for item in room.out if item.to_state is AlertState.FIRING]
    assert [item.muted_by for item in states] == ["group:market"] * 8
    assert [line.id for line in digest.lines] == [item.id for item in states]


def test_one_alert_in_a_group_is_told_as_itself() -> None:
    """It has the id of its change, and its state is not published a second time."""
    room = Room({"groups": [{"name": "market"}]}, alone={"group": "market"})
    room.fire("alone")
    room.go(HOUR)
    waiting, told = room.out
    assert (waiting.told, told.told, told.echo) == (False, True, True)
    assert (told.id, told.notice) == (waiting.id, NoticeReason.NEW)


def test_a_silence_reaches_what_waits_in_a_group() -> None:
    """What somebody silenced while it waited is not told, nor is its end."""
    blocks = {name: {"group": "market"} for name in ("a", "b")}
    room = Room({"groups": [{"name": "market", "by": []}]}, **blocks)
    for name in blocks:
        room.fire(name)
    room.muted["a|RIOT"] = "silence:s1"
    room.go(MINUTE)
    (digest,) = (item for item in room.out if item.told)
    assert digest.members == ("b|RIOT",)
    room.muted.clear()
    room.resolve("a")
    assert room.out[-1].muted_by == "silence:s1"


def test_a_hundred_alerts_in_a_minute() -> None:
    """At cap 10: 10 sent, 1 summary "90 held", criticals all sent (row E30)."""
    room = Room({"caps": [{"name": "phone", "limit": 10, "window": "1m"}]})
    for number in range(100):
        room.go(number * 600)
        room.fire("plain", key=f"C{number}")
        if number % 10 == 0:
            room.fire("grave", key=f"C{number}", severity=Severity.CRITICAL)
    room.restart()
    room.go(HOUR)
    words = Counter((item.notice, item.severity) for item in room.out if item.told)
    assert words == {
        (NoticeReason.NEW, Severity.WARNING): 10,
        (NoticeReason.NEW, Severity.CRITICAL): 10,
        (NoticeReason.OVERFLOW, Severity.WARNING): 1,
    }
    (summary,) = (item for item in room.out if item.notice is NoticeReason.OVERFLOW)
    assert summary.summary.startswith("90 held by the cap phone, 90 fire: C10, C11")
    assert len(summary.lines) == 90
    for number in (0, 99):  # one that passed, and one that the summary named
        room.resolve("plain", key=f"C{number}")
    assert [item.muted_by for item in room.out[-2:]] == ["", ""]
    room.go(2 * DAY)
    assert room.pacer.memory.caps == {}


@pytest.mark.parametrize(
    ("book", "words"),
    [
        ({"groups": [MARKET]}, "101 alerts together, 100 fire, 1 more: C0"),
        ({"caps": [PHONE]}, "106 held by the cap phone, 100 fire, 1 more: C0"),
        # each digest is one notice; the second tells of the same alerts
        ({"groups": [MARKET], "caps": [PHONE]}, "2 held by the cap phone, 100 fire, 1 more: C0"),
    ],
)
def test_an_alert_beyond_the_lines_that_goes_back_and_forth_is_one(
    book: dict[str, Any], words: str
) -> None:
    """A digest of a hundred lines names no further alert, and counts alerts, not what they do."""
    room = Room(book, a={"group": "market"} if "groups" in book else {})
    if "caps" in book:
        room.fire("plain")
    for _ in range(2 if len(book) == 2 else 1):
        for number in range(101):
            room.fire("a", key=f"C{number}")
        for _ in range(5):
            room.resolve("a", key="C100")
            room.restart()
            room.fire("a", key="C100")
        room.go(room.now + 2 * MINUTE)
    room.go(HOUR)
    (told,) = (item for item in room.out if item.lines and item.told)
    assert told.summary.startswith(words)
    assert (len(told.lines), told.more) == (100, 1)


def test_the_default_is_for_rules_alone() -> None:
    """What is told without a rule, a dead feed, has no pause of the book's."""
    room = Room({"notify": {"cooldown": "10m"}})
    for _ in range(2):
        room.fire("feed-dead", key="BTC-USD")
        room.resolve("feed-dead", key="BTC-USD")
    assert room.held() == []


def test_the_default_of_the_book() -> None:
    """A rule without a block takes the book's, one with a block its own."""
    room = Room({"notify": {"cooldown": "10m"}}, own={})
    for name in ("other", "own"):
        for _ in range(2):
            room.fire(name)
            room.resolve(name)
    assert room.held() == ["cooldown", "cooldown"]


def test_a_later_end_is_told_when_it_comes() -> None:
    """A rule whose expiry is moved works again, and tells of its new end."""
    room = Room({}, dated={"expires": "1970-01-01"})
    room.go(2 * DAY)
    room.reload({}, dated={"expires": "1970-01-04"})
    room.fire("dated")
    room.resolve("dated")
    room.go(9 * DAY)
    assert [word for _, word in room.told()] == ["expired", "new", "resolved", "expired"]
    ids = [item.id for item in room.out if item.notice is NoticeReason.EXPIRED]
    assert len(set(ids)) == 2


def test_what_is_remembered_of_a_rule_goes_with_it() -> None:
    """A rule that is gone leaves nothing behind; one that fires yet is told of its end first."""
    room = Room({}, single={"trigger": "once"}, dated={"expires": "1970-01-01"})
    room.fire("single", key="HUT")
    room.resolve("single", key="HUT")
    room.fire("single")
    room.go(2 * DAY)
    room.reload({})
    memory = room.pacer.memory
    assert (list(memory.paces), memory.expired) == (["single|RIOT"], {})
    assert {place for place, record in room.pacer.take_changed().items() if record is None} == {
        ("pace", "single|HUT"),
        ("expired", "dated"),
    }
    room.resolve("single")
    assert room.told()[-1] == (2 * DAY, "resolved")


def test_a_group_and_a_cap_that_are_gone_tell_what_they_hold() -> None:
    """A book without them loses nothing of what waited or was held."""
    book = {"groups": [{"name": "market", "by": []}], "caps": [{"name": "phone", "limit": 1}]}
    room = Room(book, a={"group": "market"}, b={"group": "market"})
    room.fire("a")
    room.fire("b")
    room.fire("plain")
    room.fire("plain", key="HUT")
    room.reload({})
    room.go(HOUR)
    assert sorted(word for _, word in room.told()) == ["digest", "new", "overflow"]
    assert (room.pacer.memory.groups, room.pacer.memory.caps) == ({}, {})


def test_settings_that_are_gone_hold_nothing() -> None:
    """Without its block an alert is told as it comes, whatever was held before."""
    room = Room({"escalations": [CHAIN]}, up={"flap": {}, "escalate": "night", "repeat": {}})
    for minute in range(11):
        room.go(minute * MINUTE)
        (room.resolve if minute % 2 else room.fire)("up")
    room.reload({}, up={})
    room.resolve("up")
    room.fire("up")
    room.go(DAY)
    assert [word for _, word in room.told()][-2:] == ["flapping", "new"]


def test_the_rules_of_users_are_grouped_and_capped_apart() -> None:
    """A digest and a summary that name a user's own rules go to that user alone (row I12)."""
    group = {"name": "moves", "by": [], "wait": "30s"}
    cap = {"name": "few", "limit": 1, "window": "1m"}
    room = Room({"groups": [group], "caps": [cap]}, low={"group": "moves"}, high={"group": "moves"})
    for rule in ("low", "high"):
        owned = rule_of_ana(room, rule)
        room.fire(rule)
        room.fire(owned)
    room.go(room.now + 5 * MINUTE)
    digests = [item for item in room.out if item.rule == "digest"]
    assert [(item.inbox, item.members) for item in digests] == [
        ("", ("low|RIOT", "high|RIOT")),
        ("ana", ("ana.low|RIOT", "ana.high|RIOT")),
    ]
    assert [item.muted_by for item in digests] == ["", ""], "each has a count of its own"


def rule_of_ana(room: Room, rule: str) -> str:
    """Let ana have the same rule; return its id at work."""
    name = f"ana.{rule}"
    (same,) = (it for it in room.rules if it.id == rule)
    room.rules.append(owned(same))
    room.restart()
    return name
