"""The HTTP face over a real socket: probes, metrics, bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from monitor.core.clock import ManualClock
from monitor.core.errors import ConfigError
from monitor.telemetry.heartbeat import Heartbeat
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from monitor.web.health import Health
from monitor.web.server import Face, Limits, build, serve


class House:
    """One process's face, with a clock and a Redis that can be switched off."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.redis_down = False
        self.health = Health()
        self.health.register("redis", self._redis)
        self.instruments = Instruments(Known(feeds=("kraken",)), version="1")
        self.face = Face(
            registry=self.instruments.registry,
            heartbeat=Heartbeat(limit_s=5.0, monotonic=lambda: self.clock.now() / 1_000),
            health=self.health,
        )

    async def _redis(self) -> str | None:
        return "connection refused" if self.redis_down else None


@pytest.fixture
def house() -> House:
    """Build a healthy house."""
    return House()


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve the house on a free loopback port and connect a client to it."""
    async with serve(build(house.face), port=0) as url, aiohttp.ClientSession(url) as session:
        yield session


async def test_redis_down_is_alive_but_not_ready(
    house: House, client: aiohttp.ClientSession
) -> None:
    """A dead dependency fails readiness with its name and leaves liveness alone."""
    house.redis_down = True

    async with client.get("/livez") as live:
        assert live.status == 200
    async with client.get("/readyz") as ready:
        assert ready.status == 503
        assert await ready.json() == {
            "status": "not ready",
            "reasons": [{"check": "redis", "reason": "connection refused"}],
        }


async def test_ready_again_when_the_dependency_is_back(
    house: House, client: aiohttp.ClientSession
) -> None:
    """Readiness follows the dependency both ways."""
    house.redis_down = True
    async with client.get("/readyz") as ready:
        assert ready.status == 503
    house.redis_down = False
    async with client.get("/readyz") as ready:
        assert ready.status == 200
        assert await ready.json() == {"status": "ok", "reasons": []}


async def test_a_stalled_loop_is_not_alive(house: House, client: aiohttp.ClientSession) -> None:
    """Liveness fails once the heartbeat is older than its limit."""
    house.clock.advance(5.001)

    async with client.get("/livez") as live:
        assert live.status == 503
        assert (await live.json())["status"] == "event loop stalled"


async def test_metrics_page(house: House, client: aiohttp.ClientSession) -> None:
    """The page carries the instruments, in the format that was asked for, never cached."""
    house.instruments.feeds.polled("kraken", 0.1)

    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert answer.headers["Cache-Control"] == "no-store"
        assert 'hashhedge_feed_polls_total{feed="kraken"} 1.0' in await answer.text()
    accept = {"Accept": "application/openmetrics-text"}
    async with client.get("/metrics", headers=accept) as answer:
        assert (await answer.text()).endswith("# EOF\n")


async def test_landing_page_links_the_others(client: aiohttp.ClientSession) -> None:
    """The root names every page."""
    async with client.get("/") as answer:
        text = await answer.text()
    for path in ("/metrics", "/livez", "/readyz"):
        assert f'href="{path}"' in text


async def test_only_reading(client: aiohttp.ClientSession) -> None:
    """Nothing can be posted, and an unknown page is a 404."""
    async with client.post("/metrics", data=b"x") as answer:
        assert answer.status == 405
    async with client.get("/nothing") as answer:
        assert answer.status == 404


async def test_requests_in_flight_and_time_are_bounded(house: House) -> None:
    """A request over the limit is refused at once, one over its time is ended."""
    app = build(house.face, limits=Limits(requests=1, request_s=0.2))
    entered = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        entered.set()
        await asyncio.get_running_loop().create_future()
        return web.Response()

    app.router.add_get("/hang", hang)
    async with serve(app, port=0) as url, aiohttp.ClientSession(url) as client:
        first = asyncio.create_task(client.get("/hang"))
        await entered.wait()
        async with client.get("/livez") as second:
            assert second.status == 503
            assert "too many" in await second.text()
        async with await first as slow:
            assert slow.status == 503
            assert "no answer within 0.2 s" in await slow.text()
        async with client.get("/livez") as later:
            assert later.status == 200


async def test_a_taken_port_says_what_to_change(house: House) -> None:
    """The error names the settings to change."""
    async with serve(build(house.face), port=0) as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(ConfigError, match=r"^--web-port: cannot listen"):
            async with serve(build(House().face), port=port, where="--web-port"):
                pass


async def test_it_listens_on_the_loopback_unless_told(house: House) -> None:
    """Without a host the pages are not reachable from outside."""
    async with serve(build(house.face), port=0) as url:
        assert url.startswith("http://127.0.0.1:")
