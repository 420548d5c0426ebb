"""Every message of a full run is what the published contract says (rows D20, F01 and F30)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import jsonschema
import msgspec
import pytest

from alerts.schemas.generate import PAYLOADS
from alerts.sinks.mqtt.connect import ONLINE, MqttSettings
from alerts.sinks.mqtt.presence import other_publisher
from alerts.sinks.mqtt.url import MqttUrl
from alerts.topics import Topics
from tests.e2e.conftest import NewRoom
from tests.e2e.playing import Room
from tests.listeners import Heard, Listener, listening
from tests.publishing import Contract
from tests.servers import TestBroker, start_broker
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration]

CONTRACT = Contract()
TOPICS = Topics("demo")
MOST_BYTES = 4_096
"""What a watch or a small device takes."""
SAID = {
    "alert_event",
    "alert_state",
    "company_state",
    "market_state",
    "market_tick",
    "status",
    "status_detail",
}
"""What the demo says: it has no feeds, no users and no senders."""


@dataclass(frozen=True)
class Run:
    """A demo that is over, its servers, and all that a stranger heard of it."""

    room: Room
    heard: list[Heard]


@pytest.fixture(scope="module")
def run(new_room: NewRoom) -> Iterator[Run]:
    """Play the demo once, with a reader who was there before."""
    room = new_room()
    yield Run(room, asyncio.run(played(room, room.broker)))
    room.close()


async def played(room: Room, broker: TestBroker, protocol: str = "auto") -> list[Heard]:
    """Return every message of a demo on a broker, up to its last word."""
    everything = TOPICS.below("#")
    async with listening(broker.url, everything, as_published=True) as listener:
        servers = ("--redis-url", room.redis.url, "--mqtt-url", broker.url)
        spoken = {"HASHHEDGE_MQTT_PROTOCOL": protocol}
        demo = room.start("demo", "--duration", "12s", *servers, "-o", "json", environ=spoken)
        await asyncio.to_thread(demo.finished)
        await wait_until(lambda: has_left(listener), "the demo's goodbye")
    return listener.heard


def has_left(listener: Listener) -> bool:
    """Tell whether the last word has arrived; nothing is sent after it."""
    last = listener.heard[-1]
    return (last.topic, last.payload) == (TOPICS.status().name, b"offline")


def meets_its_schema(message: Heard) -> bool:
    """Tell whether a message is one of its channel's, with no field that is not declared."""
    return len(CONTRACT.message_of(channel_of(message), message.payload)) == 1


def channel_of(message: Heard) -> str:
    """Return the channel of a message's topic."""
    (channel,) = CONTRACT.channels_of(message.topic)
    return channel


@pytest.mark.parametrize(("kind", "protocol"), [("iotcore", "5"), ("mosquitto", "3.1.1")])
def test_it_is_the_same_elsewhere(room: Room, tmp_path: Path, kind: str, protocol: str) -> None:
    """On the embedded broker, and in 3.1.1, each message is its channel's and meets its schema."""
    broker = start_broker(kind, tmp_path)
    try:
        heard = asyncio.run(played(room, broker, protocol))
    finally:
        broker.stop()
    assert {channel_of(message) for message in heard} == SAID
    assert [it for it in heard if not meets_its_schema(it)] == []
    assert max(len(message.payload) for message in heard) <= MOST_BYTES
    spoken = {it.json["protocol"] for it in heard if it.topic == TOPICS.status_detail().name}
    assert spoken == {{"5": "5.0"}.get(protocol, protocol)}


def test_each_topic_is_of_one_channel(run: Run) -> None:
    """No message may come on a topic that the document does not have, and none may be missing."""
    assert {channel_of(message) for message in run.heard} == SAID


def test_each_message_is_delivered_as_declared(run: Run) -> None:
    """A reader must be able to rely on quality of service, retain and expiry."""
    for message in run.heard:
        operation = CONTRACT.operation_on(channel_of(message))
        declared = operation["bindings"]["mqtt"]
        assert operation["action"] == "send"
        assert (message.qos, message.retain) == (declared["qos"], declared["retain"])
        lives_s, most_s = (
            message.properties.get("MessageExpiryInterval"),
            declared.get("messageExpiryInterval"),
        )
        if isinstance(most_s, int):
            assert lives_s is not None
            assert 0 < lives_s <= most_s
        else:
            assert lives_s is None, "a demo's news does not expire, and other states never do"


def test_each_payload_meets_its_schema(run: Run) -> None:
    """Each message must be one of its channel's, with no field that is not declared."""
    assert [message for message in run.heard if not meets_its_schema(message)] == []


def test_each_message_says_what_it_is(run: Run) -> None:
    """Over MQTT 5 content type and user properties must be the declared ones, and true."""
    for message in run.heard:
        channel = channel_of(message)
        (name,) = CONTRACT.message_of(channel, message.payload)
        declared = CONTRACT.messages_on(channel)[name]
        binding = declared.get("bindings", {}).get("mqtt", {})
        assert message.properties.get("ContentType") == binding.get("contentType")
        assert message.properties.get("PayloadFormatIndicator") == binding.get(
            "payloadFormatIndicator"
        )
        told = dict(message.properties.get("UserProperty", ()))
        jsonschema.Draft7Validator(declared.get("headers", {"maxProperties": 0})).validate(told)
        assert told == {fact: message.json[fact] for fact in told}


def test_no_message_is_too_large_for_a_watch(run: Run) -> None:
    """Cheap clients must be able to take everything."""
    assert max(len(message.payload) for message in run.heard) <= MOST_BYTES


def test_our_own_readers_pass_over_new_fields(run: Run) -> None:
    """A message of a later version must be read as before."""
    messages = [message for message in run.heard if message.payload.startswith(b"{")]
    for message in messages:
        kind = PAYLOADS[message.json["schema"]]
        later = json.dumps({"new": {"a": [1]}, **message.json, "later": 1}).encode()
        assert msgspec.json.decode(later, type=kind) == msgspec.json.decode(
            message.payload, type=kind
        )
    assert {message.json["schema"] for message in messages} >= {
        "urn:hashhedge:schema:alert-event:1",
        "urn:hashhedge:schema:company-state:1",
    }


async def test_whoever_looks_for_a_publisher_passes_over_new_fields(run: Run) -> None:
    """A replay beside a service of a later version must still see that it is there."""
    settings = MqttSettings(url=MqttUrl.parse(run.room.broker.url), instance="demo")
    (detail,) = {
        m.payload
        for m in run.heard
        if m.topic == TOPICS.status_detail().name
        if b"online" in m.payload
    }
    later = json.dumps({"new": {"a": [1]}, **json.loads(detail)}).encode()
    place = settings.url
    async with aiomqtt.Client(place.host, place.port) as client:
        await client.publish(TOPICS.status_detail().name, later, qos=1, retain=True)
        await client.publish(TOPICS.status().name, ONLINE, qos=1, retain=True)
    assert await other_publisher(settings) == json.loads(detail)["client_id"]
