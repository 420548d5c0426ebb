"""Why there is no connection: each reason by its name, in the log and in `doctor`, with what mends it."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from alerts.sinks.mqtt import HINTS, MqttSettings, open_mqtt, rival_publishers
from monitor.app.relaying import broker_settings
from monitor.app.servers import Servers
from monitor.core.errors import DeliveryError
from monitor.embedded.process import free_port
from monitor.settings import load_settings
from tests.command import hashhedge
from tests.servers import TestBroker, program, start_broker
from tests.sinks import QUICK, note, settings
from tests.transitions import transition
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]

OPENSSL = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem
printf subjectAltName=DNS:localhost > san
for name in good old client; do
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout $name.key -out $name.csr
done
sign() { openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san "$@"; }
sign -in good.csr -days 2 -out good.pem
sign -in old.csr -days -1 -out old.pem
sign -in client.csr -days 2 -out client.pem
mosquitto_passwd -b -c passwords anna right
chmod 644 *
"""
LISTENER = """
listener {port} 127.0.0.1
cafile {folder}/ca.pem
certfile {folder}/{name}.pem
keyfile {folder}/{name}.key
"""
WORDS = "password_file {folder}/passwords\n"


@dataclass(frozen=True)
class Gate:
    """A broker with a door of each kind, and the files that open them."""

    folder: Path
    ports: Mapping[str, int]

    def environ(self, door: str, host: str = "localhost", **more: str) -> dict[str, str]:
        """Return the settings of who goes to a door; `folder/` in a value is the files' place."""
        scheme = "mqtt" if door in {"words", "bare"} else "mqtts"
        user = "anna@" if door == "words" else ""
        url = f"{scheme}://{user}{host}:{self.ports[door]}"
        told = {name: text.replace("folder/", f"{self.folder}/") for name, text in more.items()}
        return {"HASHHEDGE_MQTT_URL": url} | {
            f"HASHHEDGE_MQTT_{name.upper()}": text for name, text in told.items()
        }

    def settings(self, environ: Mapping[str, str]) -> MqttSettings:
        """Return what the service makes of an environment, with short waits."""
        read = load_settings(environ)
        made = broker_settings(read, Servers(redis_url="", mqtt_url=read.mqtt_url or ""), "0")
        return MqttSettings(
            url=made.url, tls=made.tls, password=made.password, reconnect=QUICK, ack_timeout_s=2.0
        )


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Make certificates, and a broker that shows them."""
    folder = tmp_path_factory.mktemp("gate")
    program("openssl")
    subprocess.run(["sh", "-ec", OPENSSL], cwd=folder, check=True, capture_output=True)
    ports = {door: free_port() for door in ("good", "old", "mutual")}
    extra = ""
    for door, name in (("good", "good"), ("old", "old"), ("mutual", "good")):
        extra += LISTENER.format(port=ports[door], folder=folder, name=name)
    plain = start_broker("mosquitto", folder, extra=extra + "require_certificate true\n")
    (folder / "words").mkdir()
    words = start_broker("mosquitto", folder / "words", extra=WORDS.format(folder=folder))
    ports |= {"bare": ports["good"], "plain": plain.port, "words": words.port}
    yield Gate(folder, ports)
    plain.stop()
    words.stop()


OWN = {"certificate": "folder/client.pem", "key": "folder/client.key"}
CASES: dict[str, tuple[str, str, dict[str, str], str]] = {
    "right": ("good", "localhost", {"ca": "folder/ca.pem"}, ""),
    "wrong CA": ("good", "localhost", {"ca": "folder/other.pem"}, "unknown_authority"),
    "system's CAs": ("good", "localhost", {}, "unknown_authority"),
    "expired": ("old", "localhost", {"ca": "folder/ca.pem"}, "certificate_expired"),
    "wrong host": ("good", "127.0.0.1", {"ca": "folder/ca.pem"}, "wrong_hostname"),
    "any certificate": ("old", "127.0.0.1", {"insecure": "true"}, ""),
    "no TLS there": ("plain", "localhost", {"ca": "folder/ca.pem"}, "hung_up"),
    "TLS there": ("bare", "localhost", {}, "hung_up"),
    "client certificate": ("mutual", "localhost", {"ca": "folder/ca.pem"} | OWN, ""),
    "right password": ("words", "localhost", {"password_file": "folder/right"}, ""),
    "wrong password": ("words", "localhost", {"password_file": "folder/wrong"}, "login_refused"),
}


@pytest.mark.parametrize("case", CASES)
async def test_each_refusal_has_its_name(gate: Gate, case: str) -> None:
    """Refused means nothing is sent, and the log says reason and mend (row F11)."""
    door, host, more, reason = CASES[case]
    for word in ("right", "wrong"):
        (gate.folder / word).write_text(f"{word}\n")
    environ = gate.environ(door, host, **more)
    with capture_logs() as logs:
        async with open_mqtt(gate.settings(environ)) as sink:
            told: DeliveryError | None = None
            with suppress(DeliveryError):
                await sink.publish(note(transition()))
                told = DeliveryError("", retriable=True, reason="sent")
    gc.collect()  # paho leaves the socket of a failed handshake to the collector
    assert (told is not None) is not bool(reason)
    said = {
        (it.get("reason"), it.get("hint")) for it in logs if it["event"] == "mqtt.not_connected"
    }
    assert said == ({(reason, HINTS[reason])} if reason else set())
    unchecked = [it for it in logs if it["event"] == "mqtt.certificate_not_checked"]
    assert bool(unchecked) is (case == "any certificate")
    assert "right" not in json.dumps(logs, default=str).replace(str(gate.folder), "")


@pytest.mark.parametrize("case", CASES)
def test_doctor_connects_as_the_service_would(gate: Gate, case: str, tmp_path: Path) -> None:
    """Certificates and password are tried, the finding names the reason, the mend stands beside it."""
    door, host, more, reason = CASES[case]
    for word in ("right", "wrong"):
        (gate.folder / word).write_text(f"{word}\n")
    said = hashhedge("doctor", "-o", "json", env=gate.environ(door, host, **more), cwd=tmp_path)
    rows = {row["check"]: row for row in said.json if row["group"] == "broker"}
    assert rows["server"]["result"] == ("fail" if reason else "pass"), rows
    if reason:
        assert rows["server"]["detail"].startswith(f"{reason}: ")
        assert rows["server"]["fix"] == HINTS[reason]
    assert ("certificate" in rows) is (case == "any certificate")


STRANGER = {"certificate": "folder/other.pem", "key": "folder/other.key"}


@pytest.mark.parametrize("own", [{}, STRANGER], ids=["none", "of another CA"])
async def test_a_client_certificate_that_the_broker_wants(
    gate: Gate, own: dict[str, str], tmp_path: Path
) -> None:
    """The broker ends it, in TLS 1.3 only after the handshake: log and doctor name what to look at."""
    environ = gate.environ("mutual", ca="folder/ca.pem", **own)
    with capture_logs() as logs:
        async with open_mqtt(gate.settings(environ)) as sink:
            with pytest.raises(DeliveryError):
                await sink.publish(note(transition()))
    gc.collect()
    told = await asyncio.to_thread(hashhedge, "doctor", "-o", "json", env=environ, cwd=tmp_path)
    (server,) = [it for it in told.json if (it["group"], it["check"]) == ("broker", "server")]
    # the alert that names it may be overtaken by the end of the connection
    wanted = {"client_certificate_refused", "hung_up", "unreachable"}
    assert {it["reason"] for it in logs if it["event"] == "mqtt.not_connected"} <= wanted
    assert server["detail"].partition(":")[0] in wanted
    assert "SSL" not in told.err


@pytest.mark.parametrize("protocol", ["5.0", "3.1.1"])
async def test_a_clash_of_client_ids_is_named(
    mosquitto: TestBroker, tag: str, protocol: Any, tmp_path: Path
) -> None:
    """Two services under one client id: the log and `doctor` name it, with what to do (row F10)."""
    ours = settings(mosquitto.url, tag, protocol=protocol)
    assert await rival_publishers(ours) == ()
    with capture_logs() as logs:
        async with open_mqtt(ours) as first:
            await wait_until(lambda: first.connections, "the first")
            assert await rival_publishers(ours) == ()
            async with open_mqtt(ours):

                def named() -> list[Any]:
                    return [it for it in logs if it["event"] == "mqtt.client_id_clash"]

                await wait_until(named, "the clash to be named", 30)
                words = ("doctor", "--mqtt-url", mosquitto.url, "-o", "json")
                env = {"HASHHEDGE_INSTANCE": tag}
                said = await asyncio.to_thread(hashhedge, *words, env=env, cwd=tmp_path)
    (found,) = [it for it in said.json if it["check"] == "client id"]
    assert (said.code, found["result"]) == (1, "fail")
    assert f"hashhedge-{tag}-0" in found["detail"]
    assert "HASHHEDGE_INSTANCE" in found["fix"]
    assert named()[0]["client_id"] == f"hashhedge-{tag}-0"
    assert "HASHHEDGE_INSTANCE" in named()[0]["hint"]
    assert len(named()) <= 2  # one for each, not one for each time
