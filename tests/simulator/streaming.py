"""The providers' streams: a websocket at `/ws/<provider>`, and the moods it can be put into.

`PUT /control/stream/kraken` with `quiet`; each mood changes one thing of what the venue sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from aiohttp import WSMsgType, web

from monitor.core.clock import Clock
from tests.simulator.market import Market
from tests.simulator.shapes import Document, Path, look, put

BEAT_S = 1.0
HUGE_CHARS = 2 * 1024 * 1024
FIRST_NUMBER = 900_000_001
# Numbers of the messages from the first on, over and over, with how far they then moved on.
Order: TypeAlias = tuple[tuple[int, ...], int]


class Mood(StrEnum):
    """What a stream does to whoever opens it."""

    NORMAL = "normal"
    QUIET = "quiet"
    SILENT = "silent"
    GAP = "gap"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    DROP = "drop"
    REFUSE = "refuse"
    UNCONFIRMED = "unconfirmed"
    HUGE = "huge"
    GARBAGE = "garbage"
    BINARY = "binary"
    WRONG_SYMBOL = "wrong_symbol"
    ZEROS = "zeros"
    WRONG_TYPE = "wrong_type"
    NAN = "nan"
    SLOW = "slow"
    THROTTLED = "429"
    SERVER_ERROR = "5xx"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    GEO_BLOCKED = "451"
    REDIRECT = "redirect"


_STATUS = {
    Mood.THROTTLED: 429,
    Mood.SERVER_ERROR: 503,
    Mood.UNAUTHORIZED: 401,
    Mood.FORBIDDEN: 403,
    Mood.GEO_BLOCKED: 451,
}
_ORDERS: dict[Mood, Order] = {
    Mood.GAP: ((0, 1, 7), 8),
    Mood.DUPLICATE: ((0, 1, 1), 2),
    Mood.OUT_OF_ORDER: ((0, 2, 1), 3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedStream:
    """What a venue's stream sends.

    Attributes:
        instrument: whose value it brings.
        value: the message that brings the value, with this number.
        heartbeat: the message of a quiet market; None: it sends none by itself.
        answer: what it says to a message of the client; None: nothing.
        refusal: what it says to a subscription that it refuses; None: it refuses none.
        subscribes: tells whether a message of the client begins the values.
        greeting: what it sends to whoever comes.
        login: tells whether a message of the client opens the door; None: it is open.
        locked: what it says to a subscription before that.
        values: instruments that it alone has, each with the value that its walk begins with.
        price: where in `value` the value stands.
        symbol: where in it the symbol stands; empty: nowhere.
        outcomes: the reason that a mood leads to, where it is not what it leads to elsewhere.

    """

    instrument: str
    value: Callable[[Market, int], Document]
    answer: Callable[[str], Document | None]
    price: Path
    subscribes: Callable[[str], bool]
    refusal: Document | None = None
    symbol: Path = ()
    heartbeat: Callable[[Market], Document] | None = None
    greeting: tuple[Document, ...] = ()
    login: Callable[[str], bool] | None = None
    locked: Document | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    outcomes: Mapping[Mood, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Listener:
    """One open connection, whether it is let in, and whether its values have begun."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    admitted: bool
    subscribed: bool = False

    async def send(self, document: Document) -> None:
        """Send a document as JSON, and a text as it is."""
        text = document if isinstance(document, str) else json.dumps(document)
        await self.socket.send_str(text)

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()


@dataclass(slots=True)
class Streams:
    """All streams and their moods.

    Attributes:
        known: the streams by provider.
        market: the values they bring.
        slow_s: how long the `slow` mood takes to open.
        moods: of each provider; `normal` where it is not named.
        opened: how many connections each has taken.
        sent: the numbers each has sent.

    """

    known: dict[str, SimulatedStream]
    market: Market
    slow_s: float = 60.0
    moods: dict[str, Mood] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)
    _open: dict[str, set[_Listener]] = field(default_factory=dict)

    @property
    def _clock(self) -> Clock:
        return self.market.clock

    def set_mood(self, provider: str, text: str) -> None:
        """Put one stream into a mood; open connections feel it with their next message.

        Raises:
            ValueError: no such stream or mood; the message lists them.

        """
        if provider not in self.known:
            raise ValueError(f"no stream {provider}; there are {', '.join(self.known)}")
        if text not in set(Mood):
            raise ValueError(f"no mood {text}; there are {', '.join(Mood)}")
        self.moods[provider] = Mood(text)

    def open_count(self, provider: str) -> int:
        """Return how many connections of a stream are open now."""
        return len(self._open.get(provider, ()))

    def drop(self, provider: str) -> int:
        """Cut the open connections of a stream without a word; return how many there were."""
        found = list(self._open.get(provider, ()))
        for listener in found:
            listener.cut()
        return len(found)

    async def push(self, provider: str, number: int) -> None:
        """Send one value with this number to all who listen, besides what is sent anyway."""
        document = self.known[provider].value(self.market, number)
        for listener in list(self._open.get(provider, ())):
            await listener.send(document)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one connection."""
        provider = request.match_info["provider"]
        stream = self.known.get(provider)
        if stream is None:
            raise web.HTTPNotFound(text="no such stream")
        self.opened[provider] = self.opened.get(provider, 0) + 1
        mood = self._mood(provider)
        if mood in _STATUS:
            wait = {"Retry-After": "30"} if mood is Mood.THROTTLED else {}
            return web.Response(status=_STATUS[mood], headers=wait)
        if mood is Mood.REDIRECT:
            raise web.HTTPFound("http://elsewhere.invalid/")
        if mood is Mood.SLOW:
            await asyncio.sleep(self.slow_s)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        listener = _Listener(socket, request.transport, admitted=stream.login is None)
        self._open.setdefault(provider, set()).add(listener)
        talking = asyncio.create_task(self._talk(provider, stream, listener))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(provider, stream, listener, message.data)
        finally:
            self._open[provider].discard(listener)
            talking.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await talking
        return socket

    async def _hear(
        self, provider: str, stream: SimulatedStream, listener: _Listener, text: str
    ) -> None:
        mood, reply = self._mood(provider), stream.answer(text)
        begins = stream.subscribes(text)
        if mood is Mood.SILENT or (begins and mood is Mood.UNCONFIRMED):
            return
        if stream.login is not None and stream.login(text):
            listener.admitted = True
        if begins and not listener.admitted:
            reply = stream.locked
        elif begins and mood is Mood.REFUSE:
            reply = stream.refusal
        elif begins:
            listener.subscribed = True
        if reply is not None:
            await listener.send(reply)

    async def _talk(self, provider: str, stream: SimulatedStream, listener: _Listener) -> None:
        if self._mood(provider) is not Mood.SILENT:
            for greeting in stream.greeting:
                await listener.send(greeting)
        numbers = self._numbers(provider)
        while True:
            await self._clock.sleep(BEAT_S)
            mood = self._mood(provider)
            if mood is Mood.SILENT:
                continue
            if stream.heartbeat is not None:
                await listener.send(stream.heartbeat(self.market))
            if listener.subscribed and mood is not Mood.QUIET:
                await self._send_value(provider, stream, listener, next(numbers))

    async def _send_value(
        self, provider: str, stream: SimulatedStream, listener: _Listener, number: int
    ) -> None:
        mood = self._mood(provider)
        document = _changed(mood, stream, stream.value(self.market, number))
        if mood is Mood.DROP:
            listener.cut()
        elif mood is Mood.BINARY:
            await listener.socket.send_bytes(b"\x00\xff\x00")
        elif mood is Mood.GARBAGE:
            await listener.socket.send_str("<html>not today</html>")
        elif mood is Mood.HUGE:
            await listener.send({"blob": "x" * HUGE_CHARS})
        else:
            self.sent.setdefault(provider, []).append(number)
            await listener.send(document)

    def _numbers(self, provider: str) -> Iterator[int]:
        """Yield the numbers of one connection; they go on where the one before ended."""
        start = max(self.sent.get(provider, [FIRST_NUMBER - 1])) + 1
        while True:
            steps, ahead = _ORDERS.get(self._mood(provider), ((0,), 1))
            for step in steps:
                yield start + step
            start += ahead

    def _mood(self, provider: str) -> Mood:
        return self.moods.get(provider, Mood.NORMAL)


def _changed(mood: Mood, stream: SimulatedStream, document: Document) -> Document:
    if mood is Mood.WRONG_SYMBOL and stream.symbol:
        return put(document, stream.symbol, "DOGE-EUR")
    price = look(document, stream.price)
    values: dict[Mood, object] = {
        Mood.ZEROS: "0" if isinstance(price, str) else 0,
        Mood.WRONG_TYPE: {"amount": price},
        Mood.NAN: "NaN" if isinstance(price, str) else float("nan"),
    }
    return put(document, stream.price, values[mood]) if mood in values else document
