"""A Redis that keeps an append-only file, a Mosquitto, and the service under test, by pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from monitor.embedded.process import (
    MQTT_311,
    ServerProcess,
    broker_answers,
    free_port,
    redis_answers,
)
from tests.waiting import wait_here

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = "bench"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def program(name: str) -> str:
    """Return the path of a program, or end with what to install."""
    path = shutil.which(name, path=_PATH)
    if path is None:
        sys.exit(f"{name} is not installed; `make bench` installs redis-server and mosquitto")
    return path


@dataclass(frozen=True, slots=True)
class Servers:
    """The ports of one run's Redis and broker."""

    redis_port: int
    mqtt_port: int

    @property
    def redis_url(self) -> str:
        """Return the URL of database 0."""
        return f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def mqtt_url(self) -> str:
        """Return the broker's URL."""
        return f"mqtt://127.0.0.1:{self.mqtt_port}"


@contextlib.contextmanager
def servers(directory: Path) -> Iterator[Servers]:
    """Run a Redis (append-only file, fsync each second) and a Mosquitto as the bare chain has."""
    port = free_port()
    redis = ServerProcess(
        [
            *(program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
            *("--dir", str(directory), "--loglevel", "warning"),
        ],
        directory / "redis.log",
        lambda: redis_answers(port),
    )
    with _served(redis, "Redis to answer"), broker(directory) as mqtt_port:
        yield Servers(port, mqtt_port)


@contextlib.contextmanager
def broker(directory: Path) -> Iterator[int]:
    """Run a Mosquitto as the bare chain has it, and give its port."""
    port = free_port()
    config = directory / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "max_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\nlog_type error\n"
    )
    mosquitto = ServerProcess(
        [program("mosquitto"), "-c", str(config)],
        directory / "mosquitto.log",
        lambda: broker_answers(port, MQTT_311),
    )
    with _served(mosquitto, "Mosquitto to answer"):
        yield port


@contextlib.contextmanager
def _served(server: ServerProcess, wish: str) -> Iterator[None]:
    server.spawn()
    try:
        wait_here(server.ready, wish)
        yield
    finally:
        server.stop()


class Program:
    """A started program under test with its costs."""

    def __init__(self, command: Sequence[str], log: Path, environ: Mapping[str, str]) -> None:
        self.log = log
        self._name = log.stem
        self._out = log.open("wb")
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=subprocess.STDOUT,
        )
        self._seen = psutil.Process(self._process.pid)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise if it has ended, with its last words."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._name} ended: {self.log.read_text()[-2_000:]}")

    def cpu_s(self) -> float:
        """Return the processor time used so far, user and system."""
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    def rss_mib(self) -> float:
        """Return the resident memory."""
        return float(self._seen.memory_info().rss) / 2**20

    def stop(self) -> None:
        """End it in order, or at last by force."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._out.close()


@contextlib.contextmanager
def service(found: Servers, rules: Path, directory: Path, *options: str) -> Iterator[Program]:
    """Run `hashhedge run` with the roles compute and relay on `rules`, all else as it comes."""
    environ = {
        "HASHHEDGE_REDIS_URL": found.redis_url,
        "HASHHEDGE_MQTT_URL": found.mqtt_url,
        "HASHHEDGE_INSTANCE": INSTANCE,
        # The bench's first crossing comes to a service without memory, and is to be told.
        "HASHHEDGE_COLD_START": "notify",
        "HASHHEDGE_WEB_PORT": "0",
        "HASHHEDGE_STATE_DIR": str(directory / "state"),
    }
    command = [
        *(sys.executable, "-m", "monitor", "run", "--role", "compute", "--role", "relay"),
        *("--rules", str(rules), *options),
    ]
    with running(command, directory / "hashhedge.log", environ) as program_:
        yield program_


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, environ: Mapping[str, str]) -> Iterator[Program]:
    """Run a program under test, and end it afterwards; `log` has its name."""
    program_ = Program(command, log, environ)
    try:
        yield program_
    finally:
        program_.stop()
