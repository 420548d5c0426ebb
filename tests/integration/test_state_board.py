"""Retained states on a real broker: what left the books leaves the broker, also after a restart."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt
from alerts.sinks.mqtt.listen import listening
from monitor.app.state_board import STATES_AGAIN_MS, StateBoard
from monitor.core.clock import ManualClock, SystemClock
from monitor.store.keys import Keys
from monitor.store.published import PublishedTopics
from tests.listeners import listening as hearing
from tests.publishing import Contract
from tests.servers import TestBroker

pytestmark = pytest.mark.integration


def view(value: float) -> dict[str, Any]:
    """Return a company's view with one reading."""
    return {"mining_margin_ratio": {"value": value, "unit": "ratio", "quality": "ok"}}


async def retained(broker: MqttSettings, marker: str) -> set[str]:
    """Return the companies that a new subscriber is told of, up to the state of `marker`."""
    found: set[str] = set()
    topic = f"hashhedge/v1/{broker.instance}/company/+/state"
    async with asyncio.timeout(10), listening(broker, topic) as messages:
        async for message in messages:
            ticker = message.topic.split("/")[4]
            found |= {ticker} if message.payload else set()
            if ticker == marker:
                return found
    raise AssertionError("no marker")


async def test_a_company_that_left_while_we_were_down_is_taken_back(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """The board after a restart clears what the one before had published and nobody has now."""
    broker = MqttSettings(url=MqttUrl.parse(mosquitto.url), instance=tag)
    published = PublishedTopics(redis, Keys(tag))
    for number, companies in enumerate(({"GONE", "STAYS"}, {"STAYS"})):
        async with open_mqtt(broker) as sink:
            board = StateBoard(sink, SystemClock(), published)
            await board.show({}, {name: view(0.1 * number) for name in companies}, {})
    assert await retained(broker, "STAYS") == {"STAYS"}
    assert await published.names() == {f"hashhedge/v1/{tag}/company/STAYS/state"}


async def test_a_role_that_has_not_spoken_yet_clears_nothing(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """Before compute has shown its companies, none of them counts as gone."""
    broker = MqttSettings(url=MqttUrl.parse(mosquitto.url), instance=tag)
    published = PublishedTopics(redis, Keys(tag))
    async with open_mqtt(broker) as sink:
        await StateBoard(sink, SystemClock(), published).show({}, {"STAYS": view(0.1)}, {})
        await StateBoard(sink, SystemClock(), published).show({}, {}, {})
    assert await retained(broker, "STAYS") == {"STAYS"}


async def test_each_board_state_comes_as_the_contract_says(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """Market and company states expire, a feed's never does; each meets its schema (row F01)."""
    health = {"state": "fresh", "failures": [], "last_success": 1_768_229_760_000}
    contract, published = Contract(), PublishedTopics(redis, Keys(tag))
    settings = MqttSettings(url=MqttUrl.parse(mosquitto.url), instance=tag)
    async with (
        hearing(mosquitto.url, f"hashhedge/v1/{tag}/#", as_published=True) as listener,
        open_mqtt(settings) as sink,
    ):
        board = StateBoard(sink, SystemClock(), published)
        await board.show({"BTC-USD": view(1)["mining_margin_ratio"]}, {"RIOT": view(0.1)}, {})
        await board.show({}, {"RIOT": view(0.1)}, {"coinbase": health})
        await listener.wait_for("/feed/coinbase/state")
    seen = set()
    for message in listener.heard:
        (channel,) = contract.channels_of(message.topic)
        declared = contract.operation_on(channel)["bindings"]["mqtt"]
        assert (message.qos, message.retain) == (declared["qos"], declared["retain"])
        if message.payload:
            lives_s = message.properties.get("MessageExpiryInterval", 0)
            most_s = declared.get("messageExpiryInterval", 0)
            assert most_s - 5 < lives_s <= most_s if most_s else not lives_s
            if most_s:  # a reader of 3.1.1 has no property (row F08)
                sent_at, expires_at = (
                    datetime.fromisoformat(message.json[it]) for it in ("sent_at", "expires_at")
                )
                assert (expires_at - sent_at).total_seconds() == most_s
        seen |= {(channel, it) for it in contract.message_of(channel, message.payload)}
    assert seen >= {
        ("feed_state", "feed-state"),
        ("company_state", "company-state"),
        ("market_state", "market-state"),
        ("market_state", "cleared"),
        ("market_tick", "market-state"),
    }


async def test_a_state_that_did_not_change_is_said_again_in_time_and_not_before(
    redis: Redis, mosquitto: TestBroker, tag: str
) -> None:
    """A state expires at the broker: a turn without news goes by silently, until it is due."""
    clock = ManualClock(1_000_000)
    broker = MqttSettings(url=MqttUrl.parse(mosquitto.url), instance=tag)
    same = {"STAYS": view(0.1)}
    async with (
        hearing(mosquitto.url, f"hashhedge/v1/{tag}/company/#") as listener,
        open_mqtt(broker) as sink,
    ):
        board = StateBoard(sink, clock, PublishedTopics(redis, Keys(tag)))
        market: dict[str, Any] = {}
        for wait in (0, STATES_AGAIN_MS - 1, 1, 1):
            clock.advance(wait)
            await board.show(market, same, {})
        await board.show(market, {**same, "LAST": view(0.2)}, {})
        await listener.wait_for("/company/LAST/state")
    assert len(listener.on("/company/STAYS/state")) == 2
