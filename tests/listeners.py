"""A reader of MQTT that remembers what it saw, as a phone or a dashboard would be."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from alerts.schemas.sizes import MAX_BYTES
from tests.waiting import wait_until

_SAID = re.compile(r"hashhedge/v1/[^/]+/(alert|company|feed|market|status|user)/")


@dataclass(frozen=True)
class Heard:
    """One message as it arrived."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    properties: dict[str, Any]

    @property
    def said(self) -> bool:
        """Tell whether its topic is one on which hashhedge speaks, not one on which it is spoken to."""
        return _SAID.match(self.topic) is not None

    @property
    def json(self) -> dict[str, Any]:
        """Return the payload as an object."""
        value: dict[str, Any] = json.loads(self.payload)
        return value


@dataclass
class Listener:
    """What arrived so far, in order."""

    heard: list[Heard] = field(default_factory=list)

    def on(self, end: str) -> list[Heard]:
        """Return the messages on topics that end in `end`."""
        return [message for message in self.heard if message.topic.endswith(end)]

    def words(self, end: str) -> list[str]:
        """Return the payloads on topics that end in `end`, as text."""
        return [message.payload.decode() for message in self.on(end)]

    async def wait_for(self, end: str, count: int = 1, timeout: float = 10.0) -> list[Heard]:  # noqa: ASYNC109 - see wait_until
        """Return the messages on topics that end in `end` when there are `count`."""
        await wait_until(
            lambda: len(self.on(end)) >= count, f"{count} messages on …{end}", timeout=timeout
        )
        return self.on(end)


@asynccontextmanager
async def listening(
    url: str,
    topic: str,
    *,
    client_id: str | None = None,
    session_s: int = 0,
    v311: bool = False,
    as_published: bool = False,
) -> AsyncIterator[Listener]:
    """Subscribe to `topic` with QoS 1; a session longer than 0 s is kept when leaving.

    `as_published` (MQTT 5): each message shows whether its publisher wants it retained. Whatever test
    hears of what we say to people and programs holds it to the size of one message (row F30).
    """
    place = urlsplit(url)
    options = _options(session_s, v311=v311)
    listener = Listener()
    async with aiomqtt.Client(
        place.hostname or "",
        place.port or 0,
        identifier=client_id,
        username=place.username,
        password=place.password,
        **options,
    ) as client:
        if as_published:
            wanted = SubscribeOptions(qos=1, retainAsPublished=True)
            await client.subscribe(topic, options=wanted)
        else:
            await client.subscribe(topic, qos=1)
        reader = asyncio.create_task(_read(client, listener))
        try:
            yield listener
        finally:
            reader.cancel()
            await asyncio.wait([reader])
        too_large = [it for it in listener.heard if it.said and len(it.payload) > MAX_BYTES]
        assert too_large == [], f"over {MAX_BYTES} bytes: {too_large[0].topic}"


def _options(session_s: int, *, v311: bool) -> dict[str, Any]:
    if v311:
        return {"protocol": aiomqtt.ProtocolVersion.V311}
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = session_s
    return {
        "protocol": aiomqtt.ProtocolVersion.V5,
        "properties": properties,
        "clean_start": session_s == 0,
    }


async def _read(client: aiomqtt.Client, listener: Listener) -> None:
    async for message in client.messages:
        properties = message.properties.json() if message.properties else {}
        payload = message.payload
        assert isinstance(payload, bytes)
        listener.heard.append(
            Heard(str(message.topic), payload, message.retain, message.qos, properties)
        )
