"""Which Redis and which broker: those whose URLs are set, else private ones of our own.

Never a fake in between. What runs is written to `running.json` in the state directory, so that
other commands on the same machine find it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from alerts.sinks.mqtt import MqttUrl
from monitor.core.places import made_folder
from monitor.embedded import (
    PLACE_HINT,
    Broker,
    RedisServer,
    describe,
    embedded_broker,
    embedded_redis,
)
from monitor.settings import Settings
from monitor.store.url import RedisUrl

RUNNING = "running.json"


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """The servers of one process.

    Attributes:
        redis_url: where Redis is.
        mqtt_url: where the broker is.
        mqtt_url_v311: where it speaks MQTT 3.1.1, if that is another port.
        limits: what a person must know of private servers; empty without any.
        pid: the process that started them.

    """

    redis_url: str
    mqtt_url: str
    mqtt_url_v311: str = ""
    limits: str = ""
    pid: int = 0

    @property
    def publish_url(self) -> str:
        """Return where to publish.

        The private broker with two ports hangs up on a 3.1.1 subscriber when a message with
        MQTT 5 properties comes for it; what is published in 3.1.1 reaches both.
        """
        return self.mqtt_url_v311 or self.mqtt_url


@contextlib.asynccontextmanager
async def servers(settings: Settings, *, broker: bool = True) -> AsyncIterator[Servers]:
    """Run the private servers that are needed, for as long as the block.

    Without `broker` none is started: a process that does not relay needs none.

    Raises:
        ConfigError: a URL cannot be used, or a private server does not start.

    """
    if settings.redis_url is not None:
        RedisUrl.parse(settings.redis_url, where=settings.place_of("redis_url"))
    if settings.mqtt_url is not None:
        MqttUrl.parse(settings.mqtt_url, where=settings.place_of("mqtt_url"))
    async with contextlib.AsyncExitStack() as stack:
        if settings.redis_url is None:
            await asyncio.to_thread(made_folder, settings.state_dir, PLACE_HINT)
        redis: RedisServer | None = None
        private: Broker | None = None
        if settings.redis_url is None:
            redis = await stack.enter_async_context(embedded_redis(settings.state_dir / "redis"))
        if settings.mqtt_url is None and broker:
            private = await stack.enter_async_context(
                embedded_broker(settings.state_dir / "broker")
            )
        found = Servers(
            redis_url=settings.redis_url or (redis.url if redis else ""),
            mqtt_url=settings.mqtt_url or (private.url if private else ""),
            mqtt_url_v311=private.url_v311 if private and private.url_v311 != private.url else "",
            limits=_limits(redis, private),
            pid=os.getpid(),
        )
        if redis is None:
            yield found
            return
        path = settings.state_dir / RUNNING
        await asyncio.to_thread(_write, path, found)
        try:
            yield found
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _limits(redis: RedisServer | None, broker: Broker | None) -> str:
    """Return what must be known of private servers, and how we use this broker."""
    if redis is None and broker is None:
        return ""
    words = describe(redis, broker)
    if broker is not None and broker.url_v311 != broker.url:
        words += "\nOn this broker we publish in MQTT 3.1.1, so messages carry no expiry."
    return words


def _write(path: Path, found: Servers) -> None:
    """Write for our own user only: a URL may hold a password."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(found))


def running(state_dir: Path) -> Servers | None:
    """Return the private servers that another process keeps in `state_dir`, None if none does."""
    try:
        return msgspec.json.decode((state_dir / RUNNING).read_bytes(), type=Servers)
    except (OSError, msgspec.DecodeError):
        return None
