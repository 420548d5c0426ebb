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
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from alerts.model import Transition
from alerts.notification import Notification, Receipt
from alerts.schemas.builders import Stamp
from alerts.schemas.payloads import RetainedState
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.connect import OFFLINE, MqttSettings, connect
from alerts.sinks.mqtt.link import Link, LinkLost, Message, NotAcknowledged, Refused
from alerts.sinks.mqtt.packets import Heard
from alerts.sinks.mqtt.refusals import PRESENCE_REFUSED, SUBSCRIPTION_REFUSED
from alerts.sinks.mqtt.retained import retained
from alerts.sinks.mqtt.trouble import Trouble, Watcher
from alerts.topics import Topic, Topics
from monitor.core.clock import Clock, Millis
from monitor.core.errors import ConfigError, DeliveryError

NAME = "mqtt"
_GOODBYE_S = 2.0
# not authorised, topic name invalid, packet too large, payload format invalid: the same next time
_LASTING_REFUSALS = frozenset({135, 144, 149, 153})
_log = structlog.get_logger(__name__)


class MqttSink:
    """An open way to the broker. Get one from `open_mqtt`."""

    def __init__(
        self, settings: MqttSettings, composer: Composer, *, clock: Clock, watcher: Watcher
    ) -> None:
        self._settings = settings
        self._trouble = Trouble(settings, clock, watcher)
        self._composer = composer
        self._clock = clock
        self._watcher = watcher
        self._status = composer.topics.status().name
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._closing = False
        self._ears: dict[str, Callable[[bytes], None]] = {}
        self._said: dict[str, str] = {}
        self._stated: set[str] = set()
        self.connections = 0
        """How often a connection was made. A new one may be to a broker that has forgotten all."""

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

    async def repeat_state(self, transition: Transition) -> None:
        """Publish again where an alert stands, unless something else was said over this connection.

        That is newer than what the caller has read.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._connected()
        if self._said.get(transition.name, transition.id) == transition.id:
            message = self._composer.state_of(transition, link.protocol, self._clock.now())
            await self._send(link, [message])

    async def put(self, topic: str, payload: bytes) -> None:
        """Publish a retained message of another contract, JSON in UTF-8; empty takes it back.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._connected()
        await self._send(link, [self._composer.foreign(topic, payload, link.protocol)])

    async def hear(self, topic: str, told: Callable[[bytes], None]) -> None:
        """Call `told` with each payload on `topic`, over this connection: ask anew after each.

        Raises:
            DeliveryError: there is no connection, or the broker does not let us hear it.

        """
        link = await self._connected()
        self._ears[topic] = told
        try:
            async with asyncio.timeout(self._settings.ack_timeout_s):
                await link.hear(topic)
        except TimeoutError as error:
            raise DeliveryError(str(error), retriable=True, reason="ack_timeout") from error
        except LinkLost as error:
            forbidden = error.reason == SUBSCRIPTION_REFUSED
            raise DeliveryError(str(error), retriable=not forbidden, reason="refused") from error

    async def clear_state(self, topic: Topic) -> None:
        """Take a retained state back: what it speaks of is no more.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._connected()
        self._stated.discard(topic.name)
        await self._send(link, [self._composer.cleared(topic)])

    async def retained(self, filters: Sequence[str], wanted: Callable[[Heard], bool]) -> list[str]:
        """Return the topics below `filters` that hold what is `wanted`; see `retained.retained`."""
        return await retained(self._settings, filters, wanted)

    async def take_back(self, topics: Sequence[str]) -> int:
        """Take back what others left on `topics`; return how many those are.

        An alert's state that was said here is not among them: it is newer than what was seen there.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._connected()
        left = [
            Message(topic, b"", 1, retain=True) for topic in topics if topic not in self._stated
        ]
        if left:
            await self._send(link, left)
        return len(left)

    async def keep_connected(self) -> None:
        """Connect, say so, wait for the end of the connection, and again, until closed."""
        rng = random.Random()  # noqa: S311 - jitter, no secret
        failures, begun = 0, None
        while not self._closing:
            try:
                begun = None
                link = await connect(self._settings, self._status, self._heard)
                failures, begun = 0, self._clock.now()
                await self._serve(link)
            except (LinkLost, ConfigError) as error:  # a secret may be away while it is rotated
                if not self._closing:
                    self._trouble.mourn(error, failures, begun)
            delay_s = self._settings.reconnect.delay_s(failures, rng)
            await self._clock.sleep(max(delay_s, self._trouble.pause_s))
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
            self._said.clear()
            self.connections += 1
            self._link = link
            self._linked.set()
            self._watcher.connected(stands=True)
            _log.info("mqtt.connected", broker=str(self._settings.url), protocol=link.protocol)
            raise await link.lost()
        except TimeoutError as error:
            raise NotAcknowledged("broker does not acknowledge our presence") from error
        except Refused as error:
            text = f"broker does not take our presence: {error}"
            raise LinkLost(text, PRESENCE_REFUSED) from error
        finally:
            self._leave(link)
            if not self._closing:
                link.abort()

    def _leave(self, link: Link) -> None:
        """Let nobody use `link` from now on: the next publish waits for the next connection."""
        if self._link is link:
            self._link = None
            self._linked.clear()
            self._watcher.connected(stands=False)

    def _heard(self, message: Heard) -> None:
        told = self._ears.get(message.topic)
        if told is not None:
            told(message.payload)
        link = self._link
        if link is not None and message.topic == self._status and message.payload == OFFLINE:
            # a predecessor's will came late, or another replica left: the service is still here
            self._announce(link).add_done_callback(_forget)

    def _announce(self, link: Link) -> asyncio.Future[None]:
        now = self._clock.now()
        return link.send(self._composer.presence(link.protocol, now, online=True))

    async def _deliver(self, notification: Notification, *, with_event: bool) -> Receipt:
        link = await self._connected()
        transition, now = notification.transition, self._clock.now()
        messages = self._composer.alert(transition, link.protocol, now, with_event=with_event)
        if transition.has_state:
            self._said[transition.name] = transition.id
        for message in messages:
            if message.retain:
                (self._stated.add if message.payload else self._stated.discard)(message.topic)
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
