"""A real server whose answers a test sets, and an open client towards it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.core.clock import ManualClock
from monitor.feeds.base import Answer
from monitor.feeds.http import FeedHttp, HttpClient
from tests.unit.monitor.feeds.doubles import spec

KEY = "s3cr3t-key-0123456789"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A server whose answer a test sets, and what it was asked."""

    base: str = ""
    handler: Handler | None = None
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Keep the request and answer as set."""
        self.requests.append(request)
        self.bodies.append(await request.text())
        assert self.handler is not None
        return await self.handler(request)

    def says(self, **response: Any) -> None:
        """Set a plain answer."""

        async def handler(_: web.Request) -> web.Response:
            return web.Response(**response)

        self.handler = handler


async def serve() -> AsyncIterator[Site]:
    """Run one site."""
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    async with TestServer(app, handler_cancellation=True, shutdown_timeout=0.1) as server:
        site.base = str(server.make_url("/")).rstrip("/")
        yield site


@dataclass
class Client:
    """An open client, its clock, and the environment it takes keys from."""

    http: HttpClient
    clock: ManualClock
    environ: dict[str, str]

    def bind(self, site: Site, **changes: Any) -> FeedHttp:
        """Return a feed's client towards `site`."""
        return self.http.bind(spec(**{"base_url": site.base, **changes}))

    async def get(self, site: Site, **changes: Any) -> Answer:
        """Fetch one page of `site`."""
        return await self.bind(site, **changes).get(f"{site.base}/ticker", params={"pair": "X"})
