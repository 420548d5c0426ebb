"""From settings to an open MQTT sink: its secrets and files tried, its connection kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from alerts.schemas.builders import Publisher
from alerts.schemas.origin import Origin
from alerts.sinks.base import SinkContext, SinkSpec
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.connect import MqttSettings, unchecked
from alerts.sinks.mqtt.sink import NAME, MqttSink
from alerts.sinks.mqtt.trouble import Watcher
from alerts.topics import Topics
from monitor.core.clock import Clock, SystemClock

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_mqtt(
    settings: MqttSettings,
    *,
    clock: Clock | None = None,
    origin: Origin | None = None,
    version: str = "",
    watcher: Watcher | None = None,
    routed: Callable[[str], bool] = lambda _: False,
) -> AsyncIterator[MqttSink]:
    """Open the sink; it connects in the background, so the broker may come later.

    Leaving says `offline`. `watcher` hears whether there is a connection and why not, `routed` tells
    whose inbox is not written with the alert, but by his channels.

    Raises:
        ConfigError: the password file or a TLS file cannot be used.

    """
    clock = clock or SystemClock()
    if unchecked(settings):
        _log.warning("mqtt.certificate_not_checked", broker=str(settings.url))
    now = clock.now()
    publisher = Publisher(
        instance=settings.instance,
        client_id=settings.client_id,
        run=f"{settings.replica}-{now:x}",
        version=version,
        since=now,
    )
    topics, cloud_events = Topics(settings.instance), settings.cloud_events
    composer = Composer(topics, publisher, origin or Origin(), routed, cloud_events=cloud_events)
    sink = MqttSink(settings, composer, clock=clock, watcher=watcher or Watcher())
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(sink.keep_connected(), name="mqtt.keep_connected")
        try:
            yield sink
        finally:
            await sink.close()
            keeper.cancel()


class _Told(Watcher):
    """Tells the context."""

    def __init__(self, context: SinkContext) -> None:
        self._context = context

    def connected(self, *, stands: bool) -> None:
        self._context.connected(NAME, stands)

    def failed(self, reason: str, hint: str) -> None:
        self._context.failed(NAME, reason, hint)


def _open(context: SinkContext) -> AbstractAsyncContextManager[MqttSink] | None:
    settings = context.settings.get(NAME)
    if not isinstance(settings, MqttSettings):
        return None
    return open_mqtt(
        settings,
        clock=context.clock,
        origin=context.origin,
        version=context.version,
        watcher=_Told(context),
        routed=context.routed,
    )


SINK = SinkSpec(NAME, _open)
