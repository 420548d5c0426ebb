"""The hashes that people read with redis-cli: a company's or the market's present readings.

One hash at a time, and the event loop in between: thousands of readings go through here each
second, in the process whose ticks must not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.store.client import RedisClient, translated
from monitor.store.keys import Keys
from monitor.store.records import decoded
from monitor.store.wire import Command

View = Mapping[str, Mapping[str, Any]]


class ViewStore:
    """Writes and reads the views of one shard."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._wire = client.wire("views")

    async def write(self, market: View, companies: Mapping[str, View]) -> None:
        """Replace all views, each as a whole; a company that is gone leaves none behind.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        keys = self._keys
        with translated("write the views"):
            (known,) = await self._wire.ask(("SMEMBERS", keys.companies))
            await self._replace(keys.market, market)
            for ticker, view in companies.items():
                await self._replace(keys.company(ticker), view)
            names: Command = ("SADD", keys.companies, *companies)
            gone = {name.decode() for name in known} - companies.keys()
            await self._wire.ask(
                ("MULTI",),
                *(("DEL", keys.company(name)) for name in gone),
                ("DEL", keys.companies),
                *((names,) if companies else ()),
                ("EXEC",),
            )

    async def _replace(self, key: str, view: View) -> None:
        fields = [part for name, it in view.items() for part in (name, msgspec.json.encode(it))]
        write: Command = ("HSET", key, *fields)
        await self._wire.ask(("MULTI",), ("DEL", key), *((write,) if fields else ()), ("EXEC",))

    async def tickers(self) -> frozenset[str]:
        """Return the companies that have a view.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the views"):
            (names,) = await self._wire.ask(("SMEMBERS", self._keys.companies))
        return frozenset(name.decode() for name in names)

    async def read(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the market's view and the companies' by ticker.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        tickers = sorted(await self.tickers())
        market = await self._one(self._keys.market)
        return market, {ticker: await self._one(self._keys.company(ticker)) for ticker in tickers}

    async def _one(self, key: str) -> dict[str, Any]:
        with translated("read the views"):
            (flat,) = await self._wire.ask(("HGETALL", key))
        return decoded(key, dict(zip(flat[::2], flat[1::2], strict=True)), dict[str, Any])
