"""Every provider with a history endpoint, found by its place, against every way it goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestServer

from monitor.core.clock import DAY, ManualClock
from monitor.core.discovery import declared
from monitor.core.errors import ConfigError
from monitor.domain.plausibility import judge
from monitor.feeds.base import Feed
from monitor.feeds.http import HttpClient
from monitor.feeds.lanes import lanes_of
from monitor.feeds.past import BUDGET_PART, Asked, ask_past, polite
from tests.simulator.catalogue import ENVIRON, PROVIDERS
from tests.simulator.scenarios import Scenario
from tests.simulator.server import Simulator

NOW = 1_768_229_760_000
FEEDS = dict(declared("monitor.feeds", "FEED", Feed))
NAMES = [name for name, feed in FEEDS.items() if feed.past is not None]
# What ends the asking at once: the provider is in trouble, or wants to be left alone.
ENDS = {
    Scenario.THROTTLED: "throttled",
    Scenario.SERVER_ERROR: "server_error",
    Scenario.DROPPED: "connection",
    Scenario.UNAUTHORIZED: "unauthorized",
    Scenario.FORBIDDEN: "forbidden",
    Scenario.GEO_BLOCKED: "geo_blocked",
    Scenario.REDIRECT: "redirected",
}
# What is wrong with one answer, so that the next is asked for all the same.
COSTS = {
    Scenario.NOT_FOUND: "not_found",
    Scenario.HTML: "not_json",
    Scenario.TRUNCATED: "not_json",
    Scenario.GZIP_BOMB: "too_large",
    Scenario.HUGE: "too_large",
    Scenario.NOT_TEXT: "not_text",
}


@pytest.fixture
async def simulator() -> AsyncIterator[tuple[Simulator, str]]:
    """Serve every provider on a free port, under a clock that stands still."""
    simulator = Simulator(clock=ManualClock(NOW))
    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with server:
        yield simulator, str(server.make_url("/")).rstrip("/")


async def asked(name: str, base: str) -> Asked:
    """Ask one provider for its past; no wait for tokens, since nobody would wake the waiter."""
    here = FEEDS[name].overridden(base_url=f"{base}/{name}")
    feed = replace(here, spec=replace(here.spec, requests_per_minute=60_000))
    async with HttpClient(ManualClock(NOW), ENVIRON) as client:
        return await ask_past(feed, client)


@pytest.mark.parametrize("name", NAMES)
async def test_a_past_is_told_in_order(name: str, simulator: tuple[Simulator, str]) -> None:
    """Days of it, each at a time of its own that is over, believable, once, under its name."""
    served, base = simulator
    found = await asked(name, base)
    assert (found.failed, found.left) == ({}, [])
    assert len(found.quotes) >= 10
    times = [quote.observed_at for quote in found.quotes]
    assert times == sorted(times)
    assert NOW - 4 * DAY < times[-1] <= NOW
    for quote in found.quotes:
        assert judge(quote, None, NOW) is None
        assert (quote.source, quote.local_time) == (name, False)
        assert quote.instrument in FEEDS[name].spec.instruments
    newest = {quote.instrument: quote for quote in found.quotes}
    for instrument, quote in newest.items():
        known = PROVIDERS[name].past.get(instrument, instrument)
        assert quote.value == pytest.approx(served.market.value(known, name))
    keys = Counter((quote.instrument, quote.observed_at) for quote in found.quotes)
    assert set(keys.values()) == {1}


@pytest.mark.parametrize("scenario", ENDS)
@pytest.mark.parametrize("name", NAMES)
async def test_who_refuses_is_left_alone(
    name: str, scenario: Scenario, simulator: tuple[Simulator, str]
) -> None:
    """One request, and what was not asked for is named."""
    served, base = simulator
    served.set_scenario(name, scenario)
    found = await asked(name, base)
    assert {error.reason for error in found.failed.values()} == {ENDS[scenario]}
    assert found.quotes == []
    assert served.requests[name] == 1
    assert {*found.failed, *found.left} <= set(FEEDS[name].spec.instruments)


@pytest.mark.parametrize("scenario", COSTS)
@pytest.mark.parametrize("name", NAMES)
async def test_one_bad_answer_costs_itself(
    name: str, scenario: Scenario, simulator: tuple[Simulator, str]
) -> None:
    """It is named, nothing of it is told, and the others are asked for."""
    served, base = simulator
    served.set_scenario(name, scenario)
    found = await asked(name, base)
    assert {error.reason for error in found.failed.values()} == {COSTS[scenario]}
    assert (found.quotes, found.left) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_running_service_keeps_its_budget(name: str) -> None:
    """A part of the requests a minute is used here; the service's own polls take the rest."""
    spec = FEEDS[name].spec
    own = len(lanes_of(spec)) * 60 / spec.interval_s
    here = polite(spec).requests_per_minute
    assert here == spec.requests_per_minute / BUDGET_PART
    assert own + here <= spec.requests_per_minute


async def test_a_feed_without_a_past_has_none() -> None:
    """Asking it is a mistake of ours, not a request."""
    async with HttpClient(ManualClock(NOW), ENVIRON) as client:
        with pytest.raises(ValueError, match="no history"):
            await ask_past(FEEDS["kraken"], client)


async def test_a_key_that_is_nowhere_is_a_matter_for_a_person() -> None:
    """Nothing is asked without it."""
    keyed = replace(FEEDS["finnhub"], past=FEEDS["yahoo"].past)
    async with HttpClient(ManualClock(NOW), {}) as client:
        with pytest.raises(ConfigError, match="FINNHUB_API_KEY"):
            await ask_past(keyed, client)
