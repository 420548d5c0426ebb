"""The one websocket client: bounded in time, size and reach, for every stream. Hop 2.

The declared address is the only one that is reached: a redirect is refused, TLS is checked, and a
key goes out in the opening request or in a message, never into a log line or an error.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import aiohttp

from monitor.core.clock import Clock
from monitor.core.errors import BadQuote, FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.addresses import plain
from monitor.feeds.credentials import Keyring, read_keys
from monitor.feeds.http import USER_AGENT
from monitor.feeds.reasons import Reason
from monitor.feeds.sockets import Socket
from monitor.feeds.status import status_error
from monitor.feeds.streams import StreamSpec

SEND_LIMIT_S = 5.0
CLOSE_LIMIT_S = 2.0
DEFLATE_WINDOW_BITS = 15


class _RedirectedError(Exception):
    """The provider's answer to the opening leads elsewhere."""


async def _refuse_redirect(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    answered: aiohttp.TraceRequestRedirectParams,
) -> None:
    raise _RedirectedError(str(answered.response.status))


class WebSocketClient:
    """One connection pool for all streams; an async context manager."""

    def __init__(self, clock: Clock, environ: Mapping[str, str] | None = None) -> None:
        self._clock = clock
        self._environ = os.environ if environ is None else environ
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # the library follows redirects of a websocket and offers no switch; the trace stops it
        trace = aiohttp.TraceConfig()
        trace.on_request_redirect.append(_refuse_redirect)
        self._session = aiohttp.ClientSession(
            trace_configs=[trace],
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def bind(self, spec: StreamSpec) -> StreamConnector:
        """Return what opens the connections of one stream.

        Raises:
            ConfigError: the stream needs a key that is nowhere to be found.
            RuntimeError: the client is not open.

        """
        if self._session is None:
            raise RuntimeError("open the client with `async with` before binding a stream")
        keys = read_keys(spec.credentials, self._environ)
        return StreamConnector(spec, self._session, self._clock, keys)


@dataclass(slots=True)
class StreamConnector:
    """What opens the connections of one stream: its `Connector`."""

    spec: StreamSpec
    _session: aiohttp.ClientSession = field(repr=False)
    _clock: Clock = field(repr=False)
    _keys: Keyring = field(repr=False)

    async def open(self) -> Socket:
        """Open a connection; see `Connector.open` for the errors."""
        spec = self.spec
        try:
            # autoping off: a ping and a pong are signs of life that the link must see
            async with asyncio.timeout(spec.open_s):
                connection = await self._session.ws_connect(
                    self._address(),
                    headers=self._headers(),
                    autoping=False,
                    max_msg_size=spec.max_bytes,
                    compress=DEFLATE_WINDOW_BITS if spec.compress else 0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_LIMIT_S),
                )
        except TimeoutError as error:
            message = f"{self._said()} was not open within {spec.open_s:g} s"
            raise FeedUnavailable(message, reason=Reason.TIMEOUT) from error
        except _RedirectedError as error:
            mend = "if the provider has moved, change the stream's url"
            message = f"{self._said()} answered {error}; {mend}"
            raise FeedRejected(message, reason=Reason.REDIRECTED) from None
        except aiohttp.WSServerHandshakeError as error:
            # `from None`: the library's error carries the request, and so the key
            raise self._answered(error) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            message = f"{self._said()} failed: {type(error).__name__}"
            raise FeedUnavailable(message, reason=Reason.CONNECTION) from None
        return StreamSocket(spec, connection, self._keys)

    def _address(self) -> str:
        query = self._keys.query()
        if not query:
            return self.spec.url
        joint = "&" if urlsplit(self.spec.url).query else "?"
        return f"{self.spec.url}{joint}{urlencode(query)}"

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": USER_AGENT, **self._keys.headers()}

    def _said(self) -> str:
        return f"{self.spec.name}: opening {plain(self.spec.url)}"

    def _answered(self, error: aiohttp.WSServerHandshakeError) -> FeedError:
        headers = {key.lower(): value for key, value in (error.headers or {}).items()}
        told = status_error(
            self.spec.name, plain(self.spec.url), error.status, headers, self._clock.now()
        )
        if told is not None:
            return told
        message = f"{self._said()} answered {error.status}, which opens no websocket"
        return FeedUnavailable(message, reason=Reason.CONNECTION)


@dataclass(slots=True)
class StreamSocket:
    """One open connection: the `Socket` of a stream."""

    spec: StreamSpec
    _connection: aiohttp.ClientWebSocketResponse[Any] = field(repr=False)
    _keys: Keyring = field(repr=False)

    async def receive(self) -> str | None:
        """Return the next message; see `Socket.receive` for the errors."""
        try:
            message = await self._connection.receive()
        except (aiohttp.ClientError, OSError) as error:
            raise self._broken(type(error).__name__) from None
        if message.type is aiohttp.WSMsgType.TEXT:
            return self._keys.redact(message.data)
        if message.type is aiohttp.WSMsgType.PING:
            await self._out(self._connection.pong(message.data))
            return None
        if message.type is aiohttp.WSMsgType.PONG:
            return None
        if message.type is aiohttp.WSMsgType.BINARY:
            said = f"{self.spec.name}: a message is {len(message.data)} bytes and no text"
            raise BadQuote(said, reason=Reason.NOT_TEXT)
        raise self._end(message)

    async def send(self, message: str) -> None:
        """Send a message; see `Socket.send`."""
        for key, secret in self._keys.held:
            if not (key.header or key.query):
                message = message.replace(f"{{{key.env}}}", json.dumps(secret.value)[1:-1])
        await self._out(self._connection.send_str(message))

    async def ping(self) -> None:
        """Send a ping of the protocol."""
        await self._out(self._connection.ping())

    async def close(self) -> None:
        """End the connection within a bounded time."""
        try:
            async with asyncio.timeout(2 * CLOSE_LIMIT_S):
                await self._connection.close()
        except (TimeoutError, aiohttp.ClientError, OSError):
            return

    async def _out(self, sending: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                await sending
        except TimeoutError:
            message = f"{self.spec.name}: the stream took nothing for {SEND_LIMIT_S:g} s"
            raise FeedUnavailable(message, reason=Reason.TIMEOUT) from None
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise self._broken(type(error).__name__) from None

    def _end(self, message: aiohttp.WSMessage) -> FeedError:
        if message.type is aiohttp.WSMsgType.ERROR:
            error = message.data
            code = getattr(error, "code", None)
            if code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                said = f"{self.spec.name}: a message is larger than {self.spec.max_bytes} bytes"
                return BadQuote(said, reason=Reason.TOO_LARGE)
            if code == aiohttp.WSCloseCode.INVALID_TEXT:
                said = f"{self.spec.name}: a message is no UTF-8"
                return BadQuote(said, reason=Reason.NOT_TEXT)
            return self._broken(type(error).__name__)
        code = message.data if message.type is aiohttp.WSMsgType.CLOSE else None
        return self._broken(f"closed by the provider, code {code}" if code else "closed")

    def _broken(self, how: str) -> FeedUnavailable:
        message = f"{self.spec.name}: the stream ended: {how}"
        return FeedUnavailable(message, reason=Reason.CONNECTION)
