"""The hashes that people read with redis-cli: a company's or the market's present readings.

A few hashes at a time, and the event loop in between: thousands of readings go through here, in the
process whose ticks must not wait for them. What is as it was is neither written nor read again: each
write counts up beside the hash, and whoever reads for good compares that first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
Wanted: TypeAlias = Callable[[str], bool]
"""Tells whether somebody wants to see a reading, by its name."""
Seen: TypeAlias = tuple[dict[str, Any], dict[str, dict[str, Any]]]
"""The market's view and the companies' by ticker."""

_TURN = "turn"
TOGETHER = 8
"""Companies of one trip to Redis: more would hold up who asks next, fewer are more trips."""


def _all(_name: str) -> bool:
    return True


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
            await self._put({keys.market: market}, whole=True)
            await self._put({keys.company(it): view for it, view in companies.items()}, whole=True)
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
                await self._put({self._keys.market: market})
            await self._put({self._keys.company(it): view for it, view in companies.items()})
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

    async def _put(self, views: Mapping[str, Changes], *, whole: bool = False) -> None:
        """Write hashes, each in one transaction with its count, some of them in one trip."""
        breath, commands, written = Breath(), list[Command](), set[str]()
        for number, (key, view) in enumerate(views.items(), 1):
            commands += self._transaction(key, view, whole=whole)
            if any(it is not None for it in view.values()):
                written.add(key)
            await breath.take()
            if number % TOGETHER == 0 or number == len(views):
                await self._wire.ask(*commands)
                self._written |= written
                commands.clear()

    def _transaction(self, key: str, view: Changes, *, whole: bool) -> Iterator[Command]:
        """Yield what writes one hash."""
        fields: list[str | bytes] = []
        for name, it in view.items():
            if it is not None:
                fields += (name, it if isinstance(it, bytes) else msgspec.json.encode(it))
        gone = () if whole else [name for name, it in view.items() if it is None]
        yield ("MULTI",)
        if whole:
            yield ("DEL", key)
        if gone:
            yield ("HDEL", key, *gone)
        if fields:
            yield ("HSET", key, *fields)
        yield ("HINCRBY", self._keys.views, key, 1)
        yield ("EXEC",)

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
        return await self.seen().read()

    def seen(self) -> Views:
        """Return what reads them again and again."""
        return Views(self._wire, self._keys)


class Views:
    """The views as somebody saw them last, who looks again and again."""

    def __init__(self, wire: Wire, keys: Keys) -> None:
        """Begin with nothing seen."""
        self._wire, self._keys = wire, keys
        self._turn: bytes | None = None
        self._chosen: tuple[list[str], Sequence[str] | None] = ([], None)
        self._there: tuple[str, ...] = ()
        self._counts: dict[bytes, bytes] = {}
        self._bodies: dict[str, dict[str, bytes]] = {}
        self._views: dict[str, dict[str, Any]] = {}
        self._seen: Seen = ({}, {})

    async def read(self, wanted: Wanted = _all, of_company: Sequence[str] | None = None) -> Seen:
        """Return both as they are now; what is as it was last time is the very same object.

        `wanted` tells which readings of the market somebody wants to see, `of_company` which of
        each company: None for all.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        keys = self._keys
        if self._chosen != (self._choice(wanted), of_company):  # by other books
            self._turn, self._counts = None, {}
        with translated("read the views"):
            (turn,) = await self._wire.ask(("HGET", keys.views, _TURN))
            if turn is not None and turn == self._turn:
                return self._seen
            flat, names = await self._wire.ask(
                ("HGETALL", keys.views), ("SMEMBERS", keys.companies)
            )
        counts = dict(zip(flat[::2], flat[1::2], strict=True))
        places = {name: keys.company(name) for name in sorted(it.decode() for it in names)}
        if self._is_news(keys.market, counts):
            await self._look_at_market(wanted)
        news = [key for key in places.values() if self._is_news(key, counts)]
        await self._look_at_companies(news, of_company)
        for left in self._views.keys() - {keys.market, *places.values()}:
            del self._views[left], self._bodies[left]
        companies = {name: self._views[key] for name, key in places.items()}
        self._turn, self._counts = turn, counts
        self._chosen = self._choice(wanted), of_company
        self._seen = (self._views[keys.market], companies)
        return self._seen

    def _choice(self, wanted: Wanted) -> list[str]:
        return [name for name in self._there if wanted(name)]

    def _is_news(self, key: str, counts: Mapping[bytes, bytes]) -> bool:
        """Tell whether a hash may be otherwise than it was seen.

        One that nobody counts was written by an older release; one may be counted before it is
        named among the companies.
        """
        count = counts.get(key.encode())
        return key not in self._views or count is None or count != self._counts.get(key.encode())

    async def _look_at_market(self, wanted: Wanted) -> None:
        """Read what there is of the market, and take of it what somebody wants to see."""
        with translated("read the views"):
            (flat,) = await self._wire.ask(("HGETALL", self._keys.market))
        there = _named(flat)
        self._there = tuple(there)
        self._take(self._keys.market, {name: there[name] for name in there if wanted(name)})

    async def _look_at_companies(self, news: Sequence[str], names: Sequence[str] | None) -> None:
        """Read what somebody wants to see of companies, some of them at a time."""
        breath = Breath()
        for start in range(0, len(news), TOGETHER):
            some = news[start : start + TOGETHER]
            asked: list[Command] = [
                ("HGETALL", key) if names is None else ("HMGET", key, *names) for key in some
            ]
            found: list[Any] = [()] * len(some)
            if names is None or names:
                with translated("read the views"):
                    found = await self._wire.ask(*asked)
            for key, answer in zip(some, found, strict=True):
                bodies = _named(answer) if names is None else _given(names, answer)
                self._take(key, bodies)
                await breath.take()

    def _take(self, key: str, bodies: dict[str, bytes]) -> None:
        """Decode of one hash what has not been seen yet."""
        before = self._bodies.get(key)
        if bodies == before:
            return
        before = before or {}
        new = {name.encode(): it for name, it in bodies.items() if before.get(name) != it}
        views = self._views.get(key, {}) | decoded(key, new, dict[str, Any])
        self._views[key] = {name: views[name] for name in sorted(bodies)}
        self._bodies[key] = bodies


def _named(flat: Sequence[bytes]) -> dict[str, bytes]:
    """Return the fields of a hash."""
    names = (it.decode(errors="replace") for it in flat[::2])
    return dict(zip(names, flat[1::2], strict=True))


def _given(names: Sequence[str], bodies: Sequence[bytes | None]) -> dict[str, bytes]:
    """Return those of the fields that are there."""
    pairs = zip(names, bodies, strict=False)
    return {name: body for name, body in pairs if body is not None}
