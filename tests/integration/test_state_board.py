"""Retained states on a real broker: what left the books leaves the broker, also after a restart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt
from alerts.sinks.mqtt.listen import listening
from monitor.app.relaying import StateBoard
from monitor.core.clock import SystemClock
from monitor.store.keys import Keys
from monitor.store.published import PublishedTopics
from tests.servers import TestBroker

pytestmark = pytest.mark.integration


def view(value: float) -> dict[str, Any]:
    """Return a company's view with one reading."""
    return {"mining_margin_ratio": {"value": value, "unit": "ratio", "quality": "ok"}}


async def retained(url: MqttUrl, instance: str, marker: str) -> set[str]:
    """Return the companies that a new subscriber is told of, up to the state of `marker`."""
    found: set[str] = set()
    topic = f"hashhedge/v1/{instance}/company/+/state"
    async with asyncio.timeout(10), listening(url, topic) as messages:
        async for name, payload in messages:
            found |= {name.split("/")[4]} if payload else set()
            if name.split("/")[4] == marker:
                return found
    raise AssertionError("no marker")


async def test_a_company_that_left_while_we_were_down_is_taken_back(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """The board after a restart clears what the one before had published and nobody has now."""
    url = MqttUrl.parse(mosquitto.url)
    published = PublishedTopics(redis, Keys(tag))
    for number, companies in enumerate(({"GONE", "STAYS"}, {"STAYS"})):
        async with open_mqtt(MqttSettings(url=url, instance=tag)) as sink:
            board = StateBoard(sink, SystemClock(), published)
            await board.show({}, {name: view(0.1 * number) for name in companies}, {})
    assert await retained(url, tag, "STAYS") == {"STAYS"}
    assert await published.names() == {f"hashhedge/v1/{tag}/company/STAYS/state"}


async def test_a_role_that_has_not_spoken_yet_clears_nothing(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """Before compute has shown its companies, none of them counts as gone."""
    url = MqttUrl.parse(mosquitto.url)
    published = PublishedTopics(redis, Keys(tag))
    async with open_mqtt(MqttSettings(url=url, instance=tag)) as sink:
        await StateBoard(sink, SystemClock(), published).show({}, {"STAYS": view(0.1)}, {})
        await StateBoard(sink, SystemClock(), published).show({}, {}, {})
    assert await retained(url, tag, "STAYS") == {"STAYS"}
