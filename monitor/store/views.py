"""The hashes that people read with redis-cli: a company's or the market's present readings.

One hash at a time, and the event loop in between: thousands of readings go through here, in the
process whose ticks must not wait for them. What is as it was is neither written nor read again: each
write counts up beside the hash, and whoever reads for good compares that first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from monitor.core.breath import Breath
from monitor.store.client import RedisClient, translated
from monitor.store.keys import Keys
from monitor.store.records import decoded
from monitor.store.wire import Command, Wire

View = Mapping[str, Mapping[str, Any] | bytes]
Changes: TypeAlias = Mapping[str, Mapping[str, Any] | bytes | None]
"""Readings by name, as they are now, in JSON or to be; None takes one away."""
Chosen: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Leaves of a view what somebody wants to see of it."""
Seen: TypeAlias = tuple[dict[str, Any], dict[str, dict[str, Any]]]
"""The market's view and the companies' by ticker."""

_TURN = "turn"


class ViewStore:
    """Writes and reads the views of one shard."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._wire = client.wire("views")
        self._turn = 0
        self._written: set[str] = set()

    async def write(self, market: View, companies: Mapping[str, View]) -> None:
        """Replace all views, each as a whole; a company that is gone leaves none behind.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        keys = self._keys
        self._written.clear()
        with translated("write the views"):
            (known,) = await self._wire.ask(("SMEMBERS", keys.companies))
            await self._put(keys.market, market, whole=True)
            for ticker, view in companies.items():
                await self._put(keys.company(ticker), view, whole=True)
            names: Command = ("SADD", keys.companies, *companies)
            gone = [keys.company(it.decode()) for it in known if it.decode() not in companies]
            *_, done = await self._wire.ask(
                ("MULTI",),
                *((("DEL", *gone), ("HDEL", keys.views, *gone)) if gone else ()),
                ("DEL", keys.companies),
                *((names,) if companies else ()),
                ("HINCRBY", keys.views, _TURN, 1),
                ("EXEC",),
            )
            self._turn = done[-1]

    async def change(self, market: Changes, companies: Mapping[str, Changes]) -> None:
        """Write what changed since the last call of this or of `write`.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("write the views"):
            if market:
                await self._put(self._keys.market, market)
            for ticker, view in companies.items():
                await self._put(self._keys.company(ticker), view)
            (self._turn,) = await self._wire.ask(("HINCRBY", self._keys.views, _TURN, 1))

    async def stands(self) -> bool:
        """Tell whether all that was written last is there, and nobody has written since.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        asked: tuple[Command, ...] = (("HGET", self._keys.views, _TURN),)
        if self._written:
            asked = (*asked, ("EXISTS", *self._written))
        with translated("read the views"):
            turn, *there = await self._wire.ask(*asked)
        return turn is not None and [int(turn), *there] == [
            self._turn,
            *([len(self._written)] if self._written else ()),
        ]

    async def _put(self, key: str, view: Changes, *, whole: bool = False) -> None:
        fields: list[str | bytes] = []
        for name, it in view.items():
            if it is not None:
                fields += (name, it if isinstance(it, bytes) else msgspec.json.encode(it))
        gone = () if whole else [name for name, it in view.items() if it is None]
        write: Command = ("HSET", key, *fields)
        await self._wire.ask(
            ("MULTI",),
            *((("DEL", key),) if whole else ()),
            *((("HDEL", key, *gone),) if gone else ()),
            *((write,) if fields else ()),
            ("HINCRBY", self._keys.views, key, 1),
            ("EXEC",),
        )
        if fields:
            self._written.add(key)

    async def tickers(self) -> frozenset[str]:
        """Return the companies that have a view.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the views"):
            (names,) = await self._wire.ask(("SMEMBERS", self._keys.companies))
        return frozenset(name.decode() for name in names)

    async def read(self) -> Seen:
        """Return the market's view and the companies' by ticker.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        return await self.seen().read(dict)

    def seen(self) -> Views:
        """Return what reads them again and again."""
        return Views(self._wire, self._keys)


class Views:
    """The views as somebody saw them last, who looks again and again."""

    def __init__(self, wire: Wire, keys: Keys) -> None:
        """Begin with nothing seen."""
        self._wire, self._keys = wire, keys
        self._turn: bytes | None = None
        self._names: dict[str, None] = {}
        self._chosen: dict[str, Any] = {}
        self._counts: dict[bytes, bytes] = {}
        self._bodies: dict[str, dict[str, bytes]] = {}
        self._views: dict[str, dict[str, Any]] = {}
        self._seen: Seen = ({}, {})

    async def read(self, chosen: Chosen) -> Seen:
        """Return both as they are now; what is as it was last time is the very same object.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        keys = self._keys
        if chosen(self._names) != self._chosen:  # by other books
            self._turn, self._counts = None, {}
        with translated("read the views"):
            (turn,) = await self._wire.ask(("HGET", keys.views, _TURN))
            if turn is not None and turn == self._turn:
                return self._seen
            flat, names = await self._wire.ask(
                ("HGETALL", keys.views), ("SMEMBERS", keys.companies)
            )
        counts, breath = dict(zip(flat[::2], flat[1::2], strict=True)), Breath()
        places = {name: keys.company(name) for name in sorted(it.decode() for it in names)}
        for key in (keys.market, *places.values()):
            count = counts.get(key.encode())
            # one that nobody counts was written by an older release; one may be counted before it
            # is named among the companies
            known = key in self._views and count is not None
            if not known or count != self._counts.get(key.encode()):
                await self._look(key, chosen)
                await breath.take()
        for left in self._views.keys() - {keys.market, *places.values()}:
            del self._views[left], self._bodies[left]
        companies = {name: self._views[key] for name, key in places.items()}
        self._turn, self._counts, self._chosen = turn, counts, chosen(self._names)
        self._seen = (self._views[keys.market], companies)
        return self._seen

    async def _look(self, key: str, chosen: Chosen) -> None:
        """Read one hash, and decode of it what somebody wants to see and has not seen yet."""
        with translated("read the views"):
            (flat,) = await self._wire.ask(("HGETALL", key))
        there = dict(
            zip((it.decode(errors="replace") for it in flat[::2]), flat[1::2], strict=True)
        )
        self._names |= dict.fromkeys(there)
        bodies, before = chosen(there), self._bodies.get(key)
        if bodies == before:
            return
        before = before or {}
        new = {name.encode(): it for name, it in bodies.items() if before.get(name) != it}
        views = self._views.get(key, {}) | decoded(key, new, dict[str, Any])
        self._views[key] = {name: views[name] for name in sorted(bodies)}
        self._bodies[key] = bodies
