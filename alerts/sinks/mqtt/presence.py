"""Who publishes under an instance's topics now, as the broker remembers it.

Two publishers under one instance overwrite each other's retained states, and under one client id
the broker cuts off the first when the second comes. Whoever is not meant to stand in for a live
service looks here before it says a word.
"""

from __future__ import annotations

import asyncio

import msgspec

from alerts.schemas.payloads import StatusDetail
from alerts.sinks.mqtt.connect import ONLINE, MqttSettings
from alerts.sinks.mqtt.listen import listening
from alerts.topics import Topics

RETAINED_WAIT_S = 1.0
"""No broker says that it has no retained message; they come right behind the subscription."""
TURNS_WAIT_S = 2.5
"""Longer than the pause that two publishers in a clash keep between their connections."""
UNNAMED = "a publisher that does not say who it is"


async def other_publisher(settings: MqttSettings, *, wait_s: float = RETAINED_WAIT_S) -> str | None:
    """Return the client id of whoever is online under our instance, None if nobody else is.

    Our own client id is no other: a replay that was killed is online until the broker tells its
    will, and goes on under the same id. A service whose will is still to come counts as online.

    Raises:
        DeliveryError: the broker cannot be reached.
        ConfigError: a TLS file or the password file cannot be used.

    """
    topics = Topics(settings.instance)
    status, detail = topics.status().name, topics.status_detail().name
    heard: dict[str, bytes] = {}
    async with listening(settings, f"{status}/#") as messages:
        try:
            async with asyncio.timeout(wait_s):
                async for message in messages:
                    heard[message.topic] = message.payload
                    if heard.keys() >= {status, detail}:
                        break
        except TimeoutError:
            pass
    if heard.get(status) != ONLINE:
        return None
    who = _client_id(heard.get(detail, b""))
    return None if who == settings.client_id else who


async def rival_publishers(settings: MqttSettings) -> tuple[str, ...]:
    """Return the client ids of publishers that take turns under our instance; empty: there is no clash.

    Whoever publishes says who it is at each connection. One that comes back after another has spoken
    is thrown out by it again and again; a service that was just started anew is not.

    Raises:
        DeliveryError: the broker cannot be reached.
        ConfigError: a TLS file or the password file cannot be used.

    """
    detail = Topics(settings.instance).status_detail().name
    runs: list[tuple[str, str]] = []
    async with listening(settings, detail) as messages:
        try:
            async with asyncio.timeout(RETAINED_WAIT_S) as limit:
                async for message in messages:
                    if runs:  # somebody has just connected: stay, and see who comes next
                        limit.reschedule(asyncio.get_running_loop().time() + TURNS_WAIT_S)
                    who = _publisher(message.payload)
                    if who is not None and who in runs[:-1] and who != runs[-1]:
                        return tuple(sorted({who[0], *(it[0] for it in runs)}))
                    runs.append(who or (UNNAMED, ""))
        except TimeoutError:
            pass
    return ()


def _publisher(payload: bytes) -> tuple[str, str] | None:
    try:
        detail = msgspec.json.decode(payload, type=StatusDetail)
    except msgspec.DecodeError:
        return None
    return detail.client_id, detail.run


def _client_id(payload: bytes) -> str:
    """Return who wrote a status detail; of one that nobody can read, that it is unnamed."""
    try:
        return msgspec.json.decode(payload, type=StatusDetail).client_id
    except msgspec.DecodeError:
        return UNNAMED
