"""What an instrument is worth, and the exact moment at which that changes by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.compute.instruments import Instruments
from monitor.domain.events import Quality
from monitor.domain.symbols import Kind
from tests.worlds import NOON, OpenCalendar, quote

MINUTE = 60_000


class ClosedAfterNoon(OpenCalendar):
    """A market that closes at noon and opens a day later."""

    def fresh_until(self, observed_at: int, budget_ms: int) -> int:
        """Return the end of the budget, with the night left out."""
        end = observed_at + budget_ms
        return end if end <= NOON else end + 24 * 60 * MINUTE


def instruments() -> Instruments:
    """Return instruments of a market that never closes."""
    return Instruments(OpenCalendar(), ["RIOT"])


@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("X-Y", Kind.PAIR.fresh_ms),
        ("network.fees_btc_per_block", Kind.NETWORK.fresh_ms),
        ("RIOT", Kind.SHARE.fresh_ms),
        ("RIOT.power_price_usd_kwh", Kind.FIGURE.fresh_ms),
    ],
)
def test_a_value_turns_stale_the_moment_after_its_budget(name: str, budget: int) -> None:
    """At the last millisecond it is fresh; at the next a timer makes it stale, not missing."""
    found = instruments()
    found.accept([quote(name, 0.5, NOON)], NOON)
    assert found.reading(name).quality is Quality.OK
    assert found.next_timer == NOON + budget + 1
    assert found.run_timer() == (name,)
    reading = found.reading(name)
    assert (reading.value, reading.quality, reading.reason) == (0.5, Quality.STALE, "stale")
    assert found.next_timer is None


def test_a_quotes_own_budget_counts() -> None:
    """A feed that says how long its value is good is believed."""
    found = instruments()
    found.accept([quote("X", 5, NOON, fresh_ms=7)], NOON)
    assert found.next_timer == NOON + 8


def test_a_closed_market_makes_nothing_old() -> None:
    """A stock's budget is session time: last night's price is fresh until the market is open."""
    found = Instruments(ClosedAfterNoon(), ["RIOT"])
    found.accept([quote("RIOT", 5, NOON - MINUTE)], NOON)
    assert found.next_timer == NOON + 24 * 60 * MINUTE + 14 * MINUTE + 1


def test_the_newest_fresh_source_is_taken() -> None:
    """Two sources: the newer; when it has grown stale the fresh one, then the newest stale."""
    found = instruments()
    found.accept([quote("X", 1, NOON, source="slow", fresh_ms=10 * MINUTE)], NOON)
    found.accept([quote("X", 2, NOON + 5, source="quick", fresh_ms=MINUTE)], NOON + 5)
    assert found.reading("X").value == 2.0
    assert found.run_timer() == ("X",)
    assert (found.reading("X").value, found.reading("X").quality) == (1.0, Quality.OK)
    assert found.run_timer() == ("X",)
    assert (found.reading("X").value, found.reading("X").quality) == (2.0, Quality.STALE)
    assert [item.source for item in found.quotes("X")] == ["quick", "slow"]


def test_a_source_that_lags_by_a_block_takes_nothing_back() -> None:
    """The highest height counts, and after a retarget the difficulty of who has seen it."""
    market = instruments()
    height, difficulty = "network.height", "network.difficulty"
    ahead = [quote(height, 4032, NOON, source="a"), quote(difficulty, 20, NOON, source="a")]
    market.accept(ahead, NOON)
    late = NOON + MINUTE
    behind = [quote(height, 4031, late, source="b"), quote(difficulty, 10, late, source="b")]
    market.accept(behind, late)
    assert (market.reading(height).value, market.reading(difficulty).value) == (4032, 20)
    market.accept([quote(height, 4033, late + 1, source="b")], late + 1)
    assert (market.reading(height).value, market.reading(difficulty).value) == (4033, 10)
    old = late + Kind.NETWORK.fresh_ms
    market.accept([quote(height, 4030, old + 2, source="c")], old + 2)
    assert market.reading(height).value == 4030


def test_the_same_quote_again_is_nothing() -> None:
    """Source, time and value the same: no change, nothing to store."""
    found = instruments()
    assert found.accept([quote("X", 1, NOON)], NOON) == ([], ("X",))
    assert len(found.take_quotes()) == 1
    assert found.accept([quote("X", "1.0", NOON)], NOON + 9) == ([], ())
    assert found.take_quotes() == []


@pytest.mark.parametrize(
    ("value", "at", "reason"),
    [
        ("0", NOON + 1, "zero_price"),
        ("-1", NOON + 1, "negative"),
        ("NaN", NOON + 1, "not_a_number"),
        ("12.6", NOON - 1, "older_than_last"),
        ("12.6", NOON + 10 * MINUTE, "future"),
    ],
)
def test_what_cannot_be_true_leaves_the_last_good_value(value: str, at: int, reason: str) -> None:
    """A refused quote has its reason, changes no reading and is not stored."""
    found = instruments()
    found.accept([quote("RIOT", "12.5", NOON)], NOON)
    found.take_quotes()
    assert found.accept([quote("RIOT", value, at)], NOON + 2) == ([("test", reason)], ())
    assert found.reading("RIOT").value == 12.5
    assert found.take_quotes() == []


def test_what_was_never_quoted_is_missing() -> None:
    """An instrument nobody spoke of has no value and says so."""
    reading = instruments().reading("Y")
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.MISSING, "no_quote")
    assert instruments().quotes("Y") == ()


def test_the_reference_price_is_agreed_and_remembered() -> None:
    """Three venues give one price; stored and restored, it goes on from its memory."""
    found = instruments()
    for number, value in enumerate((105_000, 105_010, 105_020)):
        found.accept([quote("BTC-USD", value, NOON, source=f"v{number}")], NOON)
    reading = found.reading("BTC-USD")
    assert (reading.value, reading.quality) == (105_010.0, Quality.OK)
    reference, quotes = found.take_reference(), found.take_quotes()
    assert reference is not None
    assert found.take_reference() is None
    again = instruments()
    again.restore(quotes, reference, NOON)
    assert again.reading("BTC-USD") == reading
    assert again.next_timer == found.next_timer


STEPS = st.lists(
    st.tuples(
        st.integers(0, 90_000),
        st.sampled_from(["X", "BTC-USD", "USDC-USD", "BTC-USDC", "RIOT", "network.height"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_timers_come_in_order_and_each_leaves_the_past(
    steps: list[tuple[int, str, str, int]],
) -> None:
    """Every timer lies ahead of the last event, and the timers of a silent world come to an end."""
    found, now = instruments(), NOON
    for wait, name, source, level in steps:
        now += wait
        while (due := found.next_timer) is not None and due <= now:
            found.run_timer()
            following = found.next_timer
            assert following is None or following >= due
        value = Decimal(100_000 + level) if name == "BTC-USD" else Decimal(level)
        found.accept([quote(name, str(value), now, source=source)], now)
        following = found.next_timer
        assert following is None or following > now
    for _ in range(200):
        if found.next_timer is None:
            break
        found.run_timer()
    assert found.next_timer is None
    assert all(not found.reading(name).quality.usable for name in found.names())


def abroad() -> Instruments:
    """Return instruments in which HIVE is quoted in Toronto, and what a dollar costs there."""
    found = Instruments(OpenCalendar(), ["HIVE"])
    found.accept([quote("HIVE-CAD", "4.11", NOON)], NOON)
    return found


def test_a_share_quoted_abroad_is_converted_by_the_rate() -> None:
    """4.11 CAD at 1.37 CAD a dollar are 3 USD; the raw quote stays as it came (row A09)."""
    found = abroad()
    assert found.reading("HIVE").reason == "missing:USD-CAD"
    _, changed = found.accept([quote("USD-CAD", "1.37", NOON)], NOON)
    assert changed == ("USD-CAD", "HIVE")
    assert found.reading("HIVE").value == pytest.approx(3.0)
    assert found.reading("HIVE").observed_at == NOON
    assert found.reading("HIVE-CAD").value == 4.11
    assert [item.instrument for item in found.origin("HIVE")] == ["HIVE-CAD", "USD-CAD"]


def test_a_quote_in_dollars_goes_before_a_converted_one() -> None:
    """Once somebody quotes the share in USD that counts, and when it is stale the other again."""
    found = abroad()
    found.accept([quote("USD-CAD", "1.37", NOON)], NOON)
    found.accept([quote("HIVE", "3.05", NOON, fresh_ms=MINUTE)], NOON)
    assert found.reading("HIVE").value == 3.05
    assert found.run_timer() == ("HIVE",)
    assert found.reading("HIVE").value == pytest.approx(3.0)


def test_a_converted_price_is_as_old_as_the_older_of_its_parts() -> None:
    """When the rate has grown stale the converted price is stale too, at that very moment."""
    found = abroad()
    found.accept([quote("USD-CAD", "1.37", NOON, fresh_ms=MINUTE)], NOON)
    assert found.next_timer == NOON + MINUTE + 1
    assert found.run_timer() == ("USD-CAD", "HIVE")
    assert found.reading("HIVE").quality is Quality.STALE
    assert found.reading("HIVE").value == pytest.approx(3.0)


def test_a_converted_price_survives_a_restart() -> None:
    """What was saved gives the same readings and the same next timer."""
    found = abroad()
    found.accept([quote("USD-CAD", "1.37", NOON)], NOON)
    other = Instruments(OpenCalendar(), ["HIVE"])
    other.restore([*found.quotes("HIVE-CAD"), *found.quotes("USD-CAD")], None, NOON)
    assert other.reading("HIVE") == found.reading("HIVE")
    assert other.next_timer == found.next_timer
