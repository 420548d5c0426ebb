"""Half a year ago and now: a figure is compared with one of an earlier period, or with none."""

from __future__ import annotations

from monitor.compute.firms import Firm
from monitor.compute.history import EARLIER_MS
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import CompanyType
from tests.worlds import NOON

FACT = "ai_revenue_usd"


def firm(then: Reading, present: Reading) -> Firm:
    """Return a company that knew `then` half a year ago and knows `present` now."""
    return Firm(
        "RIOT", CompanyType.MINER, lambda _name, _at: present, known=lambda _name, _at: then
    )


def reading(value: float, at: int, quality: Quality = Quality.OK) -> Reading:
    """Return a figure of the book as a reading."""
    return Reading(value, quality, "", at)


def test_a_quarter_is_not_compared_with_itself() -> None:
    """Nothing was filed since: there is no earlier figure, and the reason says why."""
    same = reading(3e6, NOON)
    found = firm(same, same).earlier(FACT, NOON, EARLIER_MS)
    assert (found.value, found.quality, found.reason) == (None, Quality.MISSING, "same_period")


def test_an_earlier_quarter_is_as_stale_as_the_present_one() -> None:
    """A comparison is no fresher than its older side, and an unknown then keeps its reason."""
    old, new = reading(1e6, NOON - 1), reading(3e6, NOON)
    assert firm(old, new).earlier(FACT, NOON, EARLIER_MS) == old
    stale = reading(3e6, NOON, Quality.STALE)
    assert firm(old, stale).earlier(FACT, NOON, EARLIER_MS).quality is Quality.STALE
    unknown = Reading(None, Quality.MISSING, f"missing:{FACT}")
    assert firm(unknown, new).earlier(FACT, NOON, EARLIER_MS) == unknown
