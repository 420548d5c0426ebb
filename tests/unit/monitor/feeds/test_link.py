"""A stream's link: what is up, what is dead, and what is only quiet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import SECOND
from monitor.domain.events import BTC_USD
from monitor.feeds.link import Link, LinkState
from monitor.feeds.streams import Ping, StreamSpec

NOW = 1_768_229_760_000
BOTH = frozenset({BTC_USD, "ETH-USD"})


def spec(ping: Ping | None = None) -> StreamSpec:
    """Return a declaration to test with."""
    return StreamSpec(
        name="venue",
        url="wss://venue.example",
        instruments={BTC_USD: "btcusd", "ETH-USD": "ethusd"},
        fresh_s=60,
        silent_s=15,
        confirm_s=10,
        licence="test",
        ping=ping,
    )


def test_a_link_is_down_until_it_is_opened_and_up_once_all_is_confirmed() -> None:
    """What is confirmed is brought at once; the link is up when nothing is missing."""
    link = Link(spec())
    assert link.state(NOW) is LinkState.DOWN
    link = link.opened(NOW)
    assert (link.state(NOW), link.brings(NOW)) == (LinkState.SUBSCRIBING, frozenset())
    link = link.subscribed(frozenset({BTC_USD, "DOGE-USD"}), NOW + 1)
    assert link.state(NOW + 1) is LinkState.SUBSCRIBING
    assert link.brings(NOW + 1) == {BTC_USD}
    link = link.subscribed(BOTH, NOW + 2)
    assert (link.state(NOW + 2), link.up_since) == (LinkState.UP, NOW + 2)
    assert link.stood_ms(NOW + 102) == 100
    closed = link.closed()
    assert (closed.state(NOW + 3), closed.brings(NOW + 3)) == (LinkState.DOWN, frozenset())
    assert closed.opened(NOW + 9).state(NOW + 9) is LinkState.SUBSCRIBING
    assert closed.opened(NOW + 9).reconnects == 1


def test_heartbeats_keep_a_quiet_link_up_while_the_trade_grows_old() -> None:
    """Ten minutes of heartbeats and no trade: up, no fault, the trade's time stands (A06)."""
    link = Link(spec()).opened(NOW).subscribed(BOTH, NOW).traded(NOW)
    for second in range(1, 601):
        now = NOW + second * SECOND
        link = link.heard(now)
        assert (link.state(now), link.fault(now)) == (LinkState.UP, "")
    assert link.traded_at == NOW
    assert link.reconnects == 0


def test_silence_is_death() -> None:
    """Without any message the link is dead after its limit, and says so."""
    link = Link(spec()).opened(NOW).subscribed(BOTH, NOW).heard(NOW + SECOND)
    just, over = NOW + 16 * SECOND - 1, NOW + 16 * SECOND
    assert (link.state(just), link.fault(just)) == (LinkState.UP, "")
    assert link.state(over) is LinkState.DEAD
    assert link.fault(over) == "nothing came for 15 s"
    assert link.brings(over) == frozenset()


def test_a_subscription_that_is_not_confirmed_in_time_is_a_fault() -> None:
    """Heartbeats alone are not enough: the missing instrument is named."""
    link = Link(spec()).opened(NOW).subscribed(frozenset({BTC_USD}), NOW)
    link = link.heard(NOW + 9 * SECOND)
    assert link.fault(NOW + 10 * SECOND - 1) == ""
    assert link.fault(NOW + 10 * SECOND) == "ETH-USD not confirmed within 10 s"


def test_a_refused_instrument_is_not_waited_for() -> None:
    """The link is up with the rest, and the refused one is asked for the other way."""
    link = Link(spec()).opened(NOW).subscribed(frozenset({BTC_USD}), NOW)
    link = link.without(frozenset({"ETH-USD"}), NOW + 5)
    assert (link.state(NOW + 5), link.up_since) == (LinkState.UP, NOW + 5)
    assert link.brings(NOW + 5) == {BTC_USD}


def test_a_ping_is_due_at_its_interval() -> None:
    """Counted from the opening, then from the last one; never without a connection."""
    link = Link(spec(Ping(5)))
    assert not link.wants_ping(NOW)
    link = link.opened(NOW)
    assert not link.wants_ping(NOW + 5 * SECOND - 1)
    assert link.wants_ping(NOW + 5 * SECOND)
    assert not link.pinged(NOW + 5 * SECOND).wants_ping(NOW + 6 * SECOND)
    assert not Link(spec()).opened(NOW).wants_ping(NOW + 3_600 * SECOND)


@given(st.lists(st.integers(min_value=0, max_value=14_999), min_size=1, max_size=50))
def test_no_pause_shorter_than_the_limit_kills_a_link(pauses: list[int]) -> None:
    """Whatever the rhythm of the messages, only the limit itself ends it."""
    now, link = NOW, Link(spec()).opened(NOW).subscribed(BOTH, NOW)
    for pause in pauses:
        now += pause
        assert link.fault(now) == ""
        link = link.heard(now)
