"""A replay keeps its hands off the topics of a live service."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from alerts.sinks.mqtt import open_mqtt, other_publisher
from monitor.core.errors import DeliveryError
from monitor.embedded.process import free_port
from tests.command import hashhedge
from tests.listeners import listening
from tests.servers import TestBroker, TestRedis
from tests.sinks import settings

pytestmark = pytest.mark.integration

PRICES = "date,close,source\n2023-01-02,10100,x\n2023-01-03,9700,x\n"
RULES = "rules:\n  - {id: low-btc, type: threshold, on: BTC-USD, below: 10000}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two days of a price that falls under the level of one rule."""
    (tmp_path / "btc.csv").write_text(PRICES)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


async def replay(folder: Path, redis: TestRedis, broker: str, *options: str) -> tuple[int, str]:
    """Replay the two days on real servers; return exit code and stderr."""
    said = await asyncio.to_thread(
        hashhedge,
        *("replay", folder, "--rules", folder / "rules.yaml", "--redis-url", redis.url),
        *("--mqtt-url", broker, *options),
        cwd=folder,
    )
    return said.code, said.err


async def test_a_live_service_on_the_same_broker_is_not_touched(
    own_redis: TestRedis, mosquitto: TestBroker, folder: Path, tag: str
) -> None:
    """By default nothing goes below its topics, and it stays connected."""
    async with (
        listening(mosquitto.url, "hashhedge/v1/#") as listener,
        open_mqtt(settings(mosquitto.url, tag)),
    ):
        await listener.wait_for(f"{tag}/status")
        await listener.wait_for(f"{tag}/status/detail")
        before = len(listener.heard)
        code, err = await replay(folder, own_redis, mosquitto.url)
        assert code == 0, err
        fired = await listener.wait_for("/alert/low-btc/BTC-USD/event")
        assert listener.words(f"{tag}/status") == ["online"], "the replay cut it off"
        during = {message.topic.split("/")[2] for message in listener.heard[before:]}
    assert {message.topic.split("/")[2] for message in fired} == {"replay"}
    assert fired[0].json["replay"] is True
    assert during == {"replay"}


async def test_an_instance_that_is_online_is_refused_with_the_mend(
    own_redis: TestRedis, mosquitto: TestBroker, folder: Path, tag: str
) -> None:
    """Exit 2, who is there, how to mend; and not one message."""
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener,
        open_mqtt(settings(mosquitto.url, tag)),
    ):
        await listener.wait_for("/status")
        code, err = await replay(folder, own_redis, mosquitto.url, "--instance", tag)
    assert code == 2
    words = " ".join(err.split())
    assert f"--instance: instance `{tag}` is online on this broker (hashhedge-{tag}-0)" in words
    assert f"to fix: name another one for this replay, for example --instance {tag}-2" in words
    assert {message.topic for message in listener.heard} == {
        f"hashhedge/v1/{tag}/status",
        f"hashhedge/v1/{tag}/status/detail",
    }


async def test_ones_own_name_and_a_clean_end_are_nobody_else(
    mosquitto: TestBroker, tag: str
) -> None:
    """A replay that was killed may go on; one that ended has left the instance free."""
    own = settings(mosquitto.url, tag, replica="story")
    assert await other_publisher(own, wait_s=0.2) is None, "nobody was ever there"
    async with listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener:
        async with open_mqtt(own):
            await listener.wait_for("/status")
            assert await other_publisher(own) is None
            another = settings(mosquitto.url, tag, replica="another")
            assert await other_publisher(another) == f"hashhedge-{tag}-story"
        await listener.wait_for("/status", 2)
    assert await other_publisher(settings(mosquitto.url, tag)) is None


async def test_a_broker_that_is_away_is_an_error_not_a_yes(tag: str) -> None:
    """Whether the topics are free cannot be known then; a replay warns, and waits for the broker."""
    with pytest.raises(DeliveryError):
        await other_publisher(settings(f"mqtt://127.0.0.1:{free_port()}", tag))
