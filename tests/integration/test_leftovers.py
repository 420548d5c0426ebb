"""What a broker holds though nobody stands by it: an older store, or one that was used before, is put right."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from alerts.home_assistant.discovery import Discovery
from alerts.reasons import Reason
from alerts.sinks.mqtt import MqttSettings, MqttSink, open_mqtt
from alerts.sinks.mqtt.link import Message
from monitor.app.boards import Boards
from monitor.app.leftovers import KINDS
from monitor.app.world import load_world
from monitor.compute.alert_list import AlertList
from monitor.core.clock import SystemClock
from monitor.settings import Settings
from monitor.store.alert_states import AlertStates
from monitor.store.client import RedisClient
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.views import ViewStore
from tests.integration.test_alert_board import settle
from tests.listeners import Heard, listening
from tests.servers import TestBroker, start_broker
from tests.sinks import note, settings
from tests.transitions import AT, transition
from tests.waiting import wait_for, wait_until

pytestmark = pytest.mark.integration
VIEW = {"mining_margin_ratio": {"value": 0.1, "unit": "ratio", "quality": "ok"}}
FEED = {"state": "fresh", "failures": [], "last_success": AT}


@asynccontextmanager
async def relaying(
    redis: RedisClient, broker: MqttSettings, discovery: Discovery | None = None
) -> AsyncIterator[tuple[MqttSink, Boards]]:
    """Open the relay's sink and its boards, after every role has spoken."""
    keys = Keys(broker.instance)
    await AlertStates(redis, keys).write_list(msgspec.json.encode(AlertList()))
    await ViewStore(redis, keys).write({}, {"RIOT": VIEW})
    await FeedStore(redis, keys).write({"gemini": FEED})
    async with open_mqtt(broker) as sink:
        world = load_world(Settings(), SystemClock().now())
        boards = Boards(sink, redis, keys, SystemClock(), lambda: world, discovery)
        try:
            yield sink, boards
        finally:
            boards.close()


async def turns_until(boards: Boards, logs: Sequence[Mapping[str, object]], event: str) -> None:
    """Let the boards have their turns until they say `event`."""

    async def said() -> bool:
        await boards.turn(bool)
        return any(it["event"] == event for it in logs)

    await wait_for(said, event, timeout=30)


async def held(url: str, topic: str, last: str) -> dict[str, Heard]:
    """Return what a new reader is told at once, up to the topic that ends in `last`."""
    async with listening(url, topic) as listener:
        await listener.wait_for(last)
        return {it.topic: it for it in listener.heard if it.retain and it.payload}


async def put(url: str, tag: str, *topics: str, payload: bytes = b"{}") -> None:
    """Leave retained messages, as somebody did before."""
    async with open_mqtt(settings(url, tag, replica="other")) as sink:
        link = await sink._kept.connected()
        await link.send([Message(topic, payload, retain=True) for topic in topics])


async def test_an_older_store_raises_no_phantom(
    redis: RedisClient, tmp_path: Path, tag: str
) -> None:
    """A rule fires, the broker saves, the rule goes, the broker dies and returns with what it saved."""
    broker = start_broker("mosquitto", tmp_path, persistent=True)
    stays, goes = transition(key="RIOT"), transition(rule="warn", key="RIOT")
    gone = transition(rule="warn", key="RIOT", reason=Reason.RULE_REMOVED, number=2)
    database = tmp_path / "mosquitto.db"
    try:
        with capture_logs() as logs:
            async with relaying(redis, settings(broker.url, tag)) as (sink, boards):
                await sink.publish(note(stays))
                await sink.publish(note(goes))
                await settle(redis, tag, stays, goes)
                broker.process.send(signal.SIGUSR1)
                await wait_until(database.exists, "the store to be saved")
                await sink.publish(note(gone))
                await settle(redis, tag, gone)
                broker.kill()
                broker.start()
                await wait_until(lambda: sink.connections == 2, "the second connection")
                await turns_until(boards, logs, "mqtt.leftovers_taken_back")
        found = await held(broker.url, f"hashhedge/v1/{tag}/alert/#", "margin-low/RIOT/state")
    finally:
        broker.stop()
    assert list(found) == [f"hashhedge/v1/{tag}/alert/margin-low/RIOT/state"]


async def test_only_ones_own_leftovers_are_taken_back(
    redis: RedisClient, own_mosquitto: TestBroker, tag: str
) -> None:
    """Alerts, companies, prices and feeds of before go; what stands and what is another's stays."""
    base, other = f"hashhedge/v1/{tag}", f"hashhedge/v1/{tag}-2"
    left = (
        *("alert/warn/RIOT/state", "user/ana/state/warn.RIOT", "company/HIVE/state"),
        *("market/ETH-USD/state", "feed/old/state"),
    )
    left_here = [f"{base}/{it}" for it in left]
    await put(own_mosquitto.url, tag, *left_here, *(f"{other}/{it}" for it in left))
    await settle(redis, tag, transition(key="RIOT"), transition(rule="ana.mine", key="RIOT"))
    with capture_logs() as logs:
        async with relaying(redis, settings(own_mosquitto.url, tag)) as (sink, boards):
            # as yet nobody but the sink knows of this one
            await sink.publish(note(transition(rule="fresh")))
            await turns_until(boards, logs, "mqtt.leftovers_taken_back")
            found = await held(own_mosquitto.url, "hashhedge/v1/#", "-2/feed/old/state")
    assert {it.removeprefix("hashhedge/v1/") for it in found} == {
        f"{tag}/alert/margin-low/RIOT/state",
        f"{tag}/alert/fresh/RIOT/state",
        f"{tag}/user/ana/state/mine.RIOT",
        f"{tag}/company/RIOT/state",
        f"{tag}/feed/gemini/state",
        f"{tag}/status",
        f"{tag}/status/detail",
        *(f"{tag}-2/{it}" for it in left),
    }
    (said,) = [it for it in logs if it["event"] == "mqtt.leftovers_taken_back"]
    assert said["topics"] == len(left)


async def test_what_nobody_has_spoken_of_yet_stays(
    redis: RedisClient, own_mosquitto: TestBroker, tag: str
) -> None:
    """A relay that is up before compute and feeds takes nothing back until they have spoken."""
    topics = [f"hashhedge/v1/{tag}/alert/warn/RIOT/state", f"hashhedge/v1/{tag}/feed/old/state"]
    await put(own_mosquitto.url, tag, *topics)
    keys, world = Keys(tag), load_world(Settings(), SystemClock().now())
    with capture_logs() as logs:
        async with open_mqtt(settings(own_mosquitto.url, tag)) as sink:
            boards = Boards(sink, redis, keys, SystemClock(), lambda: world, None)

            async def found() -> bool:
                await boards.turn(bool)
                return bool(boards._leftovers._found)

            await wait_for(found, "the look", timeout=30)
            await boards.turn(bool)
            assert sorted(boards._leftovers._found) == sorted(topics)
            await AlertStates(redis, keys).write_list(msgspec.json.encode(AlertList()))
            await FeedStore(redis, keys).write({"gemini": FEED})
            await turns_until(boards, logs, "mqtt.leftovers_taken_back")
            boards.close()
    left = await held(own_mosquitto.url, f"hashhedge/v1/{tag}/#", "gemini/state")
    assert not left.keys() & set(topics)


async def test_thousands_of_leftovers_are_taken_back(
    redis: RedisClient, own_mosquitto: TestBroker, tag: str
) -> None:
    """More than a broker queues for one subscriber: as many looks as it takes."""
    topics = [f"hashhedge/v1/{tag}/alert/warn/K{number}/state" for number in range(3_000)]
    await put(own_mosquitto.url, tag, *topics, payload=b"x" * 800)
    with capture_logs() as logs:
        async with relaying(redis, settings(own_mosquitto.url, tag)) as (_, boards):

            async def taken() -> bool:
                await boards.turn(bool)
                said = [it["topics"] for it in logs if it["event"] == "mqtt.leftovers_taken_back"]
                return bool(sum(said) == len(topics))

            await wait_for(taken, "all of them", timeout=60)


async def test_configurations_of_before_are_taken_back(
    redis: RedisClient, own_mosquitto: TestBroker, tag: str
) -> None:
    """Home Assistant's of this instance, by the availability in it; those of others stay."""
    discovery = Discovery(tag)
    ours = {"availability": [{"topic": f"hashhedge/v1/{tag}/status"}]}
    theirs = {"availability": [{"topic": f"hashhedge/v1/{tag}-2/status"}]}
    topics = {
        f"homeassistant/device/hashhedge_{tag}_OLD/config": ours,
        f"homeassistant/sensor/hashhedge_{tag}_OLD/margin/config": ours,
        f"homeassistant/device/hashhedge_{tag}-2_OLD/config": theirs,
        "homeassistant/light/lamp/config": {"name": "lamp"},
    }
    for topic, config in topics.items():
        await put(own_mosquitto.url, tag, topic, payload=json.dumps(config).encode())
    with capture_logs() as logs:
        broker = settings(own_mosquitto.url, tag)
        async with relaying(redis, broker, discovery) as (_, boards):
            await turns_until(boards, logs, "mqtt.leftovers_taken_back")
    found = await held(own_mosquitto.url, "homeassistant/#", "lamp/config")
    assert {it for it in found if "RIOT" not in it and it not in topics} == {
        f"homeassistant/device/hashhedge_{tag}/config"
    }
    assert set(topics) & set(found) == set(list(topics)[2:])


async def test_a_broker_that_refuses_the_look_is_named_once(
    redis: RedisClient, tmp_path: Path, tag: str
) -> None:
    """Rules that let us write only: said once with the mend, and everything else goes on."""
    plugin = Path("/usr/lib") / "x86_64-linux-gnu" / "mosquitto_dynamic_security.so"
    if not plugin.exists():
        pytest.skip("mosquitto's plugin of dynamic security is not here")
    (tmp_path / "rules.json").write_text(json.dumps(rules(tag)))
    extra = f"plugin {plugin}\nplugin_opt_config_file {tmp_path}/rules.json\n"
    broker = start_broker("mosquitto", tmp_path, extra=extra)
    try:
        with capture_logs() as logs:
            async with relaying(redis, settings(broker.url, tag)) as (sink, boards):
                await turns_until(boards, logs, "mqtt.leftovers_unknown")
                await sink.publish(note(transition()))
                broker.kill()
                broker.start()
                await wait_until(lambda: sink.connections == 2, "the second connection")

                async def looked() -> bool:
                    await boards.turn(bool)
                    return boards._leftovers._connection == 2 and not boards._leftovers._looks

                await wait_for(looked, "the second look", timeout=30)
    finally:
        broker.stop()
    (said,) = [it for it in logs if it["event"] == "mqtt.leftovers_unknown"]
    assert said["reason"] == "subscription_refused"
    assert "read" in said["hint"]


def rules(tag: str) -> dict[str, object]:
    """Return dynamic security's rules: anybody may write, and read nothing but the status."""
    base = f"hashhedge/v1/{tag}"
    allowed = (
        ("publishClientSend", "#"),
        ("publishClientReceive", "#"),
        ("subscribePattern", f"{base}/status"),
    )
    acls = [{"acltype": kind, "topic": topic, "allow": True} for kind, topic in allowed]
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": True,
            "subscribe": False,
            "unsubscribe": True,
        },
        "roles": [{"rolename": "writer", "acls": acls}],
        "groups": [{"groupname": "all", "roles": [{"rolename": "writer"}]}],
        "anonymousGroup": "all",
        "clients": [],
    }


def test_every_retained_kind_is_looked_at() -> None:
    """All kinds that are retained, but the service's own status and what nobody says yet."""
    from alerts.topics import DELIVERY, Kind  # noqa: PLC0415

    spared = {Kind.STATUS, Kind.STATUS_DETAIL, Kind.META}
    assert set(KINDS) == {kind for kind, it in DELIVERY.items() if it.retain} - spared
