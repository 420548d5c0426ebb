"""Where the broker or the network says no: refusals, windows, TLS."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from alerts.sinks.mqtt import TlsFiles, open_mqtt
from alerts.sinks.mqtt.wire import WireLink
from monitor.core.errors import ConfigError, DeliveryError
from tests.servers import start_broker
from tests.sinks import note, settings, sink_and_listener
from tests.transitions import transition

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("extra", "text", "reason"),
    [
        ("max_packet_size 2000\n", "over the broker's limit", "too_large"),
        ("acl_file {acl}\n", "authorized", "refused"),
    ],
)
async def test_a_refusal_is_no_acknowledgement(
    tmp_path: Path, tag: str, extra: str, text: str, reason: str
) -> None:
    """What the broker forbids must never count as delivered, nor be tried for ever."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite hashhedge/v1/{tag}/status/#\n")
    server = start_broker("mosquitto", tmp_path, extra=extra.format(acl=acl))
    try:
        async with open_mqtt(settings(server.url, tag)) as sink:
            with pytest.raises(DeliveryError, match=text) as caught:
                await sink.publish(note(transition(summary="x" * 2_000)))
            assert (caught.value.retriable, caught.value.reason) == (False, reason)
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
            assert isinstance(sink._kept.link, WireLink)
            assert sink._kept.link.window == 3
    finally:
        server.stop()


@pytest.mark.parametrize(
    "files", [TlsFiles(ca=Path("/none.pem")), TlsFiles(certificate=Path("/x"))]
)
async def test_missing_tls_files_are_a_config_error(tag: str, files: TlsFiles) -> None:
    """A TLS file that cannot be read must stop the start with its name."""
    with pytest.raises(ConfigError, match="TLS files cannot be used"):
        async with open_mqtt(settings("mqtts://localhost", tag, tls=files)):
            pass
