"""The MQTT sink against real brokers: nothing counts as sent before the broker says so."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from alerts.model import AlertState, Severity, Transition
from alerts.reasons import Reason
from alerts.schemas import builders
from alerts.schemas.builders import Stamp
from alerts.schemas.payloads import CompanyState
from alerts.sinks.mqtt import MqttSink, open_mqtt
from alerts.sinks.mqtt.compose import BoardState
from alerts.sinks.mqtt.trouble import Watcher
from monitor.core.clock import HOUR, iso, parse_iso
from monitor.core.errors import DeliveryError
from monitor.domain.events import Quality, Reading
from tests.listeners import listening
from tests.proxies import PUBACK, SUBACK, proxy_to
from tests.servers import TestBroker
from tests.sinks import FixedClock, note, settings, sink_and_listener
from tests.tcp import serving
from tests.transitions import AT, resolved, transition
from tests.waiting import broker_time, wait_until

pytestmark = pytest.mark.integration


class Light(Watcher):
    """Remembers what it was told of the connection."""

    def __init__(self) -> None:
        self.shown: list[bool] = []
        self.reasons: list[str] = []

    def connected(self, *, stands: bool) -> None:
        """Remember whether there is one."""
        self.shown.append(stands)

    def failed(self, reason: str, hint: str) -> None:
        """Remember why there is none."""
        assert hint
        self.reasons.append(reason)


async def test_event_and_state_are_delivered(broker: TestBroker, tag: str) -> None:
    """One publish must bring the event once, not retained, and the state, retained."""
    async with sink_and_listener(broker.url, tag) as (sink, listener):
        receipt = await sink.publish(note(transition()))
        (event,) = await listener.wait_for("/alert/margin-low/RIOT/event")
        (state,) = await listener.wait_for("/alert/margin-low/RIOT/state")
        assert (receipt.sink, receipt.acknowledged_at) == ("mqtt", AT + 150)
        assert (event.qos, event.json["id"], event.json["time"]) == (
            1,
            transition().id,
            "2026-01-12T14:56:00.000Z",
        )
        assert state.json["state"] == "firing"
        async with listening(broker.url, f"hashhedge/v1/{tag}/alert/#") as late:
            (kept,) = await late.wait_for("/state")
            assert kept.retain
            # a marker behind what the broker might still send to the late reader
            await sink.publish(note(transition(rule="marker")))
            await late.wait_for("/alert/marker/RIOT/event")
            assert late.on("/margin-low/RIOT/event") == []


async def test_mqtt_5_properties(mosquitto: TestBroker, tag: str) -> None:
    """An event must carry its remaining life, its content type and its facts as properties."""
    old = transition(severity=Severity.INFO, at=AT - HOUR // 2)
    async with sink_and_listener(mosquitto.url, tag) as (sink, listener):
        await sink.publish(note(old))
        (event,) = await listener.wait_for("/event")
        (state,) = await listener.wait_for("/RIOT/state")
    assert event.properties["ContentType"] == "application/json"
    assert event.properties["MessageExpiryInterval"] == 1800
    assert dict(event.properties["UserProperty"]) == {
        "schema": "urn:hashhedge:schema:alert-event:1",
        "severity": "info",
        "company": "RIOT",
    }
    assert "MessageExpiryInterval" not in state.properties


async def test_a_late_reader_gets_states_but_no_expired_event(
    mosquitto: TestBroker, tag: str
) -> None:
    """A phone that was away must find the alert's state, and no event older than its life."""
    topic = f"hashhedge/v1/{tag}/#"
    almost_old = transition(severity=Severity.INFO, at=AT - HOUR + 500)
    async with listening(mosquitto.url, topic, client_id=tag, session_s=60):
        pass
    async with open_mqtt(settings(mosquitto.url, tag), clock=FixedClock(AT)) as sink:
        await sink.publish(note(almost_old))
        await sink.publish(note(transition(rule="fresh")))
        await broker_time(2.1)  # expiry is 1 s, the broker counts in whole seconds
    async with listening(mosquitto.url, topic, client_id=tag, session_s=60) as phone:
        await phone.wait_for("/alert/fresh/RIOT/event")
        await phone.wait_for("/alert/margin-low/RIOT/state")
        assert phone.on("/alert/margin-low/RIOT/event") == []


async def test_many_in_flight(broker: TestBroker, tag: str) -> None:
    """Hundreds of publishes at once must all be acknowledged, each once, in order per alert."""
    async with sink_and_listener(broker.url, tag) as (sink, listener):
        items = [transition(key=f"K{number}", number=number + 1) for number in range(400)]
        await asyncio.gather(*(sink.publish(note(item)) for item in items))
        events = await listener.wait_for("/event", 400)
    assert sorted(event.json["id"] for event in events) == sorted(item.id for item in items)


async def test_falls_back_to_3_1_1(broker: TestBroker, tag: str) -> None:
    """A broker without MQTT 5 must be served in 3.1.1, with every fact in the payload."""
    async with (
        listening(broker.url, f"hashhedge/v1/{tag}/#") as modern,
        listening(broker.url_v311, f"hashhedge/v1/{tag}/#", v311=True) as old,
        open_mqtt(settings(broker.url_v311, tag), clock=FixedClock(AT)) as sink,
    ):
        await sink.publish(note(transition()))
        (event,) = await modern.wait_for("/event")
        (same,) = await old.wait_for("/event")
        detail = (await old.wait_for("/status/detail"))[0].json
    expected = "5.0" if broker.name == "mosquitto" else "3.1.1"
    assert detail["protocol"] == expected
    assert same.json == event.json
    facts = {"schema", "severity", "company", "expires_at", "id", "seq"}
    assert facts <= set(event.json)


@pytest.mark.parametrize("protocol", ["5.0", "3.1.1"])
async def test_protocol_can_be_forced(mosquitto: TestBroker, tag: str, protocol: str) -> None:
    """A forced version must be the one that is spoken."""
    forced = settings(mosquitto.url, tag, protocol=protocol)
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener,
        open_mqtt(forced) as sink,
    ):
        await sink.publish(note(transition()))
        (detail, *_) = await listener.wait_for("/status/detail")
    assert detail.json["protocol"] == protocol


async def test_a_connack_of_an_old_broker_means_3_1_1(tag: str) -> None:
    """A 3.1.1 broker that answers CONNECT with return code 1 must be met again in 3.1.1."""
    levels: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        levels.append((await reader.readexactly(9))[8])
        writer.write(b"\x20\x02\x00\x01" if levels[-1] == 5 else b"\x20\x02\x00\x05")
        await writer.drain()
        writer.close()

    async with serving(serve) as port, open_mqtt(settings(f"mqtt://127.0.0.1:{port}", tag)):
        await wait_until(lambda: len(levels) >= 2, "a second try")
    assert levels[:2] == [5, 4]


async def test_birth_and_clean_stop(broker: TestBroker, tag: str) -> None:
    """Coming says `online`, a clean end says `offline`, both retained, with a JSON twin."""
    light = Light()
    async with listening(broker.url, f"hashhedge/v1/{tag}/status/#") as listener:
        async with open_mqtt(settings(broker.url, tag), version="1.2.3", watcher=light):
            await listener.wait_for(f"{tag}/status")
            await wait_until(lambda: light.shown == [True], "the light to go on")
        await listener.wait_for(f"{tag}/status", 2)
        assert listener.words(f"{tag}/status") == ["online", "offline"]
        details = [message.json for message in listener.on("/detail")]
    assert [detail["status"] for detail in details] == ["online", "offline"]
    assert details[0]["version"] == "1.2.3"
    assert light.shown == [True, False]
    async with listening(broker.url, f"hashhedge/v1/{tag}/status") as late:
        (kept,) = await late.wait_for("/status")
        assert (kept.payload, kept.retain) == (b"offline", True)


CHILD = """
import asyncio, sys
from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt

async def main():
    url, tag, delay = sys.argv[1:]
    settings = MqttSettings(
        url=MqttUrl.parse(url), instance=tag, will_delay_s=int(delay), keepalive_s=2
    )
    async with open_mqtt(settings):
        await asyncio.Event().wait()

asyncio.run(main())
"""


@contextmanager
def _child(url: str, tag: str, delay: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", CHILD, url, tag, str(delay)]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("delay", [0, 1])
async def test_killed_process_is_offline(broker: TestBroker, tag: str, delay: int) -> None:
    """A process killed with SIGKILL must be `offline` within 1.5 keep-alives."""
    async with listening(broker.url, f"hashhedge/v1/{tag}/status") as listener:
        with _child(broker.url, tag, delay) as child:
            await listener.wait_for("/status")
            child.send_signal(signal.SIGKILL)
        await listener.wait_for("/status", 2, timeout=3.0)
    assert listener.words("/status") == ["online", "offline"]


async def test_frozen_process_is_offline(mosquitto: TestBroker, tag: str) -> None:
    """A process that hangs with its connection open must be `offline` by keep-alive."""
    async with listening(mosquitto.url, f"hashhedge/v1/{tag}/status") as listener:
        with _child(mosquitto.url, tag, 0) as child:
            await listener.wait_for("/status")
            child.send_signal(signal.SIGSTOP)
            try:
                # mosquitto looks for silent clients every five seconds only
                await listener.wait_for("/status", 2, timeout=15.0)
            finally:
                child.send_signal(signal.SIGKILL)
    assert listener.words("/status")[:2] == ["online", "offline"]


async def test_reconnect_within_will_delay_shows_no_blip(mosquitto: TestBroker, tag: str) -> None:
    """A connection cut and made again within the will's delay must never show `offline`."""
    delayed = {"will_delay_s": 2}
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/status") as listener,
        proxy_to(mosquitto.url) as proxy,
        open_mqtt(settings(proxy.url, tag, **delayed)) as sink,
    ):
        await listener.wait_for("/status")
        proxy.cut()
        await listener.wait_for("/status", 2)
        await sink.publish(note(transition()))
        await broker_time(2.5)
        assert set(listener.words("/status")) == {"online"}


async def test_a_cut_before_the_suback_is_noticed_at_once(mosquitto: TestBroker, tag: str) -> None:
    """A connection that ends while the sink subscribes is made anew without waiting for it."""
    patient = {"ack_timeout_s": 60.0, "connect_timeout_s": 60.0}
    async with proxy_to(mosquitto.url) as proxy:
        proxy.swallow = SUBACK
        async with open_mqtt(settings(proxy.url, tag, **patient)) as sink:
            await wait_until(lambda: proxy.swallowed, "the sink to subscribe")
            proxy.swallow = None
            proxy.cut()
            async with asyncio.timeout(10):
                await sink.publish(note(transition()))
    assert proxy.connections == 2


async def test_a_predecessors_late_will_does_not_stay(mosquitto: TestBroker, tag: str) -> None:
    """After a hand-over the old replica's will must not leave the service `offline`."""
    topic = f"hashhedge/v1/{tag}/status"
    async with listening(mosquitto.url, topic) as listener:
        with _child(mosquitto.url, tag, 1) as old:
            await listener.wait_for("/status")
            old.send_signal(signal.SIGKILL)
        async with open_mqtt(settings(mosquitto.url, tag, replica="new")):
            await wait_until(
                lambda: listener.words("/status")[-2:] == ["offline", "online"],
                "the new replica to correct the will",
            )


async def test_unacknowledged_is_sent_again_with_the_same_id(
    mosquitto: TestBroker, tag: str
) -> None:
    """Without PUBACK the publish must fail as retriable; the repeat has the same id and seq."""
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener,
        proxy_to(mosquitto.url) as proxy,
        open_mqtt(settings(proxy.url, tag, ack_timeout_s=0.3)) as sink,
    ):
        await sink.publish(note(transition(rule="first")))
        proxy.swallow = PUBACK
        with pytest.raises(DeliveryError) as caught:
            await sink.publish(note(transition()))
        assert (caught.value.retriable, caught.value.reason) == (True, "ack_timeout")
        proxy.swallow = None
        await _until_delivered(sink, transition())
        events = await listener.wait_for("/margin-low/RIOT/event", 2)
    assert {(event.json["id"], event.json["seq"]) for event in events} == {(transition().id, 1)}
    assert proxy.swallowed >= 1
    assert proxy.connections >= 2


async def _until_delivered(sink: MqttSink, item: Transition) -> int:
    """Publish until it is acknowledged, as the relay does; return the number of failures."""
    failures = 0
    while True:
        try:
            await sink.publish(note(item))
        except DeliveryError as error:
            if not error.retriable:
                raise
            failures += 1
        else:
            return failures


async def test_a_cut_connection_fails_everything_in_flight(mosquitto: TestBroker, tag: str) -> None:
    """All publishes without acknowledgement must fail at once when the connection ends."""
    async with proxy_to(mosquitto.url) as proxy, open_mqtt(settings(proxy.url, tag)) as sink:
        await sink.publish(note(transition(rule="first")))
        proxy.swallow = PUBACK
        pending = [
            asyncio.create_task(sink.publish(note(transition(key=str(number)))))
            for number in range(50)
        ]
        await wait_until(lambda: proxy.swallowed == 100, "the broker to have them all")
        proxy.cut()
        results = await asyncio.gather(*pending, return_exceptions=True)
    assert {getattr(result, "reason", result) for result in results} == {"connection_lost"}
    assert all(isinstance(result, DeliveryError) and result.retriable for result in results)


async def test_broker_restarts_in_the_middle(own_mosquitto: TestBroker, tag: str) -> None:
    """A broker killed and started again must be found again without our restart."""
    async with open_mqtt(settings(own_mosquitto.url, tag)) as sink:
        await sink.publish(note(transition()))
        await asyncio.to_thread(own_mosquitto.kill)
        waiting = asyncio.create_task(_until_delivered(sink, resolved(transition())))
        own_mosquitto.start()
        await waiting
        async with listening(own_mosquitto.url, f"hashhedge/v1/{tag}/#") as listener:
            (state,) = await listener.wait_for("/RIOT/state")
            (status,) = await listener.wait_for(f"{tag}/status")
    assert state.json["state"] == "resolved"
    assert status.payload == b"online"


async def test_starts_before_the_broker(own_mosquitto: TestBroker, tag: str) -> None:
    """A sink opened while there is no broker must deliver once there is one."""
    own_mosquitto.stop()
    light = Light()
    short = settings(own_mosquitto.url, tag, ack_timeout_s=0.05)
    async with open_mqtt(short, watcher=light) as sink:
        with pytest.raises(DeliveryError) as caught:
            await sink.publish(note(transition()))
        assert (caught.value.retriable, caught.value.reason) == (True, "not_connected")
        assert light.shown == []
        assert set(light.reasons) == {"connection_refused"}
        own_mosquitto.start()
        await wait_until(lambda: True in light.shown, "the connection")
        await sink.publish(note(transition()))


async def test_sequence_counts_per_topic(mosquitto: TestBroker, tag: str) -> None:
    """Each topic must count from 1 without gaps, whatever other topics do."""
    fired = transition()
    async with sink_and_listener(mosquitto.url, tag) as (sink, listener):
        for item in (fired, transition(key="HIVE"), resolved(fired)):
            await sink.publish(note(item))
        events = await listener.wait_for("/event", 3)
    numbers = [(event.json["key"], event.json["seq"]) for event in events]
    assert numbers == [("RIOT", 1), ("HIVE", 1), ("RIOT", 2)]
    assert len({event.json["run"] for event in events}) == 1


async def test_removed_rule_clears_its_state(mosquitto: TestBroker, tag: str) -> None:
    """When its rule is removed, an alert's retained state must leave the broker."""
    fired = transition()
    removed = resolved(fired, to_state=AlertState.INACTIVE, reason=Reason.RULE_REMOVED)
    async with sink_and_listener(mosquitto.url, tag) as (sink, listener):
        await sink.publish(note(fired))
        await sink.publish(note(removed))
        states = await listener.wait_for("/RIOT/state", 2)
        assert states[-1].payload == b""
        await sink.publish(note(transition(key="MARA")))
        async with listening(mosquitto.url, f"hashhedge/v1/{tag}/alert/#") as late:
            await late.wait_for("/MARA/state")
            assert late.on("/RIOT/state") == []


async def test_only_the_state_of_muted_news(mosquitto: TestBroker, tag: str) -> None:
    """A muted or expired transition must change the retained state and bring no event."""
    async with sink_and_listener(mosquitto.url, tag) as (sink, listener):
        receipt = await sink.update_state(note(transition()))
        await sink.publish(note(transition(key="MARA")))
        await listener.wait_for("/MARA/event")
        assert len(listener.on("/RIOT/state")) == 1
        assert listener.on("/RIOT/event") == []
    assert receipt.detail == "state only"


async def test_company_state_and_its_removal(mosquitto: TestBroker, tag: str) -> None:
    """A company's state must be retained with its freshness as expiry, and can be cleared."""
    reading = Reading(41.2, Quality.OK, observed_at=AT)

    def build(stamp: Stamp) -> CompanyState:
        readings = {"hashprice_usd_ph_day": (reading, "USD")}
        return builders.company_state("HIVE", readings, stamp, computed_at=AT)

    async with sink_and_listener(mosquitto.url, tag) as (sink, listener):
        topic, other = (sink.topics.company_state(it) for it in ("HIVE", "RIOT"))
        for _ in range(2):
            await sink.publish_states([BoardState(it, build) for it in (topic, other)])
        await sink.clear_state(topic)
        states = await listener.wait_for("/company/HIVE/state", 3)
    assert [state.json["seq"] for state in states[:2]] == [1, 2]
    assert states[0].properties["MessageExpiryInterval"] == 180
    assert states[0].json["expires_at"] == iso(AT + 150 + 180_000)
    assert states[0].json["readings"]["hashprice_usd_ph_day"]["value"] == 41.2
    assert states[2].payload == b""
    assert [state.json["seq"] for state in listener.on("/company/RIOT/state")] == [1, 2]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (transition(summary="x" * 300_000), "too_large"),
        (transition(key="x" * 300), "bad_topic"),
    ],
)
async def test_what_can_never_be_sent_is_not_retriable(
    mosquitto: TestBroker, tag: str, item: Transition, reason: str
) -> None:
    """A message over the limits must be refused for good, and the connection must live on."""
    async with sink_and_listener(mosquitto.url, tag) as (sink, _):
        with pytest.raises(DeliveryError) as caught:
            await sink.publish(note(item))
        assert (caught.value.retriable, caught.value.reason) == (False, reason)
        await sink.publish(note(transition()))


async def test_sent_at_is_wall_time_and_time_is_event_time(broker: TestBroker, tag: str) -> None:
    """A late delivery must still show when it happened, and when it was sent."""
    async with sink_and_listener(broker.url, tag) as (sink, listener):
        await sink.publish(note(transition(at=AT - HOUR)))
        (event,) = await listener.wait_for("/event")
    assert parse_iso(event.json["time"]) == AT - HOUR
    assert parse_iso(event.json["sent_at"]) == AT + 150
