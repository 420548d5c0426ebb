"""The connection to Redis: what it must do that redis-py alone does not."""

from __future__ import annotations

import asyncio

import pytest

from monitor.core.errors import ConfigError
from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from tests.servers import TestRedis

pytestmark = pytest.mark.integration


async def test_a_cancelled_task_ends_wherever_it_was(real_redis: TestRedis) -> None:
    """A cancellation is never swallowed, in whatever turn of the loop it comes."""
    async with connected(real_redis.url) as client:

        async def ask_for_ever() -> None:
            while True:
                await client.ping()

        for turns in range(300):
            task = asyncio.create_task(ask_for_ever())
            for _ in range(turns % 30):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=1.0)
            assert task.cancelled(), f"went on after a cancellation in turn {turns % 30}"


async def test_a_database_that_is_not_there_is_a_mistake(real_redis: TestRedis) -> None:
    """A number above the server's last database is a person's to mend: no retry can help."""
    base = real_redis.url.removesuffix("/0")
    async with connected(f"{base}/99") as client:
        with pytest.raises(ConfigError, match="no database of that number"):
            await FeedStore(client, Keys()).read()
