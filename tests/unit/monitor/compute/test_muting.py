"""What one alert, a dead input, the hour or announced work keeps quiet."""

from __future__ import annotations

import pytest

from alerts.desk.book import DeskBook
from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason, Reason
from alerts.rules.base import Rule
from monitor.domain.commands import AddMaintenance, EndMaintenance, Place
from tests.desks import FRESH, HOUR, MINUTE, Room, book, notices, silence
from tests.worlds import NOON, network, owned, quote, threshold, tick

CAUSE = threshold(id="cause", on="X", above=10.0, severity="info")
CHILD = threshold(id="child", on="Y", above=1.0)
EXPLAINS = {"inhibit": [{"source": {"rule": "cause"}, "target": {"rule": "child"}}]}
WORSE = [
    threshold(id="low", on="X", below=10.0),
    threshold(id="very-low", on="X", below=5.0, severity="critical"),
]


@pytest.mark.parametrize("rules", [[CAUSE, CHILD], [CHILD, CAUSE]])
def test_a_cause_mutes_what_it_explains_in_the_same_tick(rules: list[Rule]) -> None:
    """Whatever their order in the book: they are seen together."""
    room = Room(rules, book(**EXPLAINS))
    room.take(tick(NOON, quote("X", 11, NOON), quote("Y", 2, NOON)))
    assert notices(room.told) == [("cause", "X", "new")]
    child = next(item for item in room.all if item.rule == "child")
    assert (child.notice, child.muted_by) == (NoticeReason.NEW, "rule:cause|X")


def test_what_one_user_alone_is_told_of_mutes_nothing_for_the_others() -> None:
    """A critical alert of ana's own: the warning on the same value is told, and does not name it (I12)."""
    own = owned(threshold(id="very-low", on="X", below=5.0, severity="critical"))
    mine = owned(threshold(id="low", on="X", below=9.0))
    room = Room([WORSE[0], own, mine])
    room.price(NOON, 3)
    assert {item.rule: item.muted_by for item in room.all} == {
        "low": "",
        "ana.very-low": "",
        "ana.low": "rule:ana.very-low|X",
    }


def test_what_is_left_when_the_cause_is_over_is_told() -> None:
    """The child that fires still is new to everybody."""
    room = Room([CAUSE, CHILD], book(**EXPLAINS))
    room.take(tick(NOON, quote("X", 11, NOON, fresh_ms=FRESH), quote("Y", 2, NOON, fresh_ms=FRESH)))
    room.price(NOON + MINUTE, 9)
    assert notices(room.told) == [
        ("cause", "X", "new"),
        ("cause", "X", "resolved"),
        ("child", "Y", "new"),
    ]
    assert room.told[-1].reason is Reason.INHIBITION_OVER


def test_a_cause_that_waits_mutes_nothing() -> None:
    """An inhibitor must itself be firing."""
    slow = threshold(id="cause", on="X", above=10.0, **{"for": "5m"})
    room = Room([slow, CHILD], book(**EXPLAINS))
    room.take(tick(NOON, quote("X", 11, NOON), quote("Y", 2, NOON)))
    assert notices(room.told) == [("child", "Y", "new")]


def test_fifty_reloads_under_a_cause_tell_nothing_of_the_children() -> None:
    """No race on start and reload: 0 child notices (row E14)."""
    children = [threshold(id=f"child-{n}", on="Y", above=1.0) for n in range(5)]
    entry = {"source": {"rule": "cause"}, "target": {"target": "Y"}}
    said = book(inhibit=[entry])
    room = Room([*children, CAUSE], said)
    room.take(tick(NOON, quote("X", 11, NOON, fresh_ms=FRESH), quote("Y", 2, NOON, fresh_ms=FRESH)))
    for turn in range(50):
        at = NOON + (turn + 1) * MINUTE
        changed = threshold(id="cause", on="X", above=10.0 - turn % 2 / 10, severity="info")
        fresh = threshold(id=f"new-{turn}", on="Y", above=1.0 + turn / 1_000)
        room.reload([fresh, *children, changed] if turn % 3 else [changed, *children, fresh])
        room.take(tick(at, quote("Y", 2 + turn % 2 / 10, at, fresh_ms=FRESH)))
    assert [item for item in room.told if item.rule != "cause"] == []
    muted = {it.rule for it in room.all if it.muted_by.startswith("rule:cause|")}
    assert muted >= {f"new-{turn}" for turn in range(50)}


def test_a_critical_alert_mutes_the_warning_of_the_same_key() -> None:
    """The warning told before stays told; one that comes with it is not told (domain 8)."""
    room = Room(WORSE)
    room.price(NOON, 4)
    assert notices(room.told) == [("very-low", "X", "new")]
    room.price(NOON + MINUTE, 6)
    assert notices(room.told)[1:] == [("very-low", "X", "resolved"), ("low", "X", "new")]
    room.price(NOON + 2 * MINUTE, 4)
    room.price(NOON + 3 * MINUTE, 7)
    assert notices(room.told)[3:] == [("very-low", "X", "new"), ("very-low", "X", "resolved")]


def test_a_critical_alert_mutes_no_warning_on_something_else() -> None:
    """It does not explain it."""
    other = threshold(id="other", on="Y", above=1.0)
    room = Room([*WORSE, other])
    room.take(tick(NOON, quote("X", 4, NOON), quote("Y", 2, NOON)))
    assert ("other", "Y", "new") in notices(room.told)


def thirty() -> list[Rule]:
    """Return 30 rules that rest on bitcoin's price: a third fires, a third waits, a third is idle."""
    return [
        threshold(
            id=f"r{number}",
            on=("BTC-USD", "hashprice_usd_ph_day", "mining_margin_ratio")[number % 3],
            above=(0.0001, 0.0001, 1e9)[number // 10],
            severity=("warning", "critical")[number == 27],
            **{"companies": ["HIVE"]} if number % 3 == 2 else {},
            **{"for": ("0s", "1h", "0s")[number // 10]},
        )
        for number in range(30)
    ]


def test_a_dead_feed_is_one_notice_for_thirty_rules() -> None:
    """Kill the BTC feed with 30 rules: 1 notification, 30 marked `feed:BTC-USD` (row E13)."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    assert len(room.told) == 10
    room.pass_to(NOON + HOUR)
    (root,) = room.told[10:]
    assert (root.rule, root.key, root.notice) == ("feed-dead", "BTC-USD", NoticeReason.NEW)
    assert (root.value, root.quality, root.severity) == (None, "stale", Severity.CRITICAL)
    assert "30 alerts rest on it" in root.summary
    lost = [item for item in room.all if item.to_state is AlertState.NO_DATA]
    assert len(lost) == 20
    assert {item.muted_by for item in lost} == {"feed:BTC-USD"}
    telling = room.step.telling
    marks = [telling.mute_of(subject) for subject in telling.subjects()]
    assert marks == ["feed:BTC-USD"] * 30


def test_a_feed_that_comes_back_ends_its_notice_and_tells_nothing_old() -> None:
    """What fired before goes on as told; what waits begins anew."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    room.pass_to(NOON + HOUR)
    at = NOON + HOUR
    room.take(tick(at, quote("BTC-USD", 105_001, at)))
    assert notices(room.told[10:]) == [
        ("feed-dead", "BTC-USD", "new"),
        ("feed-dead", "BTC-USD", "resolved"),
    ]
    telling = room.step.telling
    assert {telling.mute_of(subject) for subject in telling.subjects()} == {""}


def test_a_feed_that_misses_a_moment_is_no_news() -> None:
    """It was away for less than it takes."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    at = NOON + 90_000
    room.take(tick(at, quote("BTC-USD", 105_000, at)))
    assert len(room.told) == 10


def test_a_dead_feed_stays_dead_over_reloads() -> None:
    """One notice, however often the books are read meanwhile."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    room.pass_to(NOON + 90_000)
    for turn in range(5):
        room.reload()
        room.pass_to(NOON + HOUR + turn)
    assert notices(room.told[10:]) == [("feed-dead", "BTC-USD", "new")]


def test_a_dead_feed_that_no_rule_reads_any_more_is_over() -> None:
    """Its notice ends with the last rule that rested on it."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    room.pass_to(NOON + HOUR)
    room.reload([threshold(id="else", on="Y", above=1.0)])
    (end,) = [item for item in room.told if item.rule == "feed-dead"][1:]
    assert (end.to_state, end.reason) == (AlertState.RESOLVED, Reason.RULE_REMOVED)


NIGHT: DeskBook = book(quiet=[{"name": "noon", "from": "12:00", "to": "13:00"}])


def test_what_fires_in_a_quiet_time_is_told_after_it() -> None:
    """If it fires still; what is over by then is never told."""
    rules = [threshold(id="stays", on="X", above=10.0), threshold(id="goes", on="Y", above=1.0)]
    room = Room(rules, NIGHT)
    room.take(tick(NOON, quote("X", 11, NOON, fresh_ms=FRESH), quote("Y", 2, NOON, fresh_ms=FRESH)))
    room.price(NOON + MINUTE, 0.5, "Y")
    assert room.told == []
    room.pass_to(NOON + 2 * HOUR)
    (late,) = room.told
    assert (late.rule, late.at, late.reason) == ("stays", NOON + HOUR, Reason.QUIET_OVER)


def test_a_quiet_time_lets_critical_alerts_pass() -> None:
    """Unless its matcher names them."""
    rule = threshold(on="X", above=10.0, severity="critical")
    room = Room([rule], NIGHT)
    room.price(NOON, 11)
    assert notices(room.told) == [("r", "X", "new")]
    strict = {"name": "noon", "from": "12:00", "to": "13:00", "match": {"severity": "critical"}}
    quiet = Room([rule], book(quiet=[strict]))
    quiet.price(NOON, 11)
    assert quiet.told == []


def test_a_quiet_time_taken_out_of_the_book_lets_speak_at_once() -> None:
    """After a reload nothing waits for an edge that will not come."""
    room = Room([threshold(on="X", above=10.0)], NIGHT)
    room.price(NOON, 11)
    room.reload(book=book())
    assert notices(room.told) == [("r", "X", "new")]


def window(place: Place, feed: str = "") -> AddMaintenance:
    """Return the wish for an hour of work that begins in ten minutes."""
    begin = NOON + 10 * MINUTE
    return AddMaintenance(
        place=place, feed=feed, begin=begin, until=begin + HOUR, reason="new machine"
    )


def test_maintenance_of_a_feed_is_told_at_both_ends_and_its_death_is_not() -> None:
    """A window over the only feed of an input: its staleness is announced (row E27)."""
    room = Room([threshold(on="X", above=10.0)], book(feed_dead_after="1m"))
    room.price(NOON, 1, fresh_ms=20 * MINUTE)
    assert room.ask(NOON, window(Place.FEED, "test")).accepted
    room.pass_to(NOON + 60 * MINUTE)
    name = room.replies[0].made
    dead = next(item for item in room.all if item.rule == "feed-dead")
    assert dead.muted_by == f"maintenance:{name}"
    assert notices(room.told) == [("maintenance", name, "maintenance")]
    room.pass_to(NOON + 3 * HOUR)
    assert notices(room.told)[1:] == [
        ("maintenance", name, "maintenance"),
        ("feed-dead", "X", "new"),
    ]


def test_maintenance_of_the_broker_holds_everything_back() -> None:
    """What fires still is told at its end; it may be ended early."""
    room = Room([threshold(on="X", above=10.0, severity="critical")])
    made = room.ask(NOON, window(Place.BROKER)).made
    room.price(NOON + 20 * MINUTE, 11)
    assert [item.rule for item in room.told] == ["maintenance"]
    assert room.ask(NOON + 30 * MINUTE, EndMaintenance(window=made)).accepted
    assert notices(room.told)[1:] == [
        ("maintenance", made, "maintenance"),
        ("r", "X", "new"),
    ]


def test_a_silence_may_hide_a_dead_feed_and_the_news() -> None:
    """What has no rule is silenced by the word that stands in its place."""
    room = Room(thirty(), book(feed_dead_after="1m"))
    room.ask(NOON, silence(30, rule="feed-dead"))
    room.take(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    room.pass_to(NOON + 29 * MINUTE)
    assert [item for item in room.told if item.rule == "feed-dead"] == []
