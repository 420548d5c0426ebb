"""What /readyz says of real processes: a standby is ready, a Redis that is full is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.sinks.mqtt import HINTS
from tests.e2e.playing import START_S, Child, Room
from tests.servers import TestBroker, TestRedis
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def room(own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path) -> Iterator[Room]:
    """Give servers to one test alone."""
    room = Room(own_redis, own_mosquitto, tmp_path)
    yield room
    room.close()


def running(room: Room, role: str) -> Child:
    """Start one role of the service on the servers of the room."""
    servers = ("--redis-url", room.redis.url, "--mqtt-url", room.broker.url)
    return room.start("run", "--role", role, *servers, "--web-port", "0")


def reasons(child: Child) -> dict[str, str] | None:
    """Return why a process is not ready, by check; None while it does not answer."""
    page = child.page("/readyz")
    return {r["check"]: r["reason"] for r in json.loads(page)["reasons"]} if page else None


def test_a_standby_relay_is_ready(room: Room) -> None:
    """The second relay waits for the lease and is ready; without Redis both say that it is Redis."""
    first = running(room, "relay")
    held = 'hashhedge_lease_held{role="relay"}'
    wait_here(lambda: first.measured(held) == 1 and reasons(first) == {}, "the first", START_S)
    second = running(room, "relay")
    wait_here(lambda: second.measured(held) == 0 and reasons(second) == {}, "the standby", START_S)
    assert first.measured(held) == 1
    room.broker.stop()
    words = f"no connection to the broker: connection_refused: {HINTS['connection_refused']}"
    wait_here(lambda: reasons(first) == {"broker": words}, "it", START_S)
    refused = 'hashhedge_mqtt_connection_failures_total{reason="connection_refused"}'
    assert (first.measured(refused) or 0) > 0
    assert reasons(second) == {}
    room.redis.stop()
    for child in (first, second):
        wait_here(lambda child=child: "redis" in (reasons(child) or {}), "the reason", START_S)  # type: ignore[misc]  # a bound name
        wait_here(lambda child=child: "broker" not in (reasons(child) or {}), "no more", START_S)  # type: ignore[misc]  # likewise


def test_a_redis_that_is_full_is_told(room: Room) -> None:
    """Redis that answers but takes no write makes compute unready, with the reason, until it does."""
    child = running(room, "compute")
    wait_here(lambda: reasons(child) == {}, "it to be ready", START_S)
    with room.client() as client:
        client.config_set("maxmemory", "1mb")
        wait_here(lambda: reasons(child), "the reason", START_S)
        found = reasons(child)
        assert found is not None
        assert found.keys() == {"compute"}
        assert "the last write failed" in found["compute"]
        assert "OOM" in found["compute"] or "memory" in found["compute"]
        client.config_set("maxmemory", "0")
    wait_here(lambda: reasons(child) == {}, "it to be ready again", START_S)
