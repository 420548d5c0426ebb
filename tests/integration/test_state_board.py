"""Retained states on a real broker: what left the books leaves the broker, also after a restart."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt
from alerts.sinks.mqtt.listen import listening
from monitor.app.refusals import REFUSED_MS
from monitor.app.state_board import STATES_AGAIN_MS, StateBoard
from monitor.core.clock import ManualClock, SystemClock
from monitor.store.keys import Keys
from monitor.store.published import PublishedTopics
from tests.listeners import listening as hearing
from tests.publishing import Contract
from tests.servers import TestBroker, start_broker

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
            clock.advance_to(clock.now() + wait)
            await board.show(market, same, {})
        await board.show(market, {**same, "LAST": view(0.2)}, {})
        await listener.wait_for("/company/LAST/state")
    assert len(listener.on("/company/STAYS/state")) == 2


async def test_what_a_broker_refuses_keeps_no_other_state_from_it(
    redis: Redis, tmp_path: Path, tag: str
) -> None:
    """Nothing of the market may be written, and one company is too large: the rest stands there.

    Mosquitto 2.0.11 ends the connection at what it refuses, over which alerts go as well.
    """
    below, clock = f"hashhedge/v1/{tag}", ManualClock(1_000_000)
    allowed = [f"topic write {below}/{it}/#" for it in ("company", "status")]
    (tmp_path / "acl").write_text("\n".join(["topic read #", *allowed]) + "\n", encoding="utf-8")
    broker = start_broker("mosquitto", tmp_path, extra=f"acl_file {tmp_path / 'acl'}\n")
    try:
        settings = MqttSettings(url=MqttUrl.parse(broker.url), instance=tag)
        async with (
            hearing(broker.url, f"{below}/#") as listener,
            open_mqtt(settings) as sink,
        ):
            board = StateBoard(sink, clock, PublishedTopics(redis, Keys(tag)))
            with structlog.testing.capture_logs() as told:
                for value in (0.1, 0.2, 0.3):
                    clock.advance(1.0)
                    market = {"BTC-USD": view(value)["mining_margin_ratio"]}
                    huge = {"BIG": {"m" * 300_000: view(value)["mining_margin_ratio"]}}
                    companies = {it: view(value) for it in ("RIOT", "LAST")}
                    await board.show(market, huge | companies, {})
                clock.advance(REFUSED_MS / 1_000)
                await board.show({"BTC-USD": view(1)["mining_margin_ratio"]}, {"RIOT": view(1)}, {})
            await listener.wait_for("/company/LAST/state", 4)  # three, and its end
    finally:
        broker.stop()
    assert len(listener.on("/company/RIOT/state")) == 4
    assert not listener.on("/market/BTC-USD/state")
    refused = [it for it in told if it["event"] == "states.refused"]
    market_state, too_large = f"{below}/market/BTC-USD/state", f"{below}/company/BIG/state"
    assert [it["topic"] for it in refused] == [market_state, too_large, market_state]
    assert f"{below}/#" in refused[0]["hint"]
    assert "larger packets" in refused[1]["hint"]
    assert len([it for it in told if it["event"] == "mqtt.not_connected"]) <= 4
