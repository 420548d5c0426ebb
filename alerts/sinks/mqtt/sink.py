"""The MQTT sink: alerts, states and presence on a broker. Hop 8.

A notification counts as delivered when the broker has acknowledged both its event and the
retained state. The sink keeps one connection; while there is none, callers get a retriable
`DeliveryError` and the outbox keeps what they hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from alerts.model import Transition
from alerts.notification import Notification, Receipt
from alerts.sinks.mqtt.compose import BoardState, Composer
from alerts.sinks.mqtt.connect import MqttSettings
from alerts.sinks.mqtt.kept import KeptLink
from alerts.sinks.mqtt.link import Link, LinkLost, Message, Refused
from alerts.sinks.mqtt.packets import Heard
from alerts.sinks.mqtt.retained import retained
from alerts.sinks.mqtt.spoken import Spoken
from alerts.sinks.mqtt.trouble import Watcher
from alerts.topics import Topic, Topics
from monitor.core.breath import Breath
from monitor.core.clock import Clock
from monitor.core.errors import DeliveryError

NAME = "mqtt"


class MqttSink:
    """An open way to the broker. Get one from `open_mqtt`. A `PromptSink`."""

    def __init__(
        self, settings: MqttSettings, composer: Composer, *, clock: Clock, watcher: Watcher
    ) -> None:
        self._settings = settings
        self._composer = composer
        self._clock = clock
        self._spoken = Spoken()
        self._kept = KeptLink(settings, composer, self._begin, clock=clock, watcher=watcher)
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

    def offer(
        self,
        notification: Notification,
        done: Callable[[DeliveryError | None], None],
        *,
        with_event: bool,
    ) -> bool:
        """Send what `publish` or `update_state` would, if there is a connection; see `PromptSink`."""
        link = self._kept.link
        if link is None:
            return False
        messages = self._messages(link, notification.transition, with_event=with_event)
        if not messages:
            return False
        link.send(messages).add_done_callback(partial(self._answered, link, done))
        return True

    def _answered(
        self,
        link: Link,
        done: Callable[[DeliveryError | None], None],
        sent: asyncio.Future[None],
    ) -> None:
        error = LinkLost("given up") if sent.cancelled() else sent.exception()
        if error is None:
            done(None)
        elif isinstance(error, LinkLost | Refused):
            done(self._kept.against(link, error))
        else:
            done(DeliveryError(str(error), retriable=False, reason="internal_error"))

    async def publish_inbox(self, user: str, item: Transition) -> None:
        """Publish the news of one alert to a user's inbox; raises as `publish` does."""
        link = await self._kept.connected()
        await self._kept.send(
            link, [self._composer.inbox(user, item, link.protocol, self._clock.now())]
        )

    async def publish_states(self, states: Sequence[BoardState]) -> None:
        """Publish retained company, market or feed states together and wait until all are acknowledged.

        Raises:
            DeliveryError: not acknowledged, or only some.

        """
        link, breath, messages = await self._kept.connected(), Breath(), list[Message]()
        for state in states:
            messages.append(self._composer.state(state, link.protocol, self._clock.now()))
            await breath.take()
        await self._kept.send(link, messages)

    async def repeat_state(self, transition: Transition) -> None:
        """Publish again where an alert stands, unless something else was said over this connection.

        That is newer than what the caller has read.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._kept.connected()
        if not self._spoken.overtakes(transition):
            message = self._composer.state_of(transition, link.protocol, self._clock.now())
            await self._kept.send(link, [message])

    async def put(self, topic: str, payload: bytes) -> None:
        """Publish a retained message of another contract, JSON in UTF-8; empty takes it back.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._kept.connected()
        await self._kept.send(link, [self._composer.foreign(topic, payload, link.protocol)])

    async def hear(self, topic: str, told: Callable[[bytes], None]) -> None:
        """Call `told` with each payload on `topic`, over this connection: ask anew after each.

        Raises:
            DeliveryError: there is no connection, or the broker does not let us hear it.

        """
        await self._kept.hear(topic, told)

    async def clear_state(self, topic: Topic) -> None:
        """Take a retained state back: what it speaks of is no more.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._kept.connected()
        self._spoken.took_back(topic.name)
        await self._kept.send(link, [self._composer.cleared(topic)])

    async def retained(self, filters: Sequence[str], wanted: Callable[[Heard], bool]) -> list[str]:
        """Return the topics below `filters` that hold what is `wanted`; see `retained.retained`."""
        return await retained(self._settings, filters, wanted)

    async def take_back(self, topics: Sequence[str]) -> int:
        """Take back what others left on `topics`; return how many those are.

        An alert's state that was said here is not among them: it is newer than what was seen there.

        Raises:
            DeliveryError: not acknowledged.

        """
        link = await self._kept.connected()
        left = [Message(it, b"", 1, retain=True) for it in topics if not self._spoken.holds(it)]
        if left:
            await self._kept.send(link, left)
        return len(left)

    def _begin(self) -> None:
        self._spoken.begin()
        self.connections += 1

    async def keep_connected(self) -> None:
        """Connect, say so, wait for the end of the connection, and again, until closed."""
        await self._kept.keep()

    async def close(self) -> None:
        """Say `offline` and disconnect; a broker that is away already has our will."""
        await self._kept.close()

    async def _deliver(self, notification: Notification, *, with_event: bool) -> Receipt:
        link = await self._kept.connected()
        messages = self._messages(link, notification.transition, with_event=with_event)
        if messages:
            await self._kept.send(link, messages)
        return Receipt(NAME, self._clock.now(), "" if with_event else "state only")

    def _messages(self, link: Link, transition: Transition, *, with_event: bool) -> list[Message]:
        """Return what is to be sent of a transition, and note what is said by it."""
        now = self._clock.now()
        messages = self._composer.alert(transition, link.protocol, now, with_event=with_event)
        self._spoken.note(transition, messages)
        return messages
