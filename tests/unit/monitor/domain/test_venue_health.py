"""The venues of the price: weight, health, exclusion, and a market that is thin (L01, L03, L06)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.domain.consensus import Memory
from monitor.domain.events import Quote
from monitor.domain.freshness import State
from monitor.domain.venue_health import VenueHealth, venue_health
from monitor.domain.venues import VenuePrice
from monitor.domain.volumes import STEP_MS, Usual, thinness, usual_volumes, weight_ratios
from tests.worlds import NOON, make_step, quote, threshold, tick

DAY = 86_400_000
HOUR = 3_600_000


def bitcoin(venue: str, price: float, volume: float | None = None, **more: Any) -> Quote:
    """Return a venue's word on bitcoin."""
    at = more.pop("at", NOON)
    traded = None if volume is None else Decimal(str(volume))
    return quote("BTC-USD", price, at, source=venue, volume=traded, fresh_ms=60_000, **more)


def health(*quotes: Quote, flagged: tuple[str, ...] = ()) -> dict[str, VenueHealth]:
    """Return the venues by name."""
    found, _, _ = venue_health(quotes, flagged, ("silent",), Memory(), NOON)
    return {item.venue: item for item in found}


def test_a_venue_with_one_percent_of_the_volume_weighs_one_percent() -> None:
    """Three venues, 49.5, 49.5 and 1: the small one hardly counts (L03)."""
    found = health(bitcoin("a", 100, 495), bitcoin("b", 100.1, 495), bitcoin("c", 100.2, 10))
    assert found["c"].weight_ratio == pytest.approx(0.01)
    assert found["a"].weight_ratio == pytest.approx(0.495)
    assert found["c"].off_ratio == pytest.approx(100.2 / 100.05 - 1, abs=1e-3)


def test_every_venue_has_a_state_and_who_is_out_a_reason() -> None:
    """Outlier, stale, delayed, excluded, silent: each by its word (L01, L06)."""
    found = health(
        bitcoin("a", 100),
        bitcoin("b", 100.1),
        bitcoin("c", 100.2),
        bitcoin("far", 80),
        bitcoin("old", 100, at=NOON - 100_000),
        bitcoin("slow", 100, delay_ms=900_000),
        bitcoin("shady", 100),
        flagged=("shady",),
    )
    assert {name: (item.state, item.reason) for name, item in found.items()} == {
        "a": (State.FRESH, ""),
        "b": (State.FRESH, ""),
        "c": (State.FRESH, ""),
        "far": (State.DISPUTED, "outlier"),
        "old": (State.LATE, "stale"),
        "slow": (State.DELAYED, "delayed"),
        "shady": (State.FRESH, "flagged"),
        "silent": (State.WAITING, "never heard"),
    }
    assert {name for name, item in found.items() if item.weight_ratio} == {"a", "b", "c"}


@example({"a": 268435445.0, "b": 11.9})
@given(st.dictionaries(st.sampled_from("abcdef"), st.just(0.0) | st.floats(1, 1e9), min_size=1))
def test_weights_are_a_whole(volumes: dict[str, float]) -> None:
    """They add up to one, and with two venues that trade none has more than half."""
    prices = [VenuePrice(venue, 1.0, NOON, volume=volume) for venue, volume in volumes.items()]
    weights = weight_ratios(prices)
    assert sum(weights.values()) == pytest.approx(1)
    if sum(volume > 0 for volume in volumes.values()) > 1:
        assert max(weights.values()) <= 0.5 + 1e-9


def test_one_that_does_not_tell_its_volume_makes_all_weigh_alike() -> None:
    """There is nothing to compare it with."""
    prices = [VenuePrice("a", 1.0, NOON, volume=9.0), VenuePrice("b", 1.0, NOON)]
    assert weight_ratios(prices) == {"a": 0.5, "b": 0.5}
    assert weight_ratios([]) == {}


def test_usual_fades_over_a_week_and_is_looked_at_once_a_minute() -> None:
    """A seven-day constant: after seven days a new level counts for 63 %."""
    known = usual_volumes({}, [VenuePrice("a", 1.0, NOON, volume=100.0)], NOON)
    soon = NOON + STEP_MS - 1
    low = [VenuePrice("a", 1.0, soon, volume=0.0)]
    assert usual_volumes(known, low, soon) is known
    week = NOON + 7 * DAY
    later = usual_volumes(known, [VenuePrice("a", 1.0, week, volume=0.0)], week)
    assert later["a"].btc == pytest.approx(100 * 0.3679, abs=0.01)


def test_a_silent_venue_counts_on_neither_side() -> None:
    """It is the feed that is missing, not the market."""
    known = {"a": Usual(100.0, NOON), "b": Usual(900.0, NOON)}
    found = thinness(known, [VenuePrice("a", 1.0, NOON, volume=100.0)], NOON)
    assert (found.ratio, found.thin) == (0.0, False)


def test_the_market_loses_eighty_percent_of_its_volume() -> None:
    """A rule on the change fires at -80 %, and survives neither a restart nor a gap wrongly (L03)."""
    step = make_step([threshold(id="thin", on="venue_volume_change_ratio", below=-0.8)])
    for hour in range(48):
        at = NOON + hour * HOUR
        step.process(tick(at, *(bitcoin(v, 100, 1_000, at=at) for v in "abc")))
    assert step.take().transitions == []
    at = NOON + 48 * HOUR
    step.process(tick(at, *(bitcoin(v, 100, 190, at=at) for v in "abc")))
    (told,) = step.take().transitions
    assert told.rule == "thin"
    assert told.value == pytest.approx(-0.81, abs=0.005)
