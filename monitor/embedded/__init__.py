"""A private Redis and a private MQTT broker, so that one command starts everything.

Used when no URL is set: hop 4 and hop 8 then end on this machine. Both are real servers in child
processes, reached over loopback or a unix socket only, and both die with this process. They are
for trying out and development; production names its own servers by URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from monitor.core.errors import ConfigError
from monitor.core.places import made_folder
from monitor.embedded.process import (
    LOOPBACK,
    MQTT_5,
    MQTT_311,
    ServerProcess,
    broker_answers,
    free_port,
    redis_answers,
)
from monitor.embedded.programs import (
    broker_command,
    broker_program,
    mosquitto_config,
    redis_command,
    redis_program,
    rumqttd_config,
)

READY_TIMEOUT_S = 30.0
PORT_TRIES = 5
PLACE_HINT = (
    "start it where you may write, set HASHHEDGE_STATE_DIR to such a folder, or set "
    "HASHHEDGE_REDIS_URL and HASHHEDGE_MQTT_URL"
)
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
_MAX_SOCKET_PATH_BYTES = 100
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running private Redis: where it is, what it is, what it cannot do."""

    url: str
    what: str
    limits: str


@dataclass(frozen=True, slots=True)
class Broker:
    """A running private broker; `url` speaks MQTT 5, `url_v311` MQTT 3.1.1."""

    url: str
    url_v311: str
    what: str
    limits: str


def describe(redis: RedisServer | None, broker: Broker | None) -> str:
    """Return the lines that a person must have read before relying on embedded servers."""
    lines = ["Embedded mode: one machine, loopback only, for trying out and development."]
    mend = []
    if redis is not None:
        lines.append(f"Redis: {redis.what}, {redis.limits}.")
        mend.append("HASHHEDGE_REDIS_URL")
    if broker is not None:
        lines.append(f"MQTT: {broker.what}. {broker.limits}.")
        mend.append("HASHHEDGE_MQTT_URL")
    lines.append(f"Set {' and '.join(mend)} for production." if mend else "No embedded server.")
    return "\n".join(lines)


@contextlib.asynccontextmanager
async def embedded_redis(directory: Path, *, wheel: bool = True) -> AsyncIterator[RedisServer]:
    """Run a private Redis that keeps its data in `directory`; `wheel` False takes PATH's.

    Raises:
        ConfigError: no server is installed, it does not start, or another process uses `directory`.

    """
    program, what = redis_program(wheel=wheel)
    directory = await asyncio.to_thread(made_folder, directory, PLACE_HINT)
    with _owned(directory), _socket_path(directory) as path:
        command = redis_command(program, directory, path)
        server = ServerProcess(command, directory / "redis.log", lambda: redis_answers(path))
        try:
            await _start(server, what)
            yield RedisServer(
                url=f"unix://{quote(path)}",
                what=what,
                limits="AOF every second (up to 1 s lost on power failure), no TLS, 256 MB",
            )
        finally:
            await _stop(server)


@contextlib.asynccontextmanager
async def embedded_broker(directory: Path, *, wheel: bool = True) -> AsyncIterator[Broker]:
    """Run a private broker on ports of the system's choice; its files lie in `directory`.

    `wheel` False takes the one on PATH even where the extra is installed.

    Raises:
        ConfigError: no broker is installed, or it does not start.

    """
    kind, what = broker_program(wheel=wheel)
    directory = await asyncio.to_thread(made_folder, directory, PLACE_HINT)
    server, ports = await _broker_on_free_ports(kind, what, directory)
    try:
        yield Broker(
            url=f"mqtt://{LOOPBACK}:{ports[0]}",
            url_v311=f"mqtt://{LOOPBACK}:{ports[1]}",
            what=what,
            limits=_RUMQTTD_LIMITS if kind == "iotcore" else _MOSQUITTO_LIMITS,
        )
    finally:
        await _stop(server)


_RUMQTTD_LIMITS = (
    "Retained messages and sessions are lost at restart; no per-topic ACL, no $SYS, noLocal and "
    "session expiry ignored; a bad password only drops the connection; a slow or offline "
    "subscriber keeps about the newest 1-2 MB per topic filter"
)
_MOSQUITTO_LIMITS = (
    "No password, no TLS; retained messages are saved every 60 s and at a clean stop"
)


async def _broker_on_free_ports(
    kind: str, what: str, directory: Path
) -> tuple[ServerProcess, tuple[int, int]]:
    for last in range(PORT_TRIES - 1, -1, -1):
        port = free_port()
        ports = (port, free_port() if kind == "iotcore" else port)
        config = directory / ("broker.toml" if kind == "iotcore" else "mosquitto.conf")
        config.write_text(
            rumqttd_config(*ports)
            if kind == "iotcore"
            else mosquitto_config(port, directory, persistent=True)
        )
        server = ServerProcess(
            broker_command(kind, config), directory / "broker.log", _both_answer(*ports)
        )
        try:
            await _start(server, what)
        except ConfigError:  # most likely someone took the port between our look and its bind
            if last == 0:
                raise
        except BaseException:
            await _stop(server)
            raise
        else:
            return server, ports
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _both_answer(port: int, port_v311: int) -> Callable[[], bool]:
    return lambda: broker_answers(port, MQTT_5) and broker_answers(port_v311, MQTT_311)


async def _start(server: ServerProcess, what: str) -> None:
    server.spawn()
    give_up = time.monotonic() + READY_TIMEOUT_S
    while not server.ready():
        if server.pid is None or time.monotonic() > give_up:
            await _stop(server)
            raise ConfigError(
                f"{what} did not start: {server.last_words()}",
                where="embedded servers",
                hint="mend what it says, or set HASHHEDGE_REDIS_URL / HASHHEDGE_MQTT_URL",
            )
        await asyncio.sleep(_POLL_S)


async def _stop(server: ServerProcess) -> None:
    await asyncio.shield(asyncio.to_thread(server.stop))


@contextlib.contextmanager
def _owned(directory: Path) -> Iterator[None]:
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                "another process keeps its Redis in this directory",
                where=str(directory),
                hint="stop it, or choose another directory",
            ) from error
        yield


@contextlib.contextmanager
def _socket_path(directory: Path) -> Iterator[str]:
    path = str(directory / "redis.sock")
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="hashhedge-", dir="/tmp") as short:
        yield str(Path(short) / "redis.sock")
