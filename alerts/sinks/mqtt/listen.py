"""A subscriber of our own: hears what a stranger with the same topics would hear.

The demo counts with it what really came back from the broker, `doctor` tries the service's own road
with it, and the relay finds what a broker still holds; tests listen with it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from alerts.sinks.mqtt.connect import MqttSettings, visit
from alerts.sinks.mqtt.link import Link, LinkLost
from alerts.sinks.mqtt.packets import Heard
from monitor.core.errors import DeliveryError


@asynccontextmanager
async def listening(
    settings: MqttSettings, *topics: str, qos: int = 1
) -> AsyncIterator[AsyncIterator[Heard]]:
    """Subscribe to `topics` for the block; yield the messages.

    Raises:
        DeliveryError: the broker cannot be reached, refused us or a subscription, or went away; its
            reason is one of `refusals.HINTS`.
        ConfigError: a TLS file or the password file cannot be used.

    """
    came: asyncio.Queue[Heard | LinkLost] = asyncio.Queue()
    try:
        link = await visit(settings, f"listen-{secrets.token_hex(4)}", came.put_nowait)
        try:
            async with asyncio.timeout(settings.ack_timeout_s):
                for topic in topics:
                    await link.hear(topic, qos)
            watch = asyncio.create_task(_tell_the_end(link, came))
            try:
                yield _messages(came)
            finally:
                watch.cancel()
        finally:
            with suppress(LinkLost):
                await link.close()
            link.abort()
    except (LinkLost, TimeoutError) as error:
        reason = error.reason if isinstance(error, LinkLost) else "timeout"
        why = str(error) or "no answer to the subscription"
        text = f"listen on {', '.join(topics)}: {why}"
        raise DeliveryError(text, retriable=True, reason=reason) from error


async def _tell_the_end(link: Link, came: asyncio.Queue[Heard | LinkLost]) -> None:
    came.put_nowait(await link.lost())


async def _messages(came: asyncio.Queue[Heard | LinkLost]) -> AsyncIterator[Heard]:
    while True:
        heard = await came.get()
        if isinstance(heard, LinkLost):
            raise heard
        yield heard
