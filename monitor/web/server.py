"""The HTTP face of a process: `/metrics` for Prometheus, `/livez` and `/readyz` for probes.

It listens on the loopback unless told otherwise, answers GET only but for what may be posted:
signed quotes and commands, and a reload; and bounds the requests in flight and the time of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client.registry import Collector

from monitor.core.errors import ConfigError
from monitor.telemetry.exposition import render
from monitor.telemetry.heartbeat import Heartbeat
from monitor.web.health import Health

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9464

_LANDING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>hashhedge</title>
<h1>hashhedge</h1>
<ul>
<li><a href="/metrics">/metrics</a>: instruments and company numbers for Prometheus
<li><a href="/livez">/livez</a>: does the event loop turn?
<li><a href="/readyz">/readyz</a>: can this process do its job now?
</ul>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What the pages show: the registry, the loop's heartbeat, the readiness checks."""

    registry: Collector
    heartbeat: Heartbeat
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server takes on: requests in flight, seconds for each."""

    requests: int = 32
    request_s: float = 8.0


def build(face: Face, *, limits: Limits | None = None) -> web.Application:
    """Return the application, not yet listening; more routes may be added to it."""
    app = web.Application(
        middlewares=[_bounded(Limits() if limits is None else limits)], client_max_size=4_096
    )
    pages = _Pages(face)
    app.on_cleanup.append(pages.close)
    app.add_routes(
        [
            web.get("/", pages.landing),
            web.get("/metrics", pages.metrics),
            web.get("/livez", pages.livez),
            web.get("/readyz", pages.readyz),
        ]
    )
    return app


@asynccontextmanager
async def serve(
    app: web.Application, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT, where: str = ""
) -> AsyncIterator[str]:
    """Listen while the block runs; yield the base URL. Port 0 takes a free one.

    `where` names the settings that host and port come from.

    Raises:
        ConfigError: the address cannot be bound.

    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host}:{port}: {error.strerror or type(error).__name__}",
                where=where,
                hint="choose an address of this machine and a free port",
            ) from error
        bound = runner.addresses[0]
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{shown}:{bound[1]}"
    finally:
        await runner.cleanup()


class _Pages:
    def __init__(self, face: Face) -> None:
        self._face = face

    async def close(self, _app: web.Application) -> None:
        await self._face.health.aclose()

    async def landing(self, _request: web.Request) -> web.Response:
        return web.Response(text=_LANDING, content_type="text/html")

    async def metrics(self, request: web.Request) -> web.Response:
        page, content_type = render(self._face.registry, request.headers.get("Accept", ""))
        response = web.Response(body=page, headers={"Content-Type": content_type})
        response.enable_compression()
        return response

    async def livez(self, _request: web.Request) -> web.Response:
        beat = self._face.heartbeat
        answer = {"heartbeat_age_s": round(beat.age_s, 3), "limit_s": beat.limit_s}
        if beat.alive:
            return web.json_response({"status": "ok", **answer})
        return web.json_response({"status": "event loop stalled", **answer}, status=503)

    async def readyz(self, _request: web.Request) -> web.Response:
        reasons = await self._face.health.reasons()
        answer = {
            "status": "not ready" if reasons else "ok",
            "reasons": [reason._asdict() for reason in reasons],
        }
        return web.json_response(answer, status=503 if reasons else 200)


def _bounded(limits: Limits) -> Middleware:
    in_flight = 0

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal in_flight
        if in_flight >= limits.requests:
            return _plain("too many requests at once", 503)
        in_flight += 1
        try:
            async with asyncio.timeout(limits.request_s):
                response = await handler(request)
        except TimeoutError:
            response = _plain(f"no answer within {limits.request_s:g} s", 503)
        finally:
            in_flight -= 1
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return middleware


def _plain(text: str, status: int) -> web.Response:
    return web.Response(text=f"{text}\n", status=status)
