"""Retained alert states as a whole: repeated where a broker has lost them, ended where they are no more."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import pytest
import structlog

from alerts.codec import encode_transition
from alerts.home_assistant.discovery import Discovery
from alerts.model import AlertState, Transition
from alerts.outbox import Outbox
from alerts.reasons import Reason
from alerts.sinks.mqtt import open_mqtt
from monitor.app.alert_board import AlertBoard
from monitor.app.boards import Boards
from monitor.app.world import load_world
from monitor.compute.alert_list import AlertList
from monitor.core.clock import ManualClock, SystemClock
from monitor.core.errors import DeliveryError
from monitor.settings import Settings
from monitor.store.alert_states import AlertStates
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxStream
from monitor.store.views import ViewStore
from tests.listeners import listening
from tests.servers import TestBroker, start_broker
from tests.sinks import note, settings
from tests.transitions import transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

NOT_OF_USERS = """topic read #
topic write {below}/alert/#
topic write {below}/company/#
topic write {below}/status/#
topic write homeassistant/#
"""
"""The rights of a service that may say nothing of users."""


async def settle(redis: RedisClient, tag: str, *told: Transition) -> None:
    """Let transitions be delivered, as the relay settles them."""
    keys = Keys(tag)
    stream = OutboxStream(
        redis,
        keys.outbox,
        consumer="a",
        dead_key=keys.dead_letters,
        states_key=keys.alert_states,
    )
    outbox = Outbox(stream)
    await outbox.start()
    for each in told:
        await redis.xadd(keys.outbox, {"n": encode_transition(each)})
    await outbox.settle(await outbox.read(1, len(told)))


async def test_what_is_settled_is_remembered_until_its_rule_goes(
    redis: RedisClient, tag: str
) -> None:
    """The last state of each alert is kept; what only happened, and a shadow, leaves none."""
    states = AlertStates(redis, Keys(tag))
    fired = transition(key="RIOT")
    ended = transition(key="RIOT", to_state=AlertState.RESOLVED, number=2)
    await settle(redis, tag, fired, ended, transition(key="HIVE"))
    await settle(redis, tag, transition(key="A", to_state=AlertState.NOTED))
    await settle(redis, tag, transition(key="B", muted_by="shadow"))
    assert await states.told() == {
        "margin-low|RIOT": encode_transition(ended),
        "margin-low|HIVE": encode_transition(transition(key="HIVE")),
    }
    await settle(redis, tag, transition(key="HIVE", reason=Reason.RULE_REMOVED, number=3))
    assert await states.names() == {"margin-low|RIOT"}


async def test_a_broker_that_lost_its_store_has_every_state_again(
    redis: RedisClient, own_mosquitto: TestBroker, tag: str
) -> None:
    """An empty broker comes back: each alert's state is retained again, as it was said last."""
    fired = transition(key="RIOT")
    await settle(redis, tag, fired)
    async with open_mqtt(settings(own_mosquitto.url, tag)) as sink:
        world = load_world(Settings(), SystemClock().now())
        boards = Boards(sink, redis, Keys(tag), SystemClock(), lambda: world, None)
        await sink.publish(note(fired))
        await boards.turn(bool)
        own_mosquitto.kill()
        own_mosquitto.start()
        await wait_until(lambda: sink.connections == 2, "the second connection")
        await boards.turn(bool)
        async with listening(own_mosquitto.url, f"hashhedge/v1/{tag}/alert/#") as listener:
            (state,) = await listener.wait_for("/alert/margin-low/RIOT/state")
    assert (state.retain, state.json["id"]) == (True, fired.id)
    assert not listener.on("/event")


async def test_what_is_read_late_does_not_undo_what_was_said(
    redis: RedisClient, mosquitto: TestBroker, tag: str
) -> None:
    """The end goes out while a repeat of the fire is on its way: the end stands."""
    fired = transition(key="RIOT")
    ended = transition(key="RIOT", to_state=AlertState.RESOLVED, number=2)
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/alert/#") as listener,
        open_mqtt(settings(mosquitto.url, tag)) as sink,
    ):
        await sink.publish(note(fired))
        await sink.publish(note(ended))
        await sink.repeat_state(fired)
        await sink.repeat_state(ended)
        await listener.wait_for("/state", 3)
    assert [it.json["state"] for it in listener.on("/state")] == ["firing", "resolved", "resolved"]


async def test_only_what_is_gone_and_was_told_is_taken_back(
    redis: RedisClient, mosquitto: TestBroker, tag: str
) -> None:
    """A rule that left: its state ends, once; the others stay."""
    states = AlertStates(redis, Keys(tag))
    await settle(redis, tag, transition(key="RIOT"), transition(key="HIVE"))
    gone = AlertList(gone=("margin-low|HIVE", "never|told"))
    await states.write_list(msgspec.json.encode(gone))
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/alert/#", as_published=True) as listener,
        open_mqtt(settings(mosquitto.url, tag)) as sink,
    ):
        board = AlertBoard(sink, states, SystemClock())
        for _ in range(2):
            await board.show()
        await sink.publish(note(transition(key="END")))
        await listener.wait_for("/END/state")
    cleared = [it for it in listener.heard if not it.payload]
    assert [(it.topic.split("/")[5], it.retain) for it in cleared] == [("HIVE", True)]
    assert await states.names() == {"margin-low|RIOT"}


async def test_what_an_older_release_told_everybody_of_users_rules_is_taken_back(
    redis: RedisClient, mosquitto: TestBroker, tag: str
) -> None:
    """The state moves below its owner, once; shared ones stay, and its rule's end finds it (I12)."""
    keys, states = Keys(tag), AlertStates(redis, Keys(tag))
    own, base = transition(rule="ana.thin", key="IREN"), f"hashhedge/v1/{tag}"
    await redis.hset(keys.alert_states, own.name, encode_transition(own))  # as it kept it
    await settle(redis, tag, transition(key="RIOT"))
    async with (
        listening(mosquitto.url, f"{base}/#", as_published=True) as listener,
        open_mqtt(settings(mosquitto.url, tag)) as sink,
    ):
        await sink.put(f"{base}/alert/ana.thin/IREN/state", b"{}")
        for board in (
            AlertBoard(sink, states, SystemClock()),
            AlertBoard(sink, states, SystemClock()),
        ):
            await board.show()
        (moved,) = await listener.wait_for("/user/ana/state/thin.IREN")
        told = [it.payload for it in listener.on("/alert/ana.thin/IREN/state")]
        assert told == [b"{}", b""]
        assert moved.json["id"] == own.id
        assert await states.names() == {own.name, "margin-low|RIOT"}
        gone = AlertList(gone=(own.name,))
        await states.write_list(msgspec.json.encode(gone))
        board = AlertBoard(sink, states, SystemClock())
        await board.show()
        (_, cleared) = await listener.wait_for("/user/ana/state/thin.IREN", 2)
    assert (cleared.payload, cleared.retain) == (b"", True)
    assert await states.names() == {"margin-low|RIOT"}


async def test_a_broker_that_forbids_discovery_is_named_once(
    redis: RedisClient, tmp_path: Path, tag: str
) -> None:
    """The log says what to allow; states and news go on."""
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite hashhedge/#\n")
    server = start_broker("mosquitto", tmp_path, extra=f"acl_file {acl}\n")
    keys, world = Keys(tag), load_world(Settings(), SystemClock().now())
    view = {"mining_margin_ratio": {"value": 0.2, "unit": "ratio", "quality": "ok"}}
    await ViewStore(redis, keys).write({}, {"RIOT": view})
    await AlertStates(redis, keys).write_list(msgspec.json.encode(AlertList()))
    try:
        async with open_mqtt(settings(server.url, tag)) as sink:
            boards = Boards(sink, redis, keys, SystemClock(), lambda: world, Discovery(tag))
            with structlog.testing.capture_logs() as told:
                await boards.turn(bool)
                # this broker also ends the connection of whoever writes where he may not
                await wait_until(lambda: sink.connections == 2, "the second connection")
                for _ in range(2):
                    await boards.turn(bool)
                await sink.publish(note(transition(at=SystemClock().now())))
            assert sink.connections == 2
    finally:
        server.stop()
    refusals = [it for it in told if it["event"] == "homeassistant.refused"]
    assert len(refusals) == 1
    assert "homeassistant/status" in refusals[0]["hint"]


async def test_alert_states_that_a_broker_refuses_keep_nothing_else_from_it(
    redis: RedisClient, tmp_path: Path, tag: str
) -> None:
    """Nothing of users may be written: what all see is repeated and taken back, and devices are said."""
    below, states, keys = f"hashhedge/v1/{tag}", AlertStates(redis, Keys(tag)), Keys(tag)
    acl = tmp_path / "acl"
    acl.write_text(NOT_OF_USERS.format(below=below))
    own, private = transition(rule="ana.thin"), transition(rule="ana.wide")
    await settle(redis, tag, own, private, transition(key="RIOT"), transition(key="HIVE"))
    gone = AlertList(gone=(own.name, "margin-low|HIVE"))
    await states.write_list(msgspec.json.encode(gone))
    view = {"mining_margin_ratio": {"value": 0.2, "unit": "ratio", "quality": "ok"}}
    await ViewStore(redis, keys).write({}, {"RIOT": view})
    server, clock = (
        start_broker("mosquitto", tmp_path, extra=f"acl_file {acl}\n"),
        ManualClock(SystemClock().now()),
    )
    world = load_world(Settings(), SystemClock().now())
    try:
        async with (
            listening(server.url, "#", as_published=True) as listener,
            open_mqtt(settings(server.url, tag)) as sink,
        ):
            boards = Boards(sink, redis, keys, clock, lambda: world, Discovery(tag))
            with structlog.testing.capture_logs() as told:
                for _ in range(6):
                    with contextlib.suppress(
                        DeliveryError
                    ):  # where the broker ended the connection
                        await boards.turn(bool)
                await listener.wait_for("/margin-low/RIOT/state")
                await listener.wait_for(f"/hashhedge_{tag}/config")
            boards.close()
    finally:
        server.stop()
    assert [it.payload for it in listener.on("/margin-low/HIVE/state")] == [b""]
    refused = [it for it in told if it["event"] == "states.refused"]
    assert [it["topic"] for it in refused] == [f"{below}/user/ana/state/thin.RIOT"]
    assert f"{below}/#" in refused[0]["hint"]
    assert await states.names() == {own.name, private.name, "margin-low|RIOT"}
