"""Row E12: a feed that should speak and never did is one notice, until it does."""

from __future__ import annotations

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason, Reason
from alerts.rules.base import Rule
from monitor.compute.alert_list import alert_list
from monitor.domain.commands import AddMaintenance, Place
from monitor.domain.events import Quote
from monitor.domain.feed_reports import FeedReport
from tests.desks import FRESH, HOUR, MINUTE, Room, book, notices
from tests.worlds import NOON, quote, threshold, tick

THIRTY: list[Rule] = [
    threshold(
        id=f"r{number}",
        on=f"X{number % 3}",
        above=1.0,
        severity=("warning", "critical")[number == 7],
    )
    for number in range(30)
]
NAMES = ("X0", "X1", "X2")


def silent(feed: str = "venue", names: tuple[str, ...] = NAMES) -> FeedReport:
    """Return that a feed has given nothing since noon."""
    return FeedReport(feed=feed, silent=True, since=NOON, why="unauthorized", instruments=names)


def heard(feed: str = "venue", *, asked: bool = True) -> FeedReport:
    """Return that it is silent no more."""
    return FeedReport(feed=feed, silent=False, since=NOON, asked=asked)


def room(rules: list[Rule] = THIRTY, dead_after: str = "1m") -> Room:
    """Return a step that has begun, whose feed has said nothing."""
    made = Room(rules, book(feed_dead_after=dead_after))
    made.price(NOON, 1, "Y")
    return made


def told_by(feed: str, at: int, *names: str) -> tuple[Quote, ...]:
    """Return values of a feed, too low for any rule."""
    return tuple(quote(name, 0.5, at, source=feed, fresh_ms=FRESH) for name in names)


def test_a_feed_that_never_spoke_is_one_notice_for_thirty_rules() -> None:
    """As loud as the loudest that waits for it; said again, also after a restart, it is no news."""
    house = room()
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    (dead,) = house.told
    assert (dead.rule, dead.key, dead.severity) == ("feed-dead", "venue", Severity.CRITICAL)
    assert (dead.to_state, dead.quality, dead.value) == (AlertState.FIRING, "missing", None)
    assert dead.labels == {"feed": "venue"}
    assert "(unauthorized): 30 alerts rest on what only it tells" in dead.summary
    telling = house.step.telling
    assert {telling.mute_of(it) for it in telling.subjects()} == {f"feed:{it}" for it in NAMES}
    house.take(tick(NOON + 2 * HOUR, feeds=(silent(),)))
    house.reload()
    house.take(tick(NOON + 3 * HOUR, feeds=(silent(),)))
    assert len(house.told) == 1
    assert alert_list(house.step, ["feed-dead|venue"]).gone == ()  # who connects later sees it


def test_it_ends_when_the_feed_is_heard() -> None:
    """What it tells then counts; what it does not tell is not marked for it any more."""
    house = room()
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    house.reload()
    at = NOON + 2 * HOUR
    house.take(tick(at, *told_by("venue", at, "X0"), feeds=(heard(),)))
    end = house.told[-1]
    assert notices(house.told)[1:] == [("feed-dead", "venue", "resolved")]
    assert (end.to_state, end.reason, end.since) == (AlertState.RESOLVED, Reason.INPUT_BACK, NOON)
    telling = house.step.telling
    assert {telling.mute_of(it) for it in telling.subjects()} == {""}
    house.take(tick(at + 1, feeds=(heard(),)))
    assert len(house.told) == 2
    house.take(tick(at + HOUR, feeds=(silent(),)))
    assert notices(house.told)[2:] == [("feed-dead", "venue", "new")]


def test_a_feed_that_is_asked_no_more_is_over_too() -> None:
    """The books or a key took it out."""
    house = room()
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    house.take(tick(NOON + 2 * HOUR, feeds=(heard(asked=False),)))
    assert house.told[-1].reason is Reason.RULE_REMOVED
    assert "not asked any more" in house.told[-1].summary


def test_what_another_feed_tells_is_not_marked() -> None:
    """A venue among several that never answered is to be known, and hides nothing."""
    house = room()
    house.take(tick(NOON, *told_by("other", NOON, *NAMES)))
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    (dead,) = house.told
    assert dead.severity is Severity.INFO
    telling = house.step.telling
    assert {telling.mute_of(it) for it in telling.subjects()} == {""}


def test_another_that_tells_it_later_frees_what_was_marked() -> None:
    """The feed stays silent, and its notice on."""
    house = room()
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    at = NOON + 2 * HOUR
    house.take(tick(at, quote("X0", 2, at, source="other", fresh_ms=FRESH)))
    assert {it.rule for it in house.told[1:]} == {f"r{number}" for number in range(0, 30, 3)}
    assert {it.notice for it in house.told[1:]} == {NoticeReason.NEW}


def test_never_means_never() -> None:
    """`feed_dead_after: never` tells of no dead input, nor of a dead feed."""
    house = room(dead_after="never")
    house.take(tick(NOON + HOUR, feeds=(silent(),)))
    assert house.told == []


def worked_on() -> Room:
    """Return a room whose feed is silent, and worked on for an hour."""
    house = room()
    wish = AddMaintenance(
        place=Place.FEED, feed="venue", begin=NOON + MINUTE, until=NOON + HOUR, reason="key"
    )
    house.ask(NOON + MINUTE, wish)
    house.take(tick(NOON + 2 * MINUTE, feeds=(silent(),)))
    return house


def test_work_on_the_feed_is_no_death() -> None:
    """A maintenance window over it keeps its notice until the end, and a while in which it may speak."""
    house = worked_on()
    assert "feed-dead" not in {it.rule for it in house.told}
    house.pass_to(NOON + HOUR + 59_999)
    assert "feed-dead" not in {it.rule for it in house.told}
    house.pass_to(NOON + HOUR + MINUTE)
    assert notices(house.told)[-1] == ("feed-dead", "venue", "new")
    assert "the maintenance is over: The feed venue has given nothing" in house.told[-1].summary


def test_a_feed_that_speaks_right_after_the_work_was_never_dead() -> None:
    """Nothing is told of it: it had as long to speak as any that falls silent now."""
    house = worked_on()
    at = NOON + HOUR + 10_000
    house.reload()
    house.take(tick(at, *told_by("venue", at, *NAMES), feeds=(heard(),)))
    house.pass_to(at + HOUR)
    assert {it.rule for it in house.told} == {"maintenance"}


def test_a_feed_that_dies_takes_three_instruments_in_one_notice() -> None:
    """What it alone told grows stale within seconds; its return is one end, and tells no rest."""
    house = room()
    for second, name in enumerate(NAMES):
        at = NOON + second * 1_000
        value = quote(name, 0.5, at, source="venue", fresh_ms=MINUTE)
        house.take(tick(at, value))
    house.pass_to(NOON + HOUR)
    assert notices(house.told) == [("feed-dead", "X0", "new")]
    quiet = [it for it in house.all if it.rule == "feed-dead" and it.muted_by]
    assert [(it.key, it.muted_by) for it in quiet] == [("X1", "feed:venue"), ("X2", "feed:venue")]
    for second, name in enumerate(NAMES):
        at = NOON + HOUR + second * 1_000
        house.take(tick(at, *told_by("venue", at, name)))
    house.pass_to(NOON + 2 * HOUR)
    assert notices(house.told)[1:] == [("feed-dead", "X0", "resolved")]


def test_what_stays_dead_when_the_rest_of_its_feed_is_back_is_told() -> None:
    """One share of it is delisted, say."""
    house = room()
    values = [quote(it, 0.5, NOON, source="venue", fresh_ms=MINUTE) for it in NAMES]
    house.take(tick(NOON, *values))
    house.pass_to(NOON + HOUR)
    at = NOON + HOUR
    house.take(tick(at, *told_by("venue", at, "X0", "X1")))
    house.pass_to(at + 59_999)
    assert notices(house.told)[1:] == [("feed-dead", "X0", "resolved")]
    house.pass_to(at + 60_000)
    house.keep()
    assert notices(house.told)[2:] == [("feed-dead", "X2", "new")]


def test_what_grew_stale_while_we_were_away_has_time_to_speak() -> None:
    """Redis was gone for minutes: nothing is called dead before it could be heard again (row D09)."""
    for speaks in (True, False):
        house = Room([threshold(id="r", on="X", above=10.0)], book(feed_dead_after="1m"))
        house.price(NOON, 5, fresh_ms=MINUTE)
        house.reload()
        back = NOON + 5 * MINUTE
        house.step.telling.desk.inputs.back_at(back, NOON)
        house.pass_to(back)
        if speaks:
            house.price(back + 1, 6, fresh_ms=HOUR)
        house.pass_to(back + 2 * MINUTE)
        wanted = [] if speaks else [("feed-dead", "X", "new")]
        assert notices(house.told) == wanted


def test_a_short_absence_puts_nothing_off() -> None:
    """After a crash of seconds what is dead is told when it would have been."""
    house = Room([threshold(id="r", on="X", above=10.0)], book(feed_dead_after="1m"))
    house.price(NOON, 5, fresh_ms=MINUTE)
    house.pass_to(NOON + MINUTE + 1)
    house.reload()
    house.step.telling.desk.inputs.back_at(NOON + MINUTE + 20_000, NOON + MINUTE)
    house.pass_to(NOON + 2 * MINUTE + 2)
    assert notices(house.told) == [("feed-dead", "X", "new")]


def test_a_rule_may_hear_sooner_than_of_the_dead_feed_that_a_value_is_unknown() -> None:
    """Its own patience is over before the input's: it is told, and that the value is back (E10)."""
    asks = threshold(id="asks", on="X", below=1.0, no_data="alert", no_data_after="10s")
    house = Room([asks], book(feed_dead_after="1m"))
    house.price(NOON, 5, fresh_ms=5_000)
    house.pass_to(NOON + 30_000)
    house.price(NOON + 40_000, 6, fresh_ms=5_000)
    assert notices(house.told) == [("asks", "X", "no_data"), ("asks", "X", "data_back")]
    house.pass_to(NOON + 10 * MINUTE)
    assert notices(house.told)[2:] == [("asks", "X", "no_data"), ("feed-dead", "X", "new")]
    house.price(NOON + 11 * MINUTE, 6)
    told = [("feed-dead", "X", "resolved"), ("asks", "X", "data_back")]
    assert sorted(notices(house.told)[4:]) == sorted(told)


def test_what_dies_with_its_source_is_in_the_one_notice() -> None:
    """Three series of one source fall silent: all are named, and it is as loud as the loudest (E13)."""
    rules = [
        threshold(id="a", on="XA", above=10.0, severity="info"),
        threshold(id="b", on="XB", above=10.0, severity="critical"),
        threshold(id="c", on="XC", above=10.0),
        threshold(id="other", on="Y", above=10.0),
    ]
    house = Room(rules, book(feed_dead_after="1m"))
    at = NOON
    for name in ("XA", "XB", "XC"):
        house.take(tick(at, quote(name, 5, at, source="desk", fresh_ms=MINUTE)))
    house.take(tick(at, quote("Y", 5, at, source="venue", fresh_ms=MINUTE)))
    house.pass_to(NOON + 10 * MINUTE)
    notice, other = house.told
    assert (notice.key, notice.severity) == ("XA", Severity.CRITICAL)
    assert notice.members == ("feed-dead|XB", "feed-dead|XC")
    assert notice.summary.endswith(
        "1 alert rests on it and cannot be judged. "
        "XB, XC are too, which only desk tells: 2 more alerts rest on that."
    )
    assert (other.key, other.members) == ("Y", ())


def test_what_is_louder_than_what_was_told_is_told_too() -> None:
    """A critical input that goes stale hours after the rest of its source is not hidden by it."""
    rules = [
        threshold(id="a", on="XA", above=10.0, severity="info"),
        threshold(id="b", on="XB", above=10.0, severity="critical"),
        threshold(id="c", on="XC", above=10.0, severity="info"),
    ]
    house = Room(rules, book(feed_dead_after="1m"))
    for name, fresh_ms in (("XA", MINUTE), ("XB", HOUR), ("XC", HOUR)):
        house.take(tick(NOON, quote(name, 5, NOON, source="desk", fresh_ms=fresh_ms)))
    house.pass_to(NOON + 3 * HOUR)
    assert [(it.key, it.severity.value) for it in house.told] == [
        ("XA", "info"),
        ("XB", "critical"),
    ]
