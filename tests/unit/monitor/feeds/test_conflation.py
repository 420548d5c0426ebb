"""A burst told in three says all that a threshold can ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.events import Quote
from monitor.feeds.conflation import Waiting, conflate
from tests.unit.monitor.feeds.doubles import NOW, quote

PRICES = st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=40)


def burst(prices: list[int]) -> list[Quote]:
    """Return quotes of one venue, a millisecond apart."""
    return [quote(str(price), NOW + at) for at, price in enumerate(prices)]


def test_the_extremes_and_the_last_stay_in_their_order() -> None:
    """Up, down, back: the peak, the trough and where it ended."""
    kept = conflate(burst([100, 104, 99, 97, 98, 101]))
    assert [int(it.value) for it in kept] == [104, 97, 101]
    assert conflate(()) == ()


@given(PRICES, st.integers(min_value=0, max_value=51))
def test_no_level_that_was_touched_is_missed(prices: list[int], level: int) -> None:
    """A level is reached by the kept ones exactly if it was reached by all, from either side."""
    quotes = burst(prices)
    kept = conflate(quotes)
    assert len(kept) <= 3
    assert kept[-1] is quotes[-1]
    assert any(it.value >= level for it in kept) == any(it.value >= level for it in quotes)
    assert any(it.value <= level for it in kept) == any(it.value <= level for it in quotes)
    assert [it.observed_at for it in kept] == sorted(it.observed_at for it in kept)


@given(PRICES)
def test_one_by_one_is_as_good_as_all_at_once(prices: list[int]) -> None:
    """Taken as they come, the kept ones have the same extremes and end; memory stays at three."""
    waiting, quotes = Waiting(), burst(prices)
    for each in quotes:
        waiting.add([each])
    rounds = waiting.take()
    assert not waiting
    assert all(len(together) == 1 for together in rounds)
    values = [int(together[0].value) for together in rounds]
    assert (min(values), max(values)) == (min(prices), max(prices))
    assert values[-1] == prices[-1]
    assert len(rounds) <= 3


def test_what_the_store_did_not_take_comes_before_what_came_meanwhile() -> None:
    """An outage costs no extreme, and the newest stays the last."""
    waiting = Waiting()
    waiting.add(burst([100, 110, 105]))
    rounds = waiting.take()
    waiting.add([quote("90", NOW + 10), quote("101", NOW + 11)])
    waiting.put_back(rounds)
    assert waiting.newest["BTC-USD"].value == 101
    assert [int(it[0].value) for it in waiting.take()] == [110, 90, 101]


def test_each_instrument_has_its_own_extremes() -> None:
    """A round holds at most one quote of an instrument: an entry is judged at its end."""
    waiting = Waiting()
    for price in ("5", "9", "7"):
        waiting.add([quote(price), quote(price, instrument="ETH-USD")])
    rounds = waiting.take()
    assert [[it.instrument for it in together] for together in rounds] == 3 * [
        ["BTC-USD", "ETH-USD"]
    ]
