"""What a stream adds up over a window, and when that is known."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.tally import BORNE_PART, SLOTS, Tally

HOUR = 3_600_000
NOW = 1_768_229_760_000
SLOT = HOUR // SLOTS
NAMES = ("long", "short")


ZERO = Decimal(0)


def watched(until: int) -> Tally:
    """Return a tally that began at NOW and was heard until then."""
    tally = Tally(HOUR)
    tally.begin(NOW)
    tally.heard(until)
    return tally


def test_nothing_is_known_before_the_window_is_full() -> None:
    """Of an hour all but the minute that is borne must have been watched; no word is no zero."""
    borne = HOUR // BORNE_PART
    assert Tally(HOUR).sums(NAMES, NOW) is None
    tally = watched(NOW + HOUR)
    assert tally.sums(NAMES, NOW + HOUR - borne - 1) is None
    assert tally.sums(NAMES, NOW + HOUR - borne) == {"long": ZERO, "short": ZERO}


def test_what_is_past_drops_out() -> None:
    """An amount counts for an hour, and no longer; the other name has none of it."""
    tally = watched(NOW + 3 * HOUR)
    at = NOW + HOUR + SLOT
    tally.add("long", Decimal("1.5"), at, at)
    tally.add("long", Decimal("0.25"), at + SLOT, at + SLOT)
    assert tally.sums(NAMES, at + SLOT) == {"long": Decimal("1.75"), "short": ZERO}
    assert tally.sums(NAMES, at + HOUR) == {"long": Decimal("0.25"), "short": ZERO}
    assert tally.sums(NAMES, at + HOUR + SLOT) == {"long": ZERO, "short": ZERO}


def test_what_comes_late_or_from_the_future_is_in_its_place() -> None:
    """Older than the window counts nothing; a source whose clock is ahead counts now."""
    tally, now = watched(NOW + 3 * HOUR), NOW + 2 * HOUR
    tally.add("long", Decimal(7), now - HOUR, now)
    tally.add("short", Decimal(2), now + HOUR, now)
    assert tally.sums(NAMES, now) == {"long": ZERO, "short": Decimal(2)}
    assert tally.sums(NAMES, now + HOUR) == {"long": ZERO, "short": ZERO}


def test_a_short_outage_is_borne_and_a_long_one_is_not() -> None:
    """Half a minute changes nothing; five minutes hide the sum until they lie behind the window."""
    tally, lost = watched(NOW + 2 * HOUR), NOW + 2 * HOUR
    tally.add("long", Decimal(3), lost, lost)
    back = lost + 30_000
    tally.begin(back)
    assert tally.sums(NAMES, back) == {"long": Decimal(3), "short": ZERO}
    lost = back + 600_000
    tally.heard(lost)
    back = lost + 300_000
    tally.begin(back)
    tally.heard(back + 2 * HOUR)
    assert tally.sums(NAMES, back) is None
    assert tally.sums(NAMES, lost + HOUR) is None
    borne = HOUR // BORNE_PART
    assert tally.sums(NAMES, back + HOUR - borne) == {"long": ZERO, "short": ZERO}


def test_short_outages_add_up() -> None:
    """Three of half a minute each within the hour are too many."""
    tally, at = watched(NOW + 2 * HOUR), NOW + 2 * HOUR
    for known in (True, True, False):
        tally.heard(at)
        at += 30_000
        tally.begin(at)
        assert (tally.sums(NAMES, at) is not None) is known


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(1, 10**6),
        st.integers(0, 3 * HOUR),
        st.integers(0, HOUR),
    ),
    max_size=40,
)


@given(EVENTS, st.integers(HOUR, 4 * HOUR))
def test_a_sum_is_that_of_its_window(events: list[tuple[str, int, int, int]], after: int) -> None:
    """Never more than the last hour holds, and never less than it holds but for its oldest slot."""
    tally, now = watched(NOW + 4 * HOUR), NOW + after
    told = sorted((at, name, value, at - late) for name, value, at, late in events if at <= after)
    for at, name, value, happened in told:
        tally.add(name, Decimal(value), NOW + happened, NOW + at)
    sums = tally.sums(NAMES, now)
    assert sums is not None
    for name in NAMES:
        within = [(NOW + at, value) for _, its, value, at in told if its == name]
        most = sum(value for at, value in within if at > now - HOUR)
        least = sum(value for at, value in within if at > now - HOUR + SLOT)
        assert least <= sums[name] <= most
