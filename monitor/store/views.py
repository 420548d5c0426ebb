"""The hashes that people read with redis-cli: a company's or the market's present readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys
from monitor.store.records import decoded

View = Mapping[str, Mapping[str, Any]]


class ViewStore:
    """Writes and reads the views of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def write(self, market: View, companies: Mapping[str, View]) -> None:
        """Replace all views in one transaction; a company that is gone leaves none behind.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("write the views"):
            known: Any = await self._client.smembers(self._keys.companies)
            async with self._client.pipeline(transaction=True) as pipe:
                for name in known - {ticker.encode() for ticker in companies}:
                    pipe.delete(self._keys.company(name.decode()))
                for key, view in self._keyed(market, companies):
                    pipe.delete(key)
                    if view:
                        pipe.hset(
                            key,
                            mapping={
                                name: msgspec.json.encode(item) for name, item in view.items()
                            },
                        )
                pipe.delete(self._keys.companies)
                if companies:
                    pipe.sadd(self._keys.companies, *companies)
                await pipe.execute()

    def _keyed(self, market: View, companies: Mapping[str, View]) -> list[tuple[str, View]]:
        named = [(self._keys.company(ticker), view) for ticker, view in companies.items()]
        return [(self._keys.market, market), *named]

    async def read(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the market's view and the companies' by ticker.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the views"):
            names: Any = await self._client.smembers(self._keys.companies)
            tickers = sorted(name.decode() for name in names)
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.hgetall(self._keys.market)
                for ticker in tickers:
                    pipe.hgetall(self._keys.company(ticker))
                market, *views = await pipe.execute()
        return decoded(self._keys.market, market, dict[str, Any]), {
            ticker: decoded(self._keys.company(ticker), view, dict[str, Any])
            for ticker, view in zip(tickers, views, strict=True)
        }
