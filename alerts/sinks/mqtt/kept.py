"""A connection to the broker that is kept: made anew after each loss, with our presence on it. Hop 8.

Presence: `online` at each connection, `offline` by last will or before a clean end; whoever is
connected and hears `offline` from a predecessor's late will says `online` again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.connect import OFFLINE, MqttSettings, connect
from alerts.sinks.mqtt.link import Link, LinkLost, Message, NotAcknowledged, Refused
from alerts.sinks.mqtt.packets import Heard
from alerts.sinks.mqtt.refusals import PRESENCE_REFUSED, SUBSCRIPTION_REFUSED
from alerts.sinks.mqtt.trouble import Trouble, Watcher, verdict
from monitor.core.clock import Clock
from monitor.core.errors import ConfigError, DeliveryError

_GOODBYE_S = 2.0
_log = structlog.get_logger(__name__)


class KeptLink:
    """The present `Link`, if there is one, and whoever waits for the next."""

    def __init__(
        self,
        settings: MqttSettings,
        composer: Composer,
        begun: Callable[[], None],
        *,
        clock: Clock,
        watcher: Watcher,
    ) -> None:
        """`begun` is called with each new connection, before anything is sent over it."""
        self._settings = settings
        self._trouble = Trouble(settings, clock, watcher)
        self._composer = composer
        self._begun = begun
        self._clock = clock
        self._watcher = watcher
        self._status = composer.topics.status().name
        self._linked = asyncio.Event()
        self._closing = False
        self._ears: dict[str, Callable[[bytes], None]] = {}
        self.link: Link | None = None
        """None while there is no connection."""

    async def connected(self) -> Link:
        """Return the connection; wait for one as long as for an acknowledgement.

        Raises:
            DeliveryError: there is none; retriable.

        """
        if self.link is None and not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.ack_timeout_s):
                    await self._linked.wait()
        if self.link is None:
            raise DeliveryError(
                f"no connection to {self._settings.url}", retriable=True, reason="not_connected"
            )
        return self.link

    async def send(self, link: Link, messages: Sequence[Message]) -> None:
        """Send `messages` and wait until all are acknowledged.

        Raises:
            DeliveryError: not acknowledged.

        """
        try:
            await link.send(messages)
        except (LinkLost, Refused) as error:
            raise self.against(link, error) from error

    def against(self, link: Link, error: LinkLost | Refused) -> DeliveryError:
        """Return what is said against messages; a link that was lost is not used any more."""
        if isinstance(error, LinkLost):
            self._leave(link)
        return verdict(error)

    async def hear(self, topic: str, told: Callable[[bytes], None]) -> None:
        """Call `told` with each payload on `topic`, over this connection: ask anew after each.

        Raises:
            DeliveryError: there is no connection, or the broker does not let us hear it.

        """
        link = await self.connected()
        self._ears[topic] = told
        try:
            async with asyncio.timeout(self._settings.ack_timeout_s):
                await link.hear(topic)
        except TimeoutError as error:
            raise DeliveryError(str(error), retriable=True, reason="ack_timeout") from error
        except LinkLost as error:
            forbidden = error.reason == SUBSCRIPTION_REFUSED
            raise DeliveryError(str(error), retriable=not forbidden, reason="refused") from error

    async def keep(self) -> None:
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
        link = self.link
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
            self._begun()
            self.link = link
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
        if self.link is link:
            self.link = None
            self._linked.clear()
            self._watcher.connected(stands=False)

    def _heard(self, message: Heard) -> None:
        told = self._ears.get(message.topic)
        if told is not None:
            told(message.payload)
        link = self.link
        if link is not None and message.topic == self._status and message.payload == OFFLINE:
            # a predecessor's will came late, or another replica left: the service is still here
            self._announce(link).add_done_callback(_forget)

    def _announce(self, link: Link) -> asyncio.Future[None]:
        now = self._clock.now()
        return link.send(self._composer.presence(link.protocol, now, online=True))


def _forget(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
