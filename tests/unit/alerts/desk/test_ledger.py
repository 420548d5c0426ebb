"""The desk's records: one timer of a kind for each, however often a record is written anew."""

from __future__ import annotations

from alerts.desk.ledger import Kind, Ledger
from alerts.desk.records import Maintenance, Silence
from monitor.domain.commands import Place
from tests.desks import HOUR, MINUTE, Room, ack, book, silence
from tests.worlds import NOON, threshold

SECOND = 1_000
DAY = 24 * HOUR


def flap(room: Room, changes: int) -> None:
    """Let the alert on X fire and end, a change a second from a minute after noon."""
    for number in range(changes):
        room.price(NOON + MINUTE + number * SECOND, 1 if number % 2 else 11)


def test_a_silence_has_two_timers_however_much_it_hides() -> None:
    """Each fire that it hides writes it anew; its reminder and its end are set already."""
    room = Room([threshold(on="X", above=10.0, recover=9.0)], book())
    room.ask(NOON, silence(20 * DAY / MINUTE, key="X"))
    flap(room, 300)
    ledger = room.step.telling.desk.ledger
    assert [it.count for it in ledger.silences.values()] == [150]
    assert len(ledger._timers) == 2


def test_an_acknowledgement_has_one_timer_however_often_its_alert_changes() -> None:
    """Recovering and firing again write its record anew; that it ends is set already."""
    rules = [threshold(on="X", above=10.0, recover=9.0, keep_firing_for="1h")]
    room = Room(rules, book())
    room.price(NOON, 11)
    room.ask(NOON + SECOND, ack(until=NOON + 20 * DAY))
    flap(room, 300)
    ledger = room.step.telling.desk.ledger
    assert [it.ack is not None for it in ledger.standings.values()] == [True]
    assert len(ledger._timers) == 1


def silence_of(name: str, until: int) -> Silence:
    """Return a silence that begins at 0."""
    return Silence(id=name, match={"key": "X"}, by="a", reason="", at=0, until=until)


def test_timers_of_silences_that_were_taken_back_do_not_pile_up() -> None:
    """A thousand of a year each, made and ended, leave little under the timer of one that lives."""
    ledger = Ledger()
    ledger.keep_silence(silence_of("first", HOUR))
    for number in range(1_000):
        ledger.keep_silence(silence_of(f"s{number}", 365 * DAY))
        ledger.drop_silence(f"s{number}")
    assert ledger.next_timer == 54 * MINUTE
    assert len(ledger._timers) <= 70


def test_timers_of_one_moment_come_by_kind_and_then_by_name() -> None:
    """The end of work is told before that of silences, and these in the order of their names."""
    ledger = Ledger()
    for name in ("b", "a"):
        ledger.keep_silence(silence_of(name, HOUR))
    window = Maintenance(
        id="w",
        place=Place.FEED,
        feed="f",
        by="a",
        reason="",
        begin=0,
        until=54 * MINUTE,
        begun=True,
    )
    ledger.keep_window(window)
    due = []
    for moment, place in ledger.pop_due(HOUR):
        due.append((moment // MINUTE, place))
    assert due == [
        (54, (Kind.WINDOW_ENDS, "w")),
        (54, (Kind.REMINDER, "a")),
        (54, (Kind.REMINDER, "b")),
        (60, (Kind.SILENCE_ENDS, "a")),
        (60, (Kind.SILENCE_ENDS, "b")),
    ]
