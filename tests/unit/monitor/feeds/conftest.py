"""Two real servers and an open client, for every test of the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from monitor.core.clock import ManualClock
from monitor.feeds.http import HttpClient
from tests.unit.monitor.feeds.doubles import NOW
from tests.unit.monitor.feeds.sites import KEY, Client, Site, serve


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Yield the feed's own site."""
    async for running in serve():
        yield running


@pytest.fixture
async def elsewhere() -> AsyncIterator[Site]:
    """Yield another site, for redirects."""
    async for running in serve():
        yield running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Yield an open client with a key in its environment."""
    clock, environ = ManualClock(NOW), {"VENUE_KEY": KEY}
    async with HttpClient(clock, environ) as http:
        yield Client(http, clock, environ)
