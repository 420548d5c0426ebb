"""The sample of rules for Mosquitto: who may read and write what, with the service's own road to it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.sinks.mqtt import MqttSettings, open_mqtt, password_from
from alerts.sinks.mqtt.link import Message
from alerts.sinks.mqtt.url import MqttUrl
from alerts.topics import filter_of
from monitor.app.leftovers import KINDS
from monitor.cli.watch_line import watch_line
from monitor.settings import load_settings
from tests.commanding import PASSWORDS, guarded_broker
from tests.listeners import listening
from tests.servers import TestBroker
from tests.sinks import settings

pytestmark = pytest.mark.integration
BASE = "hashhedge/v1/main"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[TestBroker]:
    """Start a broker with the sample's rules."""
    broker = guarded_broker(tmp_path)
    yield broker
    broker.stop()


def service(broker: TestBroker) -> MqttSettings:
    """Return how the service comes in."""
    url = MqttUrl.parse(broker.url.replace("//", "//hashhedge@"))
    own = settings(broker.url, "main", password=password_from(PASSWORDS["hashhedge"]))
    return replace(own, url=url)


def named(broker: TestBroker, name: str) -> str:
    """Return the broker's URL for a user."""
    return broker.url.replace("//", f"//{name}:{PASSWORDS[name]}@")


async def test_a_reader_hears_every_documented_state(guarded: TestBroker) -> None:
    """Feeds and her own too, not those of others; the service can see all that it has left there."""
    shared = [f"{BASE}/{filter_of(kind).replace('+', 'x')}" for kind in KINDS]
    others = f"{BASE}/user/x/state/x"
    states = [*shared, f"{BASE}/user/anna/state/x"]
    config = "homeassistant/device/hashhedge_main_X/config"
    async with (
        listening(named(guarded, "anna"), f"{BASE}/#") as anna,
        open_mqtt(service(guarded)) as sink,
    ):
        link = await sink._kept.connected()
        await link.send([Message(topic, b"{}", retain=True) for topic in (*states, config)])
        await anna.wait_for("/user/anna/state/x")
        heard = {it.topic for it in anna.heard}
        assert {it for it in states if it not in heard} == {others}
        below = [f"{BASE}/{filter_of(kind)}" for kind in KINDS]
        assert sorted(await sink.retained(below, lambda _: True)) == sorted(states)
        assert await sink.retained(["homeassistant/+/+/config"], lambda _: True) == [config]


async def test_a_program_sends_on_its_own_topic_only(guarded: TestBroker) -> None:
    """Its quotes are heard and it hears the answer; another's name and another user are denied."""

    async def put(user: str, sender: str) -> str:
        words = ["-p", str(guarded.port), "-u", user, "-P", PASSWORDS[user], "-q", "1", "-d"]
        command = [
            "mosquitto_pub",
            "-V",
            "mqttv5",
            *words,
            "-t",
            f"{BASE}/ingest/{sender}",
            "-m",
            "{}",
        ]
        said = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
        return said.stdout.decode() + said.stderr.decode()

    async with (
        listening(named(guarded, "hashhedge"), f"{BASE}/ingest/+") as heard,
        listening(named(guarded, "desk"), f"{BASE}/ingest/desk/answer") as desk,
        open_mqtt(service(guarded)) as sink,
    ):
        assert "Not authorized" not in await put("desk", "desk")
        await heard.wait_for("/ingest/desk")
        assert "Not authorized" in await put("desk", "other")
        assert "Not authorized" in await put("anna", "desk")
        link = await sink._kept.connected()
        await link.send([Message(f"{BASE}/ingest/desk/answer", b"{}")])
        await desk.wait_for("/answer")


async def test_the_line_that_run_prints_hears(guarded: TestBroker, tmp_path: Path) -> None:
    """It has the user and where the password is, and mosquitto_sub takes it as it stands."""
    secret = tmp_path / "anna's password"
    secret.write_text(PASSWORDS["anna"])
    url = guarded.url.replace("//", "//anna@")
    read = load_settings({"HASHHEDGE_MQTT_URL": url, "HASHHEDGE_MQTT_PASSWORD_FILE": str(secret)})
    line = watch_line(read, url)
    assert PASSWORDS["anna"] not in line
    async with open_mqtt(service(guarded)) as sink:
        link = await sink._kept.connected()
        await link.send([Message(f"{BASE}/alert/x/y/event", b"{}", retain=True)])
    command = ["sh", "-c", f"{line} -C 1 -W 10"]
    heard = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert heard.stdout == f"{BASE}/alert/x/y/event {{}}\n".encode(), heard


def test_the_line_that_run_prints_names_the_files_of_tls() -> None:
    """The broker's CA or the system's, and our own pair where the broker wants one."""
    url = "mqtts://broker.example"
    plain = load_settings({"HASHHEDGE_MQTT_URL": url, "HASHHEDGE_INSTANCE": "desk"})
    topic = "-v -t 'hashhedge/v1/desk/alert/+/+/event'"
    at = "mosquitto_sub -h broker.example -p 8883"
    assert watch_line(plain, url) == f"{at} --tls-use-os-certs {topic}"
    names = {"CA": "ca.pem", "CERTIFICATE": "own.pem", "KEY": "own.key", "INSECURE": "true"}
    told = load_settings({f"HASHHEDGE_MQTT_{name}": it for name, it in names.items()})
    files = "--cafile ca.pem --cert own.pem --key own.key --insecure"
    assert watch_line(told, url) == f"{at} {files} {topic.replace('desk', 'main')}"
    worded = load_settings({"HASHHEDGE_MQTT_PASSWORD": "hush"})
    line = watch_line(worded, "mqtt://a@127.0.0.1:1883")
    assert '-u a -P "$HASHHEDGE_MQTT_PASSWORD"' in line
    assert "hush" not in line
