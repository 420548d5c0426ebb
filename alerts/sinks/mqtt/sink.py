"""The MQTT sink: alerts, states and presence on a broker. Hop 8.

A notification counts as delivered when the broker has acknowledged both its event and the
retained state. The sink keeps one connection; while there is none, callers get a retriable
`DeliveryError` and the outbox keeps what they hold. Presence: `online` at each connection,
`offline` by last will or before a clean end; whoever is connected and hears `offline` from a
predecessor's late will says `online` again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

import structlog

from alerts.model import Transition
from alerts.notification import Notification, Receipt
from alerts.schemas.builders import Origin, Publisher, Stamp
from alerts.schemas.payloads import RetainedState
from alerts.sinks.base import SinkContext, SinkSpec
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.connect import OFFLINE, MqttSettings, connect, unchecked
from alerts.sinks.mqtt.link import Link, LinkLost, Message, NotAcknowledged, Refused
from alerts.topics import Topic, Topics
from monitor.core.clock import Clock, Millis, SystemClock
from monitor.core.errors import ConfigError, DeliveryError

NAME = "mqtt"
_GOODBYE_S = 2.0
# not authorised, topic name invalid, packet too large, payload format invalid: the same next time
_LASTING_REFUSALS = frozenset({135, 144, 149, 153})
_log = structlog.get_logger(__name__)


class Gauge(Protocol):
    """What shows 1 while connected; prometheus_client's Gauge is one."""

    def set(self, value: float) -> None:
        """Show `value`."""
        ...


class _NoGauge:
    def set(self, value: float) -> None:
        """Show nothing."""


class MqttSink:
    """An open way to the broker. Get one from `open_mqtt`."""

    def __init__(
        self, settings: MqttSettings, composer: Composer, *, clock: Clock, connected: Gauge
    ) -> None:
        self._settings = settings
        self._composer = composer
        self._clock = clock
        self._gauge = connected
        self._status = composer.topics.status().name
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._closing = False

    @property
    def topics(self) -> Topics:
        """Return the topics of this instance."""
        return self._composer.topics

    async def publish(self, notification: Notification) -> Receipt:
        """Publish event and retained state of one alert and wait until both are acknowledged.

        Raises:
            DeliveryError: not acknowledged; the same id may be published again.

        """
        return await self._deliver(notification, with_event=True)

    async def update_state(self, notification: Notification) -> Receipt:
        """Publish only the retained state: the news is muted or too old, the fact is not.

        Raises:
            DeliveryError: not acknowledged.

        """
        return await self._deliver(notification, with_event=False)

    async def publish_inbox(self, user: str, item: Transition) -> None:
        """Publish the news of one alert to a user's inbox; raises as `publish` does."""
        link = await self._connected()
        await self._send(link, [self._composer.inbox(user, item, link.protocol, self._clock.now())])

    async def publish_state(
        self,
        topic: Topic,
        build: Callable[[Stamp], RetainedState],
        *,
        fresh_for_ms: Millis | None = None,
    ) -> None:
        """Publish one retained company, market or feed state and wait for the acknowledgement.

        `build` makes the payload of the stamp it is given; `fresh_for_ms` becomes its expiry.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._connected()
        now = self._clock.now()
        message = self._composer.state(topic, build, link.protocol, now, fresh_for_ms)
        await self._send(link, [message])

    async def clear_state(self, topic: Topic) -> None:
        """Take a retained state back: what it speaks of is no more.

        Raises:
            DeliveryError: not acknowledged.

        """
        await self._send(await self._connected(), [self._composer.cleared(topic)])

    async def keep_connected(self) -> None:
        """Connect, say so, wait for the end of the connection, and again, until closed."""
        rng = random.Random()  # noqa: S311 - jitter, no secret
        failures = 0
        while not self._closing:
            try:
                link = await connect(self._settings, self._status, self._heard)
                failures = 0
                await self._serve(link)
            except (LinkLost, ConfigError) as error:  # a secret may be away while it is rotated
                if failures == 0 and not self._closing:
                    broker = str(self._settings.url)
                    _log.warning("mqtt.not_connected", broker=broker, why=str(error))
            await self._clock.sleep(self._settings.reconnect.delay_s(failures, rng))
            failures += 1

    async def close(self) -> None:
        """Say `offline` and disconnect; a broker that is away already has our will."""
        self._closing = True
        link = self._link
        if link is None:
            return
        self._leave(link)
        with suppress(LinkLost, Refused, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                now = self._clock.now()
                await link.send(self._composer.presence(link.protocol, now, online=False))
                await link.close()
        link.abort()

    async def _serve(self, link: Link) -> None:
        try:
            async with asyncio.timeout(self._settings.ack_timeout_s):
                await self._announce(link)
                await link.hear(self._status)
            self._link = link
            self._linked.set()
            self._gauge.set(1)
            _log.info("mqtt.connected", broker=str(self._settings.url), protocol=link.protocol)
            raise await link.lost()
        except (Refused, TimeoutError) as error:
            raise LinkLost(f"broker does not take our presence: {error}") from error
        finally:
            self._leave(link)
            if not self._closing:
                link.abort()

    def _leave(self, link: Link) -> None:
        """Let nobody use `link` from now on: the next publish waits for the next connection."""
        if self._link is link:
            self._link = None
            self._linked.clear()
            self._gauge.set(0)

    def _heard(self, topic: str, payload: bytes) -> None:
        link = self._link
        if link is not None and topic == self._status and payload == OFFLINE:
            # a predecessor's will came late, or another replica left: the service is still here
            self._announce(link).add_done_callback(_forget)

    def _announce(self, link: Link) -> asyncio.Future[None]:
        now = self._clock.now()
        return link.send(self._composer.presence(link.protocol, now, online=True))

    async def _deliver(self, notification: Notification, *, with_event: bool) -> Receipt:
        link = await self._connected()
        messages = self._composer.alert(
            notification.transition, link.protocol, self._clock.now(), with_event=with_event
        )
        if messages:
            await self._send(link, messages)
        return Receipt(NAME, self._clock.now(), "" if with_event else "state only")

    async def _connected(self) -> Link:
        if self._link is None and not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.ack_timeout_s):
                    await self._linked.wait()
        if self._link is None:
            raise DeliveryError(
                f"no connection to {self._settings.url}", retriable=True, reason="not_connected"
            )
        return self._link

    async def _send(self, link: Link, messages: Sequence[Message]) -> None:
        try:
            await link.send(messages)
        except NotAcknowledged as error:
            self._leave(link)
            raise DeliveryError(str(error), retriable=True, reason="ack_timeout") from error
        except LinkLost as error:
            self._leave(link)
            raise DeliveryError(str(error), retriable=True, reason="connection_lost") from error
        except Refused as error:
            lasting = error.code in _LASTING_REFUSALS
            raise DeliveryError(str(error), retriable=not lasting, reason="refused") from error


def _forget(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


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
    composer = Composer(Topics(settings.instance), publisher, origin or Origin(), routed)
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
