"""Somebody who commands a whole service over a real broker, and hears what he is answered."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiomqtt
import jsonschema
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from redis.asyncio import Redis

from alerts.schemas import generate, payloads
from alerts.schemas.payloads import COMMAND_REPLY
from monitor.app.service import COMPUTE, RELAY, WEB, Job, Service, opened
from monitor.core.clock import SystemClock
from monitor.core.signature import SIGNATURE, TIMESTAMP, USER, signature_of
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.commands import CommandDesk, Forbidden
from monitor.store.keys import Keys
from monitor.store.ticks import append_raw
from monitor.web.letters import sealed
from tests.listeners import Heard, Listener, listening
from tests.servers import TestBroker, TestRedis, start_broker
from tests.waiting import wait_until
from tests.worlds import quote

ROOT = Path(__file__).resolve().parents[1]
KEYS = Keys()
HOUR = 3_600_000
BASE = "hashhedge/v1/main"
ROOM = f"{BASE}/user/anna/reply"
PHONE = f"{ROOM}/phone"
KEY = "anna-has-a-key-of-her-own"
BOB = "bob-has-another-key-for-it"
USERS = f"# who may command\nanna {KEY}\n\nbob {BOB}\n"
SCHEMA = json.loads((generate.HERE / payloads.file_name(COMMAND_REPLY)).read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA | {"additionalProperties": False})
RULES = "rules:\n  - {id: x-high, type: threshold, on: X, above: 10, recover: 5}\n"


def order(
    name: str, verb: str = "alert.ack", /, *, dry_run: bool = False, span: str = "", **wish: Any
) -> bytes:
    """Return the body of a command; by default anna's, to take the alert on."""
    if verb.startswith("alert.") and not wish.get("rule"):
        wish = {"rule": "x-high", "key": "X", **wish}
    wish |= {"for": span} if span else {}
    return json.dumps({"id": name, "verb": verb, "wish": wish, "dry_run": dry_run}).encode()


def stamped(body: bytes, user: str = "anna", key: str = KEY, age_s: int = 0) -> dict[str, str]:
    """Return the headers of a body that was signed so long ago."""
    at = str(round(time.time()) - age_s)
    return {USER: user, TIMESTAMP: at, SIGNATURE: signature_of(key, at, body)}


def enveloped(body: bytes, reply_to: str = PHONE, correlation: str = "") -> bytes:
    """Return the payload of MQTT 3.1.1."""
    payload = sealed("anna", KEY, str(round(time.time())), body, reply_to=reply_to)
    told = json.loads(payload)
    return json.dumps(told | ({"correlation": correlation} if correlation else {})).encode()


@dataclass
class Room:
    """One service, and whoever may speak to it."""

    service: Service
    redis: Redis
    mqtt: aiomqtt.Client
    listener: Listener
    session: aiohttp.ClientSession
    book: Path

    async def price(self, value: float) -> None:
        """Tell X, and come back when it is computed."""
        at = SystemClock().now()
        await append_raw(self.redis, KEYS, [quote("X", value, at, fresh_ms=HOUR)], at)
        await self.settled()

    async def settled(self) -> None:
        """Come back when all that is in the stream is computed."""
        newest: Any = await self.redis.xrevrange(KEYS.ticks, count=1)
        entry = newest[0][0].decode()
        await wait_until(lambda: self.service.worker.cursor.id >= entry, "it is computed")

    async def publish(  # as a client would
        self,
        payload: bytes,
        told: dict[str, str] | None = None,
        *,
        verb: str = "alert.ack",
        reply_to: str = PHONE,
        correlation: bytes = b"",
        retain: bool = False,
    ) -> None:
        """Publish a payload with these user properties, on MQTT 5."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = list((told or {}).items())
        if reply_to:
            properties.ResponseTopic = reply_to
        if correlation:
            properties.CorrelationData = correlation
        await self.mqtt.publish(
            f"{BASE}/cmd/{verb}", payload, qos=1, retain=retain, properties=properties
        )

    async def ask(self, body: bytes, **how: Any) -> dict[str, Any]:
        """Sign a command now, publish it, and return its answer."""
        (answer,) = await self.ask_all(body, **how)
        return answer

    async def ask_all(self, body: bytes, **how: Any) -> list[dict[str, Any]]:
        """Do the same; return all parts of the answer."""
        before = len(self.replies())
        await self.publish(body, stamped(body), **how)
        parts = (await self.replied(before + 1))[before].json["parts"]
        answers = [it.json for it in await self.replied(before + parts)][before:]
        for part in answers:
            VALIDATOR.validate(part)
        assert [(it["part"], it["parts"]) for it in answers] == [
            (number, parts) for number in range(1, parts + 1)
        ]
        return answers

    def replies(self) -> list[Heard]:
        """Return what was answered so far, to whomever."""
        return [it for it in self.listener.heard if "/reply" in it.topic]

    async def replied(self, count: int) -> list[Heard]:
        """Return what was answered, when there is so much of it."""
        await wait_until(lambda: len(self.replies()) >= count, f"{count} answers")
        return self.replies()

    async def state(self, wanted: str) -> dict[str, Any]:
        """Return the retained state of the alert, when it stands so."""

        def found() -> dict[str, Any] | None:
            told = self.listener.on("/x-high/X/state")
            return told[-1].json if told and told[-1].json["state"] == wanted else None

        state = await wait_until(found, f"the state {wanted}")
        assert state is not None
        return state

    async def counted(self) -> dict[str, int]:
        """Return how often each outcome was counted."""
        async with self.session.get("/metrics") as page:
            lines = (await page.text()).splitlines()
        begin = 'hashhedge_commands_total{outcome="'
        rows = (line.removeprefix(begin).split('"} ') for line in lines if line.startswith(begin))
        return {outcome: int(float(count)) for outcome, count in rows if float(count)}

    async def trail(self) -> list[Any]:
        """Return what became of each command."""
        return await CommandDesk(self.redis, KEYS).trail(100)

    async def refused(self) -> list[Forbidden]:
        """Return what was not let in."""
        return [it for it in await self.trail() if isinstance(it, Forbidden)]


@asynccontextmanager
async def commanded(
    redis: TestRedis, broker: TestBroker, folder: Path, *, rules: str = RULES, **more: Any
) -> AsyncIterator[Room]:
    """Run all roles but the feeds on one rule, and two users who may command."""
    book, users = folder / "rules.yaml", folder / "users"
    book.write_text(rules, encoding="utf-8")
    users.write_text(USERS, encoding="utf-8")
    given: dict[str, Any] = {"mqtt_url": broker.url, "cold_start": "notify", **more}
    settings = Settings(
        redis_url=redis.url,
        web_port=0,
        state_dir=folder,
        rules=book,
        command_users=users,
        watch_books=False,
        **given,
    )
    place = urlsplit(broker.url)
    async with (
        opened(Job(settings=settings, roles=frozenset({COMPUTE, RELAY, WEB}))) as service,
        connected(redis.url) as client,
        listening(broker.url, f"{BASE}/#") as listener,
        aiomqtt.Client(
            place.hostname or "", place.port or 0, protocol=aiomqtt.ProtocolVersion.V5
        ) as mqtt,
        aiohttp.ClientSession(service.url) as session,
    ):
        running = asyncio.create_task(service.run())
        inbox = service.commands.inbox if service.commands else None
        assert inbox is not None
        try:
            await wait_until(lambda: service.worker.step is not None, "it computes", 30)
            await wait_until(lambda: inbox.is_hearing, "it hears", 30)
            yield Room(service, client, mqtt, listener, session, book)
        finally:
            service.stopping.set()
            await running


PASSWORDS = {"hashhedge": "of-the-service", "anna": "of-anna", "bob": "of-bob", "desk": "of-desk"}


def guarded_broker(folder: Path) -> TestBroker:
    """Start a broker with the sample's rules and a password for each user."""
    passwords, acl = folder / "passwords", folder / "acl"
    passwords.write_text("".join(f"{name}:{word}\n" for name, word in PASSWORDS.items()))
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
    acl.write_bytes((ROOT / "docs" / "samples" / "mqtt" / "acl").read_bytes())
    for path in (passwords, acl):
        path.chmod(0o600)
    extra = f"password_file {passwords}\nacl_file {acl}\n"
    return start_broker("mosquitto", folder, extra=extra)
