"""The bytes of MQTT packets, against paho's own reading and writing."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from alerts.sinks.mqtt import packets
from alerts.sinks.mqtt.link import V5, V311, Message, ProtocolName
from alerts.sinks.mqtt.packets import Login, MalformedPacketError, Splitter
from alerts.sinks.mqtt.properties import PublishProperties

VERSIONS: dict[ProtocolName, MQTTProtocolVersion] = {
    V5: MQTTProtocolVersion.MQTTv5,
    V311: MQTTProtocolVersion.MQTTv311,
}
TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="\x00#+"), min_size=1, max_size=40)
MESSAGES = st.builds(
    Message,
    topic=TOPICS,
    payload=st.binary(max_size=400),
    qos=st.sampled_from([0, 1]),
    retain=st.booleans(),
    properties=st.none() | st.builds(PublishProperties, st.integers(1, 2**32 - 1)),
)
MIDS = st.integers(1, 65_535)


def _login(**changes: Any) -> Login:
    known: dict[str, Any] = {
        "client_id": "hashhedge-main-0",
        "keepalive_s": 20,
        "clean": False,
        "session_s": 60,
        "user": "ana",
        "password": "s3cret",
        "will_topic": "hashhedge/v1/main/status",
        "will": b"offline",
        "will_delay_s": 10,
    }
    return Login(**known | changes)


def _paho(protocol: ProtocolName, client_id: str = "somebody") -> tuple[Client, socket.socket]:
    """Return a client of paho that is connected to nobody, and the other end of its socket."""
    ours, theirs = socket.socketpair()
    version = VERSIONS[protocol]
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=version)
    client._sock = theirs
    return client, ours


def _paho_connect(protocol: ProtocolName, login: Login) -> bytes:
    """Return the CONNECT that paho writes for `login`."""
    client, ours = _paho(protocol, login.client_id)
    if login.user is not None:
        client.username_pw_set(login.user, login.password)
    will = connect = None
    if protocol == V5:
        will, connect = Properties(PacketTypes.WILLMESSAGE), Properties(PacketTypes.CONNECT)
        will.WillDelayInterval = login.will_delay_s
        connect.SessionExpiryInterval = login.session_s
        client._clean_start, client._connect_properties = login.clean, connect
    else:
        client._clean_session = login.clean
    if login.will_topic:
        client.will_set(login.will_topic, login.will, 1, True, will)
    client._send_connect(login.keepalive_s)
    ours.settimeout(5)
    data = ours.recv(65_536)
    ours.close()
    client._sock.close()  # type: ignore[union-attr]  # given above
    return data


@pytest.mark.parametrize("protocol", [V5, V311])
@pytest.mark.parametrize(
    "login",
    [
        _login(),
        _login(user=None, password=None, clean=True, will_delay_s=0),
        _login(client_id="hashhedge-büro-1", keepalive_s=65_535, password=None),
        _login(clean=True, session_s=0, will_topic="", will=b""),
    ],
)
def test_a_connect_is_the_one_that_paho_writes(protocol: ProtocolName, login: Login) -> None:
    """User, password, will and session: the same bytes."""
    assert packets.connect(login, protocol) == _paho_connect(protocol, login)


def test_a_login_never_shows_its_password() -> None:
    """It may be printed in an error of somebody's."""
    assert "s3cret" not in repr(_login())


@given(MESSAGES, MIDS, st.sampled_from([V5, V311]))
@settings(deadline=None)
def test_paho_reads_a_publish(message: Message, mid: int, protocol: ProtocolName) -> None:
    """Topic, payload, quality of service, retain and expiry come back from paho as they were."""
    client, ours = _paho(protocol)
    heard: list[MQTTMessage] = []
    client.on_message = lambda _client, _userdata, it: heard.append(it)
    packet = packets.publish(message, mid, protocol)
    writing = threading.Thread(target=ours.sendall, args=(packet,))
    writing.start()
    client.loop_read()
    writing.join()
    (found,) = heard
    assert (found.topic, bytes(found.payload), found.qos) == (
        message.topic,
        message.payload,
        message.qos,
    )
    assert bool(found.retain) is message.retain
    assert found.mid == (mid if message.qos else 0)
    if protocol == V5 and message.properties is not None:
        asked = Properties(PacketTypes.PUBLISH)
        asked.unpack(message.properties.pack())
        assert found.properties is not None
        assert found.properties.json() == asked.json()
    ours.close()
    client._sock.close()  # type: ignore[union-attr]  # given above


@given(MESSAGES, MIDS, st.sampled_from([V5, V311]), st.lists(st.integers(1, 60)))
def test_what_we_write_we_read_however_it_is_cut(
    message: Message, mid: int, protocol: ProtocolName, cuts: list[int]
) -> None:
    """A packet in pieces of any size, with another behind it, is the same packet."""
    data = packets.publish(message, mid, protocol) + packets.acknowledge(mid) + packets.PING
    splitter, found, at = Splitter(), list[tuple[int, bytes]](), 0
    for size in [*cuts, len(data)]:
        found += splitter.feed(data[at : at + size])
        at += size
    (first, body), (puback, acknowledged), (ping, nothing) = found
    heard = packets.heard(first, body, protocol)
    assert (heard.topic, heard.payload) == (message.topic, message.payload)
    assert heard.mid == (mid if message.qos else 0)
    assert (puback, packets.acknowledged(acknowledged)) == (packets.PUBACK, (mid, 0))
    assert (ping, nothing) == (0xC0, b"")


@given(MIDS, st.sampled_from([V5, V311]), TOPICS)
def test_a_subscribe_is_the_one_that_paho_writes(
    mid: int, protocol: ProtocolName, topic: str
) -> None:
    """One filter at QoS 1."""
    client, ours = _paho(protocol)
    client._last_mid = mid - 1
    client.subscribe(topic, qos=1)
    ours.settimeout(5)
    assert packets.subscribe(topic, mid, protocol) == ours.recv(65_536)
    ours.close()
    client._sock.close()  # type: ignore[union-attr]  # given above


@given(
    st.dictionaries(
        st.sampled_from(["ReceiveMaximum", "MaximumPacketSize", "ServerKeepAlive"]),
        st.integers(1, 65_535),
    ),
    st.booleans(),
)
def test_a_welcome_of_a_modern_broker(limits: dict[str, int], talkative: bool) -> None:
    """Its limits are found among whatever else it says."""
    said = Properties(PacketTypes.CONNACK)
    for name, value in limits.items():
        setattr(said, name, value)
    if talkative:
        said.ReasonString, said.AssignedClientIdentifier = "as you like", "x"
        said.UserProperty = [("a", "b"), ("c", "d")]
        said.RetainAvailable, said.TopicAliasMaximum = 1, 10
    welcome = packets.welcome(b"\x00\x00" + said.pack(), V5)
    assert welcome == packets.Welcome(
        0,
        limits.get("ReceiveMaximum", packets.UNLIMITED),
        limits.get("MaximumPacketSize"),
        limits.get("ServerKeepAlive"),
    )


def test_a_packet_too_large_is_let_go_by() -> None:
    """What a stranger puts on our topic ends no connection and takes no memory."""
    large = Message("a/b", b"x" * (packets.MAX_HEARD_BYTES + 10))
    data = packets.publish(large, 1, V5) + packets.acknowledge(7)
    splitter = Splitter()
    found = [it for at in range(0, len(data), 65_536) for it in splitter.feed(data[at:][:65_536])]
    assert found == [(packets.PUBACK, b"\x00\x07")]


@given(st.binary(max_size=80), st.sampled_from([V5, V311]))
def test_any_bytes_are_read_or_refused_by_name(data: bytes, protocol: ProtocolName) -> None:
    """Nothing but `MalformedPacketError` comes of rubbish."""
    with suppress(MalformedPacketError):
        for first, body in Splitter().feed(data):
            packets.heard(first, body, protocol)
    for read in (packets.acknowledged, packets.subscribed):
        with suppress(MalformedPacketError):
            read(data)
    with suppress(MalformedPacketError):
        packets.welcome(data, protocol)
