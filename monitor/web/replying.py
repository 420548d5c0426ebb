"""What goes back to a sender over MQTT: on which topic, for how long, under which correlation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

import msgspec

from alerts.sinks.mqtt.link import V5, LinkLost, Message, ProtocolName, Refused
from alerts.sinks.mqtt.properties import PublishProperties
from alerts.topics import DELIVERY, Kind
from monitor.core.clock import SECOND, Millis, iso
from monitor.web.delivery import Reply

_EXPIRY_MS = DELIVERY[Kind.USER_REPLY].expiry_ms or 0


class Line(Protocol):
    """A connection that an answer can go over."""

    protocol: ProtocolName

    def send(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Send; see `alerts.sinks.mqtt.link.Link`."""
        ...


async def send_answer(line: Line, topic: str, reply: Reply, now: Millis) -> None:
    """Tell the sender, if he listens; an answer that gets lost is none that is owed."""
    answers, properties = [dict(it) for it in (reply.answer, *reply.more)], None
    if reply.to:
        for answer in answers:
            answer["expires_at"] = iso(now + _EXPIRY_MS)
        if line.protocol == V5:
            seconds = _EXPIRY_MS // SECOND
            properties = PublishProperties(seconds, correlation=reply.correlation)
    qos = DELIVERY[Kind.USER_REPLY if reply.to else Kind.INGEST_ANSWER].qos
    payloads = map(msgspec.json.encode, answers)
    messages = [Message(topic, it, qos=qos, properties=properties) for it in payloads]
    with contextlib.suppress(LinkLost, Refused):
        await line.send(messages)
