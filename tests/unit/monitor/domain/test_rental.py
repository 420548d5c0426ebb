"""Several markets and price lists give one price of an H100 hour, and say how far to trust it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.instruments import Instruments
from monitor.domain.events import GPU_H100, Quality
from monitor.domain.rental import rental_price
from tests.worlds import NOON, OpenCalendar, quote

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("prices", "value", "quality"),
    [
        ([2.60], 2.60, Quality.SINGLE),
        ([2.00, 2.60], 2.30, Quality.DEGRADED),
        ([1.47, 2.39, 4.29], 2.39, Quality.OK),
        ([1.47, 4.29, 0.5], 1.47, Quality.DISPUTED),
    ],
)
def test_the_median_counts_and_the_number_of_sources(
    prices: list[float], value: float, quality: Quality
) -> None:
    """One source is known to be one; a spread that never was is disputed."""
    found, word = rental_price(prices)
    assert found == pytest.approx(value)
    assert word is quality


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=9))
def test_the_reference_lies_among_its_sources(prices: list[float]) -> None:
    """No source's order matters, and none is overshot."""
    value, quality = rental_price(prices)
    assert min(prices) <= value <= max(prices)
    assert rental_price(prices[::-1]) == (value, quality)


def test_a_source_that_grows_old_leaves_the_reference() -> None:
    """At the very moment its day is over, the others speak alone."""
    market = Instruments(OpenCalendar(), [])
    early = [quote(GPU_H100, "1.50", NOON, source="vastai", fresh_ms=DAY)]
    market.accept(early, NOON)
    later = NOON + 6 * HOUR
    others = [
        quote(GPU_H100, price, later, source=source, fresh_ms=DAY)
        for source, price in (("runpod", "2.50"), ("lambda_cloud", "4.00"))
    ]
    market.accept(others, later)
    assert market.reading(GPU_H100).value == 2.5
    assert market.reading(GPU_H100).quality is Quality.OK
    assert market.next_timer == NOON + DAY + 1
    assert market.run_timer() == (GPU_H100,)
    reading = market.reading(GPU_H100)
    assert (reading.value, reading.quality) == (3.25, Quality.DEGRADED)
    assert len(market.origin(GPU_H100)) == 3


def test_after_a_silence_of_all_the_reading_names_those_that_speak_again() -> None:
    """The last one heard stands alone while all are old, and not once others are fresh."""
    market = Instruments(OpenCalendar(), [])
    market.accept([quote(GPU_H100, "1.50", NOON, source="vastai", fresh_ms=DAY)], NOON)
    while market.next_timer is not None:
        market.run_timer()
    assert market.reading(GPU_H100).quality is Quality.STALE
    assert [it.source for it in market.origin(GPU_H100)] == ["vastai"]
    later = NOON + 3 * DAY
    market.accept([quote(GPU_H100, "2.50", later, source="runpod", fresh_ms=DAY)], later)
    assert market.reading(GPU_H100).value == 2.5
    assert {it.source for it in market.origin(GPU_H100)} == {"runpod", "vastai"}
