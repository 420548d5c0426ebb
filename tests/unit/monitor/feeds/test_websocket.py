"""The websocket client on a real wire: where keys go, what is not shown, what is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from monitor.core.clock import ManualClock
from monitor.core.errors import BadQuote, ConfigError, FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD
from monitor.feeds.base import Credential
from monitor.feeds.credentials import REDACTED
from monitor.feeds.sockets import Socket
from monitor.feeds.streams import StreamSpec
from monitor.feeds.websocket import WebSocketClient
from tests.unit.monitor.feeds.doubles import NOW

KEY = 'k-0123"456789'
ENVIRON = {"VENUE_KEY": KEY, "VENUE_SECRET": "s-9876543210"}
Serve = Callable[[web.Request, web.WebSocketResponse], Awaitable[None]]


def spec(url: str, **changes: Any) -> StreamSpec:
    """Return a declaration to test with."""
    declared: dict[str, Any] = {
        "name": "venue",
        "url": url,
        "instruments": {BTC_USD: "btcusd"},
        "fresh_s": 60,
        "silent_s": 15,
        "licence": "test",
        "max_bytes": 4_096,
    }
    return StreamSpec(**{**declared, **changes})


@contextlib.asynccontextmanager
async def opened(serve: Serve, **changes: Any) -> AsyncIterator[Socket]:
    """Open a connection to a server that does `serve`."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        await serve(request, socket)
        return socket

    app = web.Application()
    app.router.add_get("/ws", answer)
    server = TestServer(app, handler_cancellation=True, shutdown_timeout=0.1)
    async with server, WebSocketClient(ManualClock(NOW), ENVIRON) as client:
        declared = spec(str(server.make_url("/ws")), **changes)
        socket = await client.bind(declared).open()
        try:
            async with asyncio.timeout(5):
                yield socket
        finally:
            await socket.close()


async def test_a_key_goes_where_it_is_declared_and_is_taken_out_of_what_comes_back() -> None:
    """Header, query parameter, or its placeholder in a message; an echo shows none of them."""

    async def echo(request: web.Request, socket: web.WebSocketResponse) -> None:
        seen = {"header": request.headers.get("X-Key"), "query": request.query.get("token")}
        assert seen == {"header": KEY, "query": ENVIRON["VENUE_SECRET"]}
        async for message in socket:
            assert json.loads(message.data) == {"auth": KEY, "other": "{NOBODY}"}
            await socket.send_str(f"bad key {ENVIRON['VENUE_SECRET']} {message.data}")

    credentials = (
        Credential(env="VENUE_KEY", header="X-Key"),
        Credential(env="VENUE_SECRET", query="token"),
        Credential(env="VENUE_KEY"),
    )
    async with opened(echo, credentials=credentials) as socket:
        await socket.send('{"auth": "{VENUE_KEY}", "other": "{NOBODY}"}')
        said = await socket.receive() or ""
    assert said.startswith(f"bad key {REDACTED}")
    assert "0123" not in said
    assert KEY not in repr(socket)


async def test_a_stream_without_its_key_is_not_opened() -> None:
    """The variable is named, before anything goes out."""
    wanted = spec("wss://venue.example", credentials=(Credential(env="NOWHERE", header="X"),))
    async with WebSocketClient(ManualClock(NOW), ENVIRON) as client:
        with pytest.raises(ConfigError, match="NOWHERE"):
            client.bind(wanted)


async def test_pings_are_answered_and_are_signs_of_life() -> None:
    """A ping gets its pong with the same payload; ours is answered too."""
    heard: list[bytes] = []

    async def serve(_: web.Request, socket: web.WebSocketResponse) -> None:
        await socket.ping(b"77")
        reader = socket._reader
        assert reader is not None
        heard.append((await reader.read()).data)
        await socket.send_str("done")
        async for _message in socket:
            pass

    async with opened(serve) as socket:
        assert await socket.receive() is None
        assert await socket.receive() == "done"
        await socket.ping()
        assert await socket.receive() is None
    assert heard == [b"77"]


@pytest.mark.parametrize(
    ("kind", "body", "reason", "stands"),
    [
        (WSMsgType.BINARY, b"\x00\x01", "not_text", True),
        (WSMsgType.TEXT, b"x" * 5_000, "too_large", False),
        (WSMsgType.TEXT, b"\xff\xfe", "not_text", False),
    ],
)
async def test_a_message_that_is_none_is_named(
    kind: WSMsgType, body: bytes, reason: str, stands: bool
) -> None:
    """Binary costs itself; one too large, or no UTF-8, ends the connection by the protocol."""

    async def serve(_: web.Request, socket: web.WebSocketResponse) -> None:
        writer = socket._writer
        assert writer is not None
        await writer.send_frame(body, kind)
        await socket.send_str("next")
        async for _message in socket:
            pass

    async with opened(serve) as socket:
        with pytest.raises(BadQuote) as caught:
            await socket.receive()
        assert caught.value.reason == reason
        if stands:
            assert await socket.receive() == "next"
        else:
            with pytest.raises(FeedUnavailable):
                await socket.receive()


async def test_a_packed_bomb_is_not_unpacked() -> None:
    """The limit holds for what a message unpacks to."""

    async def serve(_: web.Request, socket: web.WebSocketResponse) -> None:
        await socket.send_str("x" * 3_000_000, compress=15)
        async for _message in socket:
            pass

    async with opened(serve, compress=True) as socket:
        with pytest.raises(BadQuote) as caught:
            await socket.receive()
    assert caught.value.reason == "too_large"


async def test_the_end_of_a_connection_is_named() -> None:
    """A close by the provider is told with its code; then nothing more is sent."""

    async def serve(_: web.Request, socket: web.WebSocketResponse) -> None:
        await socket.close(code=1012)

    async with opened(serve) as socket:
        with pytest.raises(FeedUnavailable, match="1012"):
            await socket.receive()
        await socket.close()
        with pytest.raises(FeedUnavailable):
            await socket.send("more")


async def test_an_opening_is_bounded_and_shows_no_key() -> None:
    """No answer in time, no such host, no websocket: each by name, without the query."""
    waiting = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await waiting.wait()
        return web.Response()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/hang", hang)
    app.router.add_get("/page", page)
    key = (Credential(env="VENUE_SECRET", query="token"),)
    server = TestServer(app, handler_cancellation=True, shutdown_timeout=0.1)
    async with server, WebSocketClient(ManualClock(NOW), ENVIRON) as client:
        for url, kind, reason in (
            (str(server.make_url("/hang")), FeedUnavailable, "timeout"),
            (str(server.make_url("/page")), FeedUnavailable, "connection"),
            (str(server.make_url("/none")), FeedRejected, "not_found"),
            ("ws://127.0.0.1:9/ws", FeedUnavailable, "connection"),
        ):
            declared = spec(url, credentials=key, open_s=0.2)
            with pytest.raises(kind) as caught:
                await client.bind(declared).open()
            error: FeedError = caught.value
            assert error.reason == reason
            assert ENVIRON["VENUE_SECRET"] not in f"{error!r}{error}{error.__cause__!r}"


async def test_a_client_that_is_not_open_binds_nothing() -> None:
    """As with the polled feeds."""
    with pytest.raises(RuntimeError, match="async with"):
        WebSocketClient(ManualClock(NOW)).bind(spec("wss://venue.example"))
