"""A subscriber of our own: hears what a stranger with the same topics would hear.

The demo counts with it what really came back from the broker; tests listen with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt

from alerts.sinks.mqtt.connect import TlsFiles, tls_context
from alerts.sinks.mqtt.refusals import reason_of
from alerts.sinks.mqtt.url import MqttUrl
from monitor.core.errors import DeliveryError

CONNECT_TIMEOUT_S = 5.0


@asynccontextmanager
async def listening(
    url: MqttUrl, topic: str, *, password: str | None = None, tls: TlsFiles | None = None
) -> AsyncIterator[AsyncIterator[tuple[str, bytes]]]:
    """Subscribe to `topic` with QoS 1 for the block; yield the messages as (topic, payload).

    Raises:
        DeliveryError: the broker cannot be reached.

    """
    try:
        async with aiomqtt.Client(
            url.host,
            url.port,
            username=url.user,
            password=password,
            tls_context=tls_context(tls or TlsFiles()) if url.tls else None,
            timeout=CONNECT_TIMEOUT_S,
        ) as client:
            await client.subscribe(topic, qos=1)
            yield _messages(client)
    except aiomqtt.MqttError as error:
        reason = reason_of(error)
        text = f"listen on {topic}: {error}"
        raise DeliveryError(text, retriable=True, reason=reason) from error


async def _messages(client: aiomqtt.Client) -> AsyncIterator[tuple[str, bytes]]:
    async for message in client.messages:
        if isinstance(message.payload, bytes):
            yield str(message.topic), message.payload
