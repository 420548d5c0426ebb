"""A list that stands still is found out by the answer for one of it (row A25)."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.errors import FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.freshness import Freshness, State, state_of
from monitor.feeds.base import Feed, FeedSpec, Fetched, Http
from monitor.feeds.endpoint_check import EndpointCheck, difference
from tests.unit.monitor.feeds.doubles import NOW, Counts, NoHttp, quote, spec

MINUTE = 60_000
BOTH = {"HUT": "HUT", "RIOT": "RIOT"}


class Endpoints:
    """A provider whose list stands still while its answer for one goes on."""

    def __init__(self) -> None:
        self.price = "12.5"
        self.away = False
        self.asked: list[str] = []
        self.at = NOW

    async def single(self, _: Http, narrowed: FeedSpec) -> list[Fetched]:
        """Answer for one instrument."""
        (name,) = narrowed.instruments
        self.asked.append(name)
        if self.away:
            raise FeedUnavailable("away", reason="timeout")
        return [quote(self.price, self.at, name)]


async def nothing(_: Http, __: FeedSpec) -> list[Fetched]:
    """Be the list, which nobody asks here."""
    return []


def checked(endpoints: Endpoints, **changes: Any) -> tuple[EndpointCheck, Counts]:
    """Return a check of a feed with these endpoints."""
    counts = Counts()
    feed = Feed(spec(instruments=BOTH, **changes), nothing, endpoints.single)
    return EndpointCheck(feed, 60_000, counts), counts


def listed(price: str = "12.5", at: int = NOW) -> list[Quote]:
    """Return what the list says of both."""
    return [quote(price, at, name) for name in BOTH]


async def test_five_minutes_of_divergence_degrade_the_feed() -> None:
    """The list stands at 12.5 while the single answer moves to 13: the ratio is above 0."""
    endpoints = Endpoints()
    check, counts = checked(endpoints)
    await check.run(NoHttp(), listed(), NOW)
    assert (check.degraded, counts.divergence) == (False, 0.0)
    endpoints.price = "13"
    for minute in range(1, 6):
        endpoints.at = NOW + minute * MINUTE
        await check.run(NoHttp(), listed(), NOW + minute * MINUTE)
    assert check.degraded
    assert counts.divergence == pytest.approx(1 - 12.5 / 13)
    assert state_of(Freshness.FRESH, degraded=check.degraded) is State.DEGRADED
    for minute in (6, 7):
        await check.run(NoHttp(), listed("13", endpoints.at), NOW + minute * MINUTE)
    assert (check.degraded, counts.divergence) == (False, 0.0)


async def test_one_real_move_between_two_requests_is_nothing() -> None:
    """Only the second difference in a row counts, and it is looked at in the same instrument."""
    endpoints = Endpoints()
    check, _ = checked(endpoints)
    endpoints.price = "12.6"
    await check.run(NoHttp(), listed(), NOW)
    await check.run(NoHttp(), listed("12.6"), NOW + MINUTE)
    assert not check.degraded
    assert endpoints.asked == ["HUT", "HUT"]
    await check.run(NoHttp(), listed("12.6"), NOW + 2 * MINUTE)
    assert endpoints.asked[-1] == "RIOT"


async def test_it_asks_once_a_minute_and_a_failure_is_no_finding() -> None:
    """A provider that is away says nothing about its list."""
    endpoints = Endpoints()
    check, counts = checked(endpoints)
    endpoints.away = True
    for second in (0, 15, 30, 59, 60):
        await check.run(NoHttp(), listed(), NOW + second * 1_000)
    assert len(endpoints.asked) == 2
    assert (check.ratio, counts.divergence) == (None, None)


async def test_a_feed_with_one_endpoint_is_not_compared() -> None:
    """Most have none but the one."""
    check = EndpointCheck(Feed(spec(), nothing), 60_000, Counts())
    await check.run(NoHttp(), listed(), NOW)
    assert (check.ratio, check.degraded) == (None, False)


def test_an_older_list_is_a_difference_too() -> None:
    """The same price of five minutes ago is a list that stands still in a quiet market."""
    found = difference(quote("12.5", NOW), quote("12.5", NOW + 5 * MINUTE))
    assert (found.ratio, found.grave(4 * MINUTE), found.grave(5 * MINUTE)) == (0.0, True, False)
