"""Signals of one's own over a real broker, with a real Redis behind it: the contract of `/ingest`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from structlog.testing import capture_logs

from alerts.sinks.mqtt import HINTS
from monitor.app.receiving import PER_MINUTE
from monitor.app.service import WEB, Job, Service, opened
from monitor.core.clock import DAY, HOUR, SECOND, SystemClock
from monitor.core.errors import ConfigError
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.codec import MAX_BYTES, decode_tick
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader
from tests.command import hashhedge
from tests.listeners import Heard, Listener, listening
from tests.servers import TestBroker, TestRedis, start_broker
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

SECRET = "correct-horse-battery"  # noqa: S105  # made up
ROOT = "hashhedge/v1/main/ingest"
BURST = round(PER_MINUTE / 4)
V5, V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311


@dataclass
class Desk:
    """Somebody who publishes to one service, and hears what he is answered."""

    client: aiomqtt.Client
    is_v5: bool
    listener: Listener
    service: Service
    redis_url: str

    async def publish(
        self, payload: bytes, *, name: str = "desk", retain: bool = False, **properties: str
    ) -> None:
        """Publish a payload as it is."""
        told = None
        if properties:
            told = Properties(PacketTypes.PUBLISH)
            told.UserProperty = [(key.replace("_", "-"), text) for key, text in properties.items()]
        await self.client.publish(f"{ROOT}/{name}", payload, qos=1, retain=retain, properties=told)

    async def tell(
        self,
        body: object,
        *,
        name: str = "desk",
        secret: str = SECRET,
        at_s: int | None = None,
        sent: bytes | None = None,
        retain: bool = False,
    ) -> None:
        """Publish a signed body; `sent` goes out in its place under its signature."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(round(time.time()) if at_s is None else at_s)
        signature = signature_of(secret, timestamp, raw)
        out = raw if sent is None else sent
        if self.is_v5:
            stamp = {TIMESTAMP.replace("-", "_"): timestamp, SIGNATURE.replace("-", "_"): signature}
            await self.publish(out, name=name, retain=retain, **stamp)
        else:
            told = {"timestamp": timestamp, "signature": signature, "body": out.decode()}
            await self.publish(json.dumps(told).encode(), name=name, retain=retain)

    async def answered(self, count: int = 1, name: str = "desk") -> list[dict[str, Any]]:
        """Return what was answered so far, once there is so much of it."""
        heard: list[Heard] = await self.listener.wait_for(f"/{name}/answer", count)
        return [message.json for message in heard]

    async def counted(self) -> Mapping[str, int]:
        """Return how often each outcome was counted."""
        async with (
            aiohttp.ClientSession(self.service.url) as session,
            session.get("/metrics") as page,
        ):
            lines = (await page.text()).splitlines()
        begin = 'hashhedge_ingest_requests_total{outcome="'
        rows = (line.removeprefix(begin).split('"} ') for line in lines if line.startswith(begin))
        return {outcome: int(float(count)) for outcome, count in rows if float(count)}

    async def told(self) -> list[Any]:
        """Return what came into the stream."""
        async with connected(self.redis_url) as client:
            entries = await TickReader(client, Keys()).read("", block_ms=1)
        return [quote for entry in entries for quote in decode_tick(*entry).quotes]

    async def ask(self, *words: str) -> Any:
        """Return what the command line says of this service."""
        arguments = ("feeds", *words, "--redis-url", self.redis_url, "-o", "json")
        return (await asyncio.to_thread(hashhedge, *arguments)).json


@asynccontextmanager
async def serving(redis_url: str, mqtt_url: str, folder: Path) -> AsyncIterator[Service]:
    """Run a process with the role web alone, until it hears."""
    found = Settings(
        redis_url=redis_url,
        mqtt_url=mqtt_url,
        web_port=0,
        state_dir=folder,
        ingest_secret=SECRET,
        ingest_mqtt=True,
    )
    async with opened(Job(settings=found, roles=frozenset({WEB}))) as service:
        running = asyncio.create_task(service.run())
        try:
            inbox = service.inbox
            assert inbox is not None
            await wait_until(lambda: inbox.is_hearing, "it hears")
            yield service
        finally:
            service.stopping.set()
            await running


@asynccontextmanager
async def publisher(
    url: str, version: aiomqtt.ProtocolVersion = V5
) -> AsyncIterator[aiomqtt.Client]:
    """Connect somebody who publishes."""
    place = urlsplit(url)
    async with aiomqtt.Client(place.hostname or "", place.port or 0, protocol=version) as client:
        yield client


@asynccontextmanager
async def at_desk(
    redis: TestRedis, broker: TestBroker, folder: Path, version: aiomqtt.ProtocolVersion = V5
) -> AsyncIterator[Desk]:
    """Give somebody who may publish."""
    async with (
        serving(redis.url, broker.url, folder) as service,
        listening(broker.url, f"{ROOT}/+/answer") as listener,
        publisher(broker.url, version) as client,
    ):
        yield Desk(client, version is V5, listener, service, redis.url)


@pytest.fixture
def wide_mosquitto(tmp_path: Path) -> Iterator[TestBroker]:
    """Start a broker that lets through more than we take."""
    server = start_broker("mosquitto", tmp_path, extra="message_size_limit 4000000\n")
    yield server
    server.stop()


@pytest.fixture(params=[V5, V311], ids=["5", "3.1.1"])
async def desk(
    request: pytest.FixtureRequest, own_redis: TestRedis, wide_mosquitto: TestBroker, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Sign in user properties, or in the payload."""
    async with at_desk(own_redis, wide_mosquitto, tmp_path, request.param) as found:
        yield found


@pytest.fixture
async def desk5(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Sign in user properties."""
    async with at_desk(own_redis, own_mosquitto, tmp_path) as found:
        yield found


def gpu(value: object = "1.89", age_ms: int = 0) -> dict[str, Any]:
    """Return a quote."""
    at = SystemClock().now() - age_ms
    return {"instrument": "GPU-H100-HOUR", "value": value, "observed_at": at, "fresh_ms": HOUR}


async def test_a_name_that_is_no_topic_level_is_refused(desk5: Desk) -> None:
    """Wildcards, slashes and control characters of MQTT name no instrument, and nothing is stored."""
    for name in ("#", "GPU/+", "GPU\x07"):
        await desk5.tell({"quotes": [gpu() | {"instrument": name}]})
    answers = await desk5.answered(3)
    assert [it["error"] for it in answers] == ["malformed"] * 3
    assert all("such as GPU-H100-HOUR" in it["message"] for it in answers)
    assert await desk5.ask("quotes") == []


async def test_a_bad_signature_is_refused_and_a_good_one_is_a_feed(desk: Desk) -> None:
    """Bad: refused by name and no value. Good: `external/desk` with its age (row A28, over MQTT)."""
    await desk.tell({"quotes": [gpu()]}, secret="another-secret-of-16")  # noqa: S106  # likewise
    (bad,) = await desk.answered()
    assert bad["error"] == "unauthorized"
    assert await desk.told() == []
    assert await desk.ask("quotes") == []

    await desk.tell({"quotes": [gpu(age_ms=90 * SECOND)]})
    _, good = await desk.answered(2)
    assert good.pop("signature").startswith("sha256=")
    assert good == {
        "source": "external/desk",
        "quotes": 1,
        "refused": {},
        "notices": 0,
        "dropped_transfers": 0,
    }
    (quote,) = await desk.told()
    assert (quote.source, str(quote.value)) == ("external/desk", "1.89")
    rows = {row["feed"]: row for row in await desk.ask("status")}
    assert rows["external/desk"]["state"] == "fresh"
    assert 90 <= rows["external/desk"]["age_s"] < 90 + 60
    assert await desk.counted() == {"unauthorized": 1, "accepted": 1}


async def test_what_was_signed_is_what_counts_and_counts_once(desk: Desk) -> None:
    """A changed body, a stamp of yesterday, the very same again under another name: all refused."""
    body, now_s = {"quotes": [gpu()]}, round(time.time())
    await desk.tell(body, sent=json.dumps({"quotes": [gpu("0.01")]}).encode())
    await desk.tell(body, at_s=now_s - DAY // SECOND)
    await desk.tell(body, at_s=now_s)
    await desk.tell(body, at_s=now_s)
    answers = await desk.answered(4)
    errors = [answer.get("error") for answer in answers]
    assert errors == ["unauthorized", "unauthorized", None, "repeated"]
    await desk.tell(body, at_s=now_s, name="other")
    assert [answer["error"] for answer in await desk.answered(1, "other")] == ["repeated"]
    assert len(await desk.told()) == 1
    assert SECRET not in json.dumps(answers)


async def test_hostile_messages_are_refused_by_name(desk: Desk) -> None:
    """Size, encoding, nesting, names: an outcome, words, a count, and nothing stored."""
    payloads = {
        b"": "malformed",
        b"\x00\xff\xfe": "malformed",
        b'{"timestamp": "1", "signature": "\xff", "body": ""}': "malformed",
        b"[" * 200_000: "malformed",
        b'{"timestamp": 1}': "malformed",
        b"x" * 1_048_576: "too_large",
    }
    for payload in payloads:
        await desk.publish(payload)
    await desk.tell(b" " * (MAX_BYTES + 1))
    await desk.tell({"quotes": [{**gpu(), "backfilled": True}]})
    answers = await desk.answered(len(payloads) + 2)
    errors = [answer["error"] for answer in answers]
    assert errors == [*payloads.values(), "too_large", "malformed"]
    assert all(answer["message"] for answer in answers)
    for name in ("UPPER", "a" * 33, "a b"):
        await desk.tell({"quotes": [gpu()]}, name=name)
    await desk.tell({"quotes": [gpu()]}, name="last")
    await desk.answered(1, "last")
    assert await desk.counted() == {"malformed": 9, "too_large": 2, "accepted": 1}
    assert len(desk.listener.on("/answer")) == len(payloads) + 3
    assert len(await desk.told()) == 1


async def test_signed_bytes_that_are_no_text_are_refused(desk5: Desk) -> None:
    """The signature is right, the body is no UTF-8: malformed, in words."""
    await desk5.tell(b'{"quotes": "\xff"}')
    (answer,) = await desk5.answered()
    assert answer["error"] == "malformed"
    assert "no JSON" in answer["message"]


async def test_what_is_retained_is_refused(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """One that the broker kept from before, and one that it is to keep: counted, never believed."""
    stamp = str(round(time.time()))
    body = json.dumps({"quotes": [gpu()]})
    signed = {"timestamp": stamp, "signature": signature_of(SECRET, stamp, body.encode())}
    payload = json.dumps(signed | {"body": body})
    async with publisher(own_mosquitto.url) as client:
        await client.publish(f"{ROOT}/desk", payload, qos=1, retain=True)
    async with at_desk(own_redis, own_mosquitto, tmp_path) as desk:
        await desk.tell({"quotes": [gpu()]}, name="other", retain=True)
        await desk.tell({"quotes": [gpu("2")]}, name="last")
        await desk.answered(1, "last")
        assert await desk.counted() == {"retained": 2, "accepted": 1}
        assert [str(quote.value) for quote in await desk.told()] == ["2"]
        assert len(desk.listener.on("/answer")) == 1
        for name in ("desk", "other"):
            await desk.client.publish(f"{ROOT}/{name}", b"", qos=1, retain=True)
        await desk.tell({"quotes": [gpu("3")]}, name="last")
        await desk.answered(2, "last")
        assert await desk.counted() == {"retained": 2, "accepted": 2}, "to clear is no signal"


async def test_one_sender_s_haste_stops_that_one_alone(desk5: Desk) -> None:
    """Over the burst: throttled, with the seconds to wait; another name goes on."""
    now_s = round(time.time())
    for number in range(BURST + 1):
        await desk5.tell({"n": number}, at_s=now_s)
    answers = await desk5.answered(BURST + 1)
    assert [answer["error"] for answer in answers] == ["malformed"] * BURST + ["throttled"]
    assert "wait" in answers[-1]["message"]
    await desk5.tell({"quotes": [gpu()]}, name="other")
    assert (await desk5.answered(1, "other"))[0]["quotes"] == 1


async def test_what_the_store_cannot_take_comes_again(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """Redis away: the sender is told, the broker keeps the message, and it is taken once after."""
    async with at_desk(own_redis, own_mosquitto, tmp_path) as desk:
        own_redis.stop()
        await desk.tell({"quotes": [gpu()]})
        for away in await desk.answered():  # once each time that the broker gives it again
            assert away["error"] == "store_unavailable"
            assert "127.0.0.1" not in away["message"]
        own_redis.start()
        await wait_until(
            lambda: any("quotes" in message.json for message in desk.listener.on("/answer")),
            "it is taken",
            timeout=30,
        )
        assert [str(quote.value) for quote in await desk.told()] == ["1.89"]


async def test_a_broker_that_restarts_is_heard_again(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """The subscription is made anew on a broker that knows nothing of it."""
    async with serving(own_redis.url, own_mosquitto.url, tmp_path) as service:
        inbox = service.inbox
        assert inbox is not None
        with capture_logs() as logs:
            own_mosquitto.kill()
            await wait_until(
                lambda: any(it["event"] == "inbox.not_listening" for it in logs), "the loss is told"
            )
        (said,) = [it for it in logs if it["event"] == "inbox.not_listening"]
        assert "[code" not in said["why"]
        assert said["hint"] == HINTS[said["reason"]]
        own_mosquitto.start()
        await wait_until(lambda: inbox.is_hearing, "it hears again", timeout=30)
        async with (
            listening(own_mosquitto.url, f"{ROOT}/+/answer") as listener,
            publisher(own_mosquitto.url) as client,
        ):
            desk = Desk(client, True, listener, service, own_redis.url)
            await desk.tell({"quotes": [gpu()]})
            assert (await desk.answered())[0]["quotes"] == 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"mqtt_url": "mqtt://127.0.0.1:1"}, "no secret to sign with"),
        ({"ingest_secret": SECRET}, "no broker"),
    ],
)
async def test_what_is_missing_is_named(
    own_redis: TestRedis, tmp_path: Path, settings: dict[str, Any], expected: str
) -> None:
    """Asked for without a secret, or without a broker: the setting and what mends it."""
    found = Settings(
        redis_url=own_redis.url, web_port=0, state_dir=tmp_path, ingest_mqtt=True, **settings
    )
    with pytest.raises(ConfigError, match=expected) as caught:
        async with opened(Job(settings=found, roles=frozenset({WEB}))):
            pass
    assert "HASHHEDGE_INGEST_MQTT" in str(caught.value)
