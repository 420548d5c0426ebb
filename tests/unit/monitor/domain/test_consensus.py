"""The reference price: rules 4 to 6 of docs/formulas.md 7, features A02, and their limits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.consensus import (
    CARRY_MS,
    FORGET_MS,
    LastGood,
    Memory,
    ReferencePrice,
    next_change_at,
    reference_price,
    weighted_median,
)
from monitor.domain.events import Quality
from monitor.domain.outliers import REENTRY_MS
from monitor.domain.venues import VenuePrice

NOW = 1_700_000_000_000


def venues(*prices: float, at: int = NOW, volume: float | None = 1.0) -> list[VenuePrice]:
    """Return venues a, b, c ... with these prices."""
    return [
        VenuePrice(venue, price, at, at, volume)
        for venue, price in zip("abcdefgh", prices, strict=False)
    ]


def agree(prices: list[VenuePrice], now: int = NOW, memory: Memory | None = None) -> ReferencePrice:
    """Return the reference price alone."""
    return reference_price(prices, now=now, memory=memory or Memory())[0]


def good(value: float, until: int = NOW) -> Memory:
    """Return a memory whose last good value ceased to be fresh at `until`."""
    return Memory(LastGood(value, until - 30_000, until))


def test_a_wick_on_one_venue_is_out() -> None:
    """Features A02: 105000, 105010 and 72000 give 105000 to 105010, and 72000 is the outlier."""
    result = agree(venues(105_000, 105_010, 72_000))
    assert result.value is not None
    assert 105_000 <= result.value <= 105_010
    assert result.rejected == {"c": "outlier"}
    assert result.used == ("a", "b")
    assert result.quality is Quality.DEGRADED


def test_three_live_venues_are_ok() -> None:
    """Three venues that agree give the median and quality ok."""
    result, memory = reference_price(venues(100.0, 100.2, 100.1), now=NOW, memory=Memory())
    assert (result.value, result.quality, result.reason) == (100.1, Quality.OK, "")
    assert result.used == ("a", "b", "c")
    assert result.spread_ratio == pytest.approx(0.2 / 100.1)
    assert result.observed_at == NOW
    assert memory.last_good == LastGood(100.1, NOW, NOW + 30_000)


def test_two_that_agree_are_degraded() -> None:
    """Two venues within 0.5 % give their mean."""
    result = agree(venues(100.0, 100.4))
    assert result.value == pytest.approx(100.2)
    assert result.quality is Quality.DEGRADED


def test_two_that_disagree_are_disputed() -> None:
    """Two venues further apart give the one nearer to a last good value that is young enough."""
    for last, value, other in ((100.2, 100.0, "b"), (102.0, 103.0, "a")):
        result = agree(venues(100.0, 103.0), memory=good(last))
        assert (result.value, result.quality) == (value, Quality.DISPUTED)
        assert result.rejected == {other: "disputed"}
    old = agree(venues(100.0, 103.0), memory=good(100.0, NOW - CARRY_MS - 1))
    assert (old.value, old.quality, old.reason) == (None, Quality.MISSING, "disputed")
    assert old.rejected == {"a": "disputed", "b": "disputed"}
    assert agree(venues(100.0, 103.0)).value is None


def test_a_disputed_value_is_not_remembered_as_good() -> None:
    """What no rule may fire on does not become the yardstick."""
    memory = good(100.0)
    _, after = reference_price(venues(100.0, 103.0), now=NOW, memory=memory)
    assert after.last_good == memory.last_good


def test_one_venue_near_the_last_good_value_stands_alone() -> None:
    """One venue within 2 % of the last good value, or with none to compare, is `single`."""
    result = agree(venues(101.9), memory=good(100.0))
    assert (result.value, result.quality) == (101.9, Quality.SINGLE)
    assert agree(venues(101.9)).quality is Quality.SINGLE


def test_one_venue_far_off_is_not_believed_for_ten_minutes() -> None:
    """One venue off by more is unconfirmed; the last good value stands in, then nothing does."""
    carried = agree(venues(110.0), memory=good(100.0))
    assert (carried.value, carried.quality) == (100.0, Quality.STALE)
    assert carried.rejected == {"a": "unconfirmed"}
    old = LastGood(100.0, observed_at=NOW - FORGET_MS, until=NOW - CARRY_MS - 1)
    later = agree(venues(110.0), memory=Memory(old))
    assert (later.value, later.quality) == (None, Quality.MISSING)
    older = LastGood(100.0, observed_at=NOW - FORGET_MS - 1, until=NOW - CARRY_MS - 1)
    forgotten = agree(venues(110.0), memory=Memory(older))
    assert (forgotten.value, forgotten.quality) == (110.0, Quality.SINGLE)


def test_a_daily_close_does_not_veto_the_next_one() -> None:
    """It is fresh for two days, but a day old: 5 % in a day is a market, not an outlier."""
    day = 86_400_000
    yesterday = LastGood(100.0, observed_at=NOW - day, until=NOW + day)
    today = agree(venues(95.0), memory=Memory(yesterday))
    assert (today.value, today.quality) == (95.0, Quality.SINGLE)


def test_no_venue_carries_the_last_good_value_for_a_minute() -> None:
    """Nothing left: the last good value with its own age for 60 s, then null; never 0."""
    carried = agree([], NOW, good(100.0, NOW - CARRY_MS))
    assert (carried.value, carried.quality, carried.reason) == (100.0, Quality.STALE, "carried")
    assert carried.observed_at == NOW - CARRY_MS - 30_000
    assert carried.used == ()
    gone = agree([], NOW, good(100.0, NOW - CARRY_MS - 1))
    assert (gone.value, gone.quality, gone.reason) == (None, Quality.MISSING, "no_venue")
    assert agree([]).value is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"price": 0.0}, "nonpositive"),
        ({"price": -1.0}, "nonpositive"),
        ({"price": float("nan")}, "nonpositive"),
        ({"price": float("inf")}, "nonpositive"),
        ({"observed_at": NOW - 30_001}, "stale"),
        ({"bid": 100.2, "ask": 100.0}, "crossed"),
        ({"bid": 99.5, "ask": 100.5}, "spread"),
        ({"fault": "unconverted"}, "unconverted"),
    ],
)
def test_insane_prices_are_out_by_name(changed: dict[str, float | str], reason: str) -> None:
    """Rules 2 and 3: each unusable price is named with its reason; the others agree."""
    bad, *rest = venues(100.0, 100.0, 100.0, 100.0)
    result = agree([replace(bad, **changed), *rest])  # type: ignore[arg-type]  # fields by table
    assert result.rejected == {"a": reason}
    assert (result.value, result.quality) == (100.0, Quality.OK)


def test_freshness_ends_after_its_budget() -> None:
    """A price is fresh up to and including its budget."""
    assert agree(venues(100.0, at=NOW - 30_000)).quality is Quality.SINGLE
    assert agree(venues(100.0, at=NOW - 30_001)).quality is Quality.MISSING


def test_an_outlier_comes_back_after_ten_calm_seconds() -> None:
    """Rule 4: an outlier stays out until it was under half the bound for 10 s without a break."""

    def step(price: float, after_ms: int, memory: Memory) -> tuple[Mapping[str, str], Memory]:
        moment = NOW + after_ms
        prices = venues(100.0, 100.0, 100.0, price, at=moment)
        result, memory = reference_price(prices, now=moment, memory=memory)
        assert result.value == 100.0
        return result.rejected, memory

    out = {"d": "outlier"}
    rejected, memory = step(102.0, 0, Memory())
    assert rejected == out
    rejected, memory = step(100.7, 1_000, memory)  # inside the bound, not inside half of it
    assert rejected == out
    rejected, memory = step(100.1, 2_000, memory)
    assert rejected == out
    rejected, memory = step(100.6, 11_000, memory)  # calm is broken
    assert (rejected, memory.outliers) == (out, {"d": None})
    rejected, memory = step(100.1, 12_000, memory)
    rejected, memory = step(100.1, 12_000 + REENTRY_MS - 1, memory)
    assert rejected == out
    rejected, memory = step(100.1, 12_000 + REENTRY_MS, memory)
    assert (rejected, memory.outliers) == ({}, {})
    # back inside, the full bound counts again
    assert step(100.9, 30_000, memory)[0] == {}


def test_two_known_outliers_do_not_push_a_good_venue_out() -> None:
    """A venue is measured against the others that are not out already."""
    memory = Memory(outliers={"d": None, "e": None})
    result = agree(venues(100.0, 100.0, 100.1, 80.0, 80.0), memory=memory)
    assert result.rejected == {"d": "outlier", "e": "outlier"}
    assert result.quality is Quality.OK


def test_a_silent_outlier_keeps_its_mark() -> None:
    """An outlier that goes stale is not forgiven for it; one that left the book is forgotten."""
    memory = Memory(outliers={"d": NOW - 5_000, "gone": None})
    late = VenuePrice("d", 80.0, NOW - 60_000)
    result, after = reference_price([*venues(100.0, 100.0, 100.0), late], now=NOW, memory=memory)
    assert result.rejected == {"d": "stale"}
    assert after.outliers == {"d": None}


def test_known_outliers_alone_are_judged_anew() -> None:
    """When only marked venues are left the rules for few venues decide."""
    memory = Memory(LastGood(100.0, NOW, NOW), {"a": None})
    assert agree(venues(80.0), memory=memory).rejected == {"a": "unconfirmed"}
    assert agree(venues(100.1), memory=memory).quality is Quality.SINGLE


def test_three_that_agree_on_nothing_are_disputed() -> None:
    """With 5 % and more between three venues no rule may fire, whatever the median is."""
    result, memory = reference_price(venues(100.0, 80.0, 60.0), now=NOW, memory=Memory())
    assert result.quality is Quality.DISPUTED
    assert result.spread_ratio == pytest.approx(0.5)
    assert memory.last_good is None


def test_two_camps_are_disputed() -> None:
    """When no two venues would be left to trust, nobody is the outlier and no rule may fire."""
    result, memory = reference_price(venues(100.0, 100.0, 103.0, 103.0), now=NOW, memory=Memory())
    assert result.rejected == {}
    assert (result.value, result.quality) == (101.5, Quality.DISPUTED)
    assert memory.outliers == {}


def test_wide_but_common_scatter_is_no_outlier() -> None:
    """The bound grows with the scatter of the others (6 robust sigma)."""
    result = agree(venues(100.0, 101.0, 102.0, 98.4, 99.5))
    assert result.rejected == {}


def leaning_on(venue: str, *prices: VenuePrice) -> list[VenuePrice]:
    """Return the prices as they are where this venue alone gives the rate."""
    return [replace(price, rate_of=venue) for price in prices]


def test_three_by_one_venues_rate_are_one_voice() -> None:
    """What the soak found: one wrong rate, and three venues in a stablecoin agree on the wrong price."""
    _, b, c, d = venues(0.0, 91.8, 91.7, 91.9)
    result = agree([*leaning_on("b", c, d), b], memory=good(100.0))
    assert (result.value, result.quality) == (100.0, Quality.STALE)
    assert result.rejected == {"b": "unconfirmed", "c": "dependent", "d": "dependent"}
    right = agree([*leaning_on("b", c, d), b], memory=good(92.0))
    assert (right.value, right.quality, right.used) == (91.8, Quality.SINGLE, ("b",))


def test_one_voice_of_four_venues_does_not_outvote_two() -> None:
    """The three that err with the giver of their rate are outliers with it, though they are most."""
    a, b, c, d, e, f = venues(100.0, 100.1, 92.0, 92.1, 91.9, 92.0)
    result = agree([a, b, c, *leaning_on("c", d, e, f)])
    assert result.used == ("a", "b")
    assert result.value == pytest.approx(100.05)
    assert result.quality is Quality.DEGRADED
    assert result.rejected == dict.fromkeys("cdef", "outlier")


def test_who_leans_joins_three_that_agree() -> None:
    """With three voices there is enough to hold a leaning price against: it counts like any."""
    a, b, c, d, e = venues(100.0, 100.1, 100.2, 100.3, 103.0)
    result = agree([a, b, c, *leaning_on("c", d, e)])
    assert (result.used, result.quality) == (("a", "b", "c", "d"), Quality.OK)
    assert result.rejected == {"e": "outlier"}


@pytest.mark.parametrize(
    ("prices", "weights", "expected"),
    [
        ([1, 2, 3], [1, 1, 1], 2),
        ([1, 2, 3], [10, 1, 1], 1.5),  # capped at half: mean of it and the next
        ([1, 2, 3], [1, 1, 3], 2.5),
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),
        ([1, 2, 3, 4], [3, 1, 1, 2], 2),
        ([1, 2, 3], [0, 0, 0], 2),
        ([1, 2, 3], [0, 5, 0], 2),
        ([1, 2, 3], [4, 0, 4], 2),
        ([1, 2, 3], [0.1, 0.2, 0.3], 2.5),
        ([7], [3], 7),
        # the small one weighs as much as the large one is cut to, to the last digit
        ([1, 2], [12.2, 721818492], 1.5),
    ],
)
def test_weighted_median(prices: list[float], weights: list[float], expected: float) -> None:
    """Rule 5: half the weight from below, no weight above half, exactly half gives the mean."""
    assert weighted_median(prices, weights) == expected


def test_an_unknown_volume_is_not_zero() -> None:
    """With one volume unknown all venues count alike; a venue does not vanish."""
    prices = venues(100.0, 100.1, 100.2)
    prices[0] = replace(prices[0], volume=None)
    prices[2] = replace(prices[2], volume=500.0)
    assert agree(prices).value == 100.1


def test_next_change_is_the_first_quote_to_go_stale() -> None:
    """A timer can be set at the moment a quote goes stale: before it nothing changes."""
    prices = venues(100.0, 100.0, 100.0)
    prices[1] = replace(prices[1], fresh_ms=5_000)
    result, memory = reference_price(prices, now=NOW, memory=Memory())
    due = next_change_at(prices, now=NOW, memory=memory)
    assert due == NOW + 5_001
    assert reference_price(prices, now=due - 1, memory=memory)[0] == result
    assert reference_price(prices, now=due, memory=memory)[0].quality is Quality.DEGRADED


def test_next_change_of_an_outlier_and_of_a_carried_value() -> None:
    """An outlier's return and the end of the last good value are moments of change too."""
    calm = Memory(outliers={"d": NOW - 4_000})
    assert next_change_at(venues(100.0), now=NOW, memory=calm) == NOW + 6_000
    assert next_change_at([], now=NOW, memory=good(100.0)) == NOW + CARRY_MS + 1
    later = NOW + CARRY_MS + 1
    memory = good(100.0)
    assert memory.last_good is not None
    forgotten = memory.last_good.observed_at + FORGET_MS + 1
    assert next_change_at([], now=later, memory=memory) == forgotten
    assert next_change_at([], now=NOW, memory=Memory()) is None


def sane_venue(draw: st.DrawFn, name: str) -> VenuePrice:
    """Draw one venue around 100,000 USD, at times stale or far off."""
    return VenuePrice(
        venue=name,
        price=draw(st.one_of(st.floats(99_000, 101_000), st.floats(-1, 200_000))),
        observed_at=NOW - draw(st.integers(0, 40_000)),
        volume=draw(st.one_of(st.none(), st.floats(0, 1e4))),
        rate_of=draw(st.none() | st.sampled_from("abz")),
    )


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[VenuePrice], Memory]:
    """Draw some venues and a memory."""
    names = "abcdef"[: draw(st.integers(0, 6))]
    prices = [sane_venue(draw, name) for name in names]
    marks = draw(st.dictionaries(st.sampled_from("abcdefz"), st.sampled_from([None, NOW - 9_000])))
    last = draw(
        st.none() | st.builds(LastGood, st.floats(9e4, 1.1e5), st.just(0), st.integers(0, NOW))
    )
    return prices, Memory(last, marks)


@given(markets())
def test_value_lies_between_the_used_prices(market: tuple[list[VenuePrice], Memory]) -> None:
    """The value is between the lowest and the highest price used; each venue is accounted for."""
    prices, memory = market
    result = agree(prices, memory=memory)
    used = [price.price for price in prices if price.venue in result.used]
    if used:
        assert result.value is not None
        assert min(used) - 1e-9 <= result.value <= max(used) + 1e-9
    assert sorted((*result.used, *result.rejected)) == [price.venue for price in prices]
    assert (result.value is None) == (result.quality is Quality.MISSING)
    assert (result.reason == "") == result.quality.usable


@given(markets(), st.randoms(use_true_random=False))
def test_order_of_quotes_does_not_matter(
    market: tuple[list[VenuePrice], Memory], shuffler: random.Random
) -> None:
    """The same venues in any order give the same price and the same memory."""
    prices, memory = market
    shuffled = list(prices)
    shuffler.shuffle(shuffled)
    assert reference_price(prices, now=NOW, memory=memory) == reference_price(
        shuffled, now=NOW, memory=memory
    )


@given(markets())
def test_asking_twice_gives_the_same(market: tuple[list[VenuePrice], Memory]) -> None:
    """A decision repeated at the same moment, as after a crash, is the same decision."""
    prices, memory = market
    first = reference_price(prices, now=NOW, memory=memory)
    assert reference_price(prices, now=NOW, memory=first[1]) == first


@given(markets(), st.integers(0, 800_000))
def test_nothing_changes_before_the_next_change(
    market: tuple[list[VenuePrice], Memory], later: int
) -> None:
    """Between now and the announced moment time alone changes neither value nor quality."""
    prices, memory = market
    settled, memory = reference_price(prices, now=NOW, memory=memory)
    due = next_change_at(prices, now=NOW, memory=memory)
    moment = NOW + later
    if due is None or moment < due:
        assert reference_price(prices, now=moment, memory=memory)[0] == settled
