"""Where the broker or the network says no: refusals, windows, TLS."""

from __future__ import annotations

import asyncio
import gc
import subprocess
from pathlib import Path

import pytest

from alerts.sinks.mqtt import TlsFiles, open_mqtt
from alerts.sinks.mqtt.wire import WireLink
from monitor.core.errors import ConfigError, DeliveryError
from monitor.embedded.process import free_port
from tests.servers import program, start_broker
from tests.sinks import note, settings, sink_and_listener
from tests.transitions import transition

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("extra", "text"),
    [("max_packet_size 2000\n", "over the broker's limit"), ("acl_file {acl}\n", "authorized")],
)
async def test_a_refusal_is_no_acknowledgement(
    tmp_path: Path, tag: str, extra: str, text: str
) -> None:
    """What the broker forbids must never count as delivered, nor be tried for ever."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite hashhedge/v1/{tag}/status/#\n")
    server = start_broker("mosquitto", tmp_path, extra=extra.format(acl=acl))
    try:
        async with open_mqtt(settings(server.url, tag)) as sink:
            with pytest.raises(DeliveryError, match=text) as caught:
                await sink.publish(note(transition(summary="x" * 2_000)))
            assert (caught.value.retriable, caught.value.reason) == (False, "refused")
    finally:
        server.stop()


async def test_a_brokers_small_window_is_kept(tmp_path: Path, tag: str) -> None:
    """A broker that allows few unacknowledged messages must get all of many, a few at a time."""
    server = start_broker("mosquitto", tmp_path, extra="max_inflight_messages 3\n")
    try:
        async with sink_and_listener(server.url, tag) as (sink, listener):
            await asyncio.gather(
                *(sink.publish(note(transition(key=str(number)))) for number in range(50))
            )
            await listener.wait_for("/event", 50)
            assert isinstance(sink._link, WireLink)
            assert sink._link.window == 3
    finally:
        server.stop()


OPENSSL = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr
printf subjectAltName=DNS:localhost > san
openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out tls.pem
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem
"""


async def _connects(url: str, tag: str, files: TlsFiles) -> bool:
    async with open_mqtt(settings(url, tag, tls=files, ack_timeout_s=1.0)) as sink:
        try:
            await sink.publish(note(transition()))
        except DeliveryError as error:
            return error.reason != "not_connected"
        return True


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_tls_checks_certificate_and_host(tmp_path: Path, tag: str) -> None:
    """The right CA must connect; a wrong CA or host must not, unless told to take anything."""
    program("openssl")
    await asyncio.to_thread(
        subprocess.run, ["sh", "-ec", OPENSSL], cwd=tmp_path, check=True, capture_output=True
    )
    port = free_port()
    extra = (
        f"listener {port} 127.0.0.1\ncafile {tmp_path}/ca.pem\ncertfile {tmp_path}/tls.pem\n"
        f"keyfile {tmp_path}/tls.key\n"
    )
    server = start_broker("mosquitto", tmp_path, extra=extra)
    ca, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    cases = [
        ("localhost", TlsFiles(ca=ca), True),
        ("localhost", TlsFiles(ca=other), False),
        ("127.0.0.1", TlsFiles(ca=ca), False),
        ("127.0.0.1", TlsFiles(ca=other, insecure=True), True),
    ]
    try:
        for host, files, connects in cases:
            assert await _connects(f"mqtts://{host}:{port}", tag, files) is connects
    finally:
        server.stop()
        gc.collect()  # paho leaves the socket of a failed handshake to the collector


@pytest.mark.parametrize(
    "files", [TlsFiles(ca=Path("/none.pem")), TlsFiles(certificate=Path("/x"))]
)
async def test_missing_tls_files_are_a_config_error(tag: str, files: TlsFiles) -> None:
    """A TLS file that cannot be read must stop the start with its name."""
    with pytest.raises(ConfigError, match="TLS files cannot be used"):
        async with open_mqtt(settings("mqtts://localhost", tag, tls=files)):
            pass
