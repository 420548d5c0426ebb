"""From settings to an open MQTT sink: its secrets and files tried, its connection kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from alerts.schemas.builders import Origin, Publisher
from alerts.sinks.base import SinkContext, SinkSpec
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.connect import MqttSettings, unchecked
from alerts.sinks.mqtt.sink import NAME, Gauge, MqttSink
from alerts.topics import Topics
from monitor.core.clock import Clock, SystemClock

_log = structlog.get_logger(__name__)


class _NoGauge:
    def set(self, value: float) -> None:
        """Show nothing."""


@asynccontextmanager
async def open_mqtt(
    settings: MqttSettings,
    *,
    clock: Clock | None = None,
    origin: Origin | None = None,
    version: str = "",
    connected: Gauge | None = None,
    routed: Callable[[str], bool] = lambda _: False,
) -> AsyncIterator[MqttSink]:
    """Open the sink; it connects in the background, so the broker may come later.

    Leaving says `offline`. `connected` shows 1 while there is a connection, `routed` tells whose
    inbox is not written with the alert, but by his channels.

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
    sink = MqttSink(settings, composer, clock=clock, connected=connected or _NoGauge())
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(sink.keep_connected(), name="mqtt.keep_connected")
        try:
            yield sink
        finally:
            await sink.close()
            keeper.cancel()


class _Told:
    """The connection as a gauge that tells the context."""

    def __init__(self, context: SinkContext) -> None:
        self._context = context

    def set(self, value: float) -> None:
        self._context.connected(NAME, bool(value))


def _open(context: SinkContext) -> AbstractAsyncContextManager[MqttSink] | None:
    settings = context.settings.get(NAME)
    if not isinstance(settings, MqttSettings):
        return None
    return open_mqtt(
        settings,
        clock=context.clock,
        origin=context.origin,
        version=context.version,
        connected=_Told(context),
        routed=context.routed,
    )


SINK = SinkSpec(NAME, _open)
