"""What is told of a dead input that something kept quiet: as things are when it is told."""

from __future__ import annotations

import pytest

from alerts.reasons import NoticeReason
from monitor.domain.commands import AddMaintenance, Place
from tests.desks import HOUR, MINUTE, Room, book, notices, silence
from tests.worlds import NOON, quote, threshold, tick

NAMES = ("XA", "XB", "XC")


def three(dead_after: str = "1m") -> Room:
    """Return a step with three inputs of one feed that grow stale after a minute."""
    rules = [threshold(id=name.lower(), on=name, above=10.0) for name in NAMES]
    made = Room(rules, book(feed_dead_after=dead_after))
    made.take(tick(NOON, *(quote(it, 5, NOON, source="desk", fresh_ms=MINUTE) for it in NAMES)))
    return made


def speak(room: Room, at: int, *names: str) -> None:
    """Let the feed tell some of its inputs."""
    room.take(tick(at, *(quote(it, 5, at, source="desk", fresh_ms=HOUR) for it in names)))


def test_what_is_back_by_then_is_not_named() -> None:
    """A silence hid the notice; when it ends, one of the three is told again."""
    room = three()
    room.ask(NOON + 1, silence(30, rule="feed-dead"))
    room.pass_to(NOON + 10 * MINUTE)
    speak(room, NOON + 20 * MINUTE, "XB")
    room.pass_to(NOON + 31 * MINUTE)
    told = [it for it in room.told if it.rule == "feed-dead"]
    assert [(it.key, it.members) for it in told] == [("XA", ("feed-dead|XC",))]
    assert "Still firing, the silence on it is over: XA is stale" in told[0].summary
    assert "XC is too, which only desk tells" in told[0].summary
    assert "XB" not in told[0].summary


def test_after_work_on_its_feed_an_input_has_as_long_as_ever_to_be_told() -> None:
    """It is polled again only now: to call it dead at once would be a false alert (row E27)."""
    for speaks in (True, False):
        room = three(dead_after="2m")
        begin, end = NOON + 30_000, NOON + HOUR
        wish = AddMaintenance(
            place=Place.FEED, feed="desk", begin=begin, until=end, reason="new key"
        )
        room.ask(NOON + 1, wish)
        room.pass_to(end + 30_000)
        if speaks:
            speak(room, end + 40_000, *NAMES)
        room.reload()
        room.pass_to(end + 2 * MINUTE - 1)
        assert {it.rule for it in room.told} == {"maintenance"}
        room.pass_to(end + HOUR)
        told = [it for it in room.told if it.rule == "feed-dead"]
        assert notices(told) == ([] if speaks else [("feed-dead", "XA", "new")])
        if not speaks:
            assert told[0].at == end + 2 * MINUTE
            assert "Still firing, the maintenance is over: XA is stale" in told[0].summary
            assert told[0].members == ("feed-dead|XB", "feed-dead|XC")


@pytest.mark.parametrize("no_data", ["no_data", "keep"])
def test_what_grew_critical_does_not_hide_that_its_input_died(no_data: str) -> None:
    """By its first severity it is a warning, so the notice is one, which the critical one mutes not."""
    grows = [{"after": "2m", "severity": "critical"}]
    room = Room(
        [
            threshold(id="r", on="X", above=10.0, steps=grows, no_data=no_data),
            threshold(id="other", on="X", above=99.0),
        ],
        book(feed_dead_after="1m"),
    )
    room.price(NOON, 5)
    for minute in range(1, 5):
        room.price(NOON + minute * MINUTE, 11, fresh_ms=MINUTE)
    room.pass_to(NOON + HOUR)
    (dead,) = (it for it in room.told if it.rule == "feed-dead")
    assert dead.at == NOON + 6 * MINUTE + 1
    room.reload()
    room.price(NOON + HOUR, 5)
    assert ("feed-dead", "X", "resolved") in notices(room.told)


def test_a_rule_of_real_time_tells_that_its_source_is_late() -> None:
    """With `no_data: alert` a fall back to delayed quotes is told as silence is, and its end."""
    rules = [
        threshold(
            id="r", on="X", above=10.0, require="realtime", no_data="alert", no_data_after="5m"
        ),
        threshold(id="quiet", on="X", above=10.0, require="realtime"),
    ]
    room = Room(rules)
    for minute in range(30):
        at = NOON + minute * MINUTE
        late = 900_000 if 6 <= minute < 20 else 0
        room.take(tick(at, quote("X", 5, at, delay_ms=late, fresh_ms=HOUR)))
        if minute == 8:
            room.reload()
    told = [(it.rule, it.notice, it.at - NOON) for it in room.told]
    assert told == [
        ("r", NoticeReason.NO_DATA, 11 * MINUTE),
        ("r", NoticeReason.DATA_BACK, 20 * MINUTE),
    ]
