"""A server in a child process that dies with us, and the question whether it serves yet."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

LOOPBACK = "127.0.0.1"
STOP_TIMEOUT_S = 5.0
MQTT_5 = 5
MQTT_311 = 4
_PROBE_TIMEOUT_S = 1.0
_LOWEST_PORT, _HIGHEST_PORT = 10_000, 32_000
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Address: TypeAlias = str | int
"""A unix socket's path, or a port on loopback."""


class ServerProcess:
    """One child process that dies with us, and the question whether it serves yet.

    `probe` must make a real request and return True only on the server's own answer.
    """

    def __init__(self, command: Sequence[str], log: Path, probe: Callable[[], bool]) -> None:
        self._command = list(command)
        self._log = log
        self._probe = probe
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id while one is running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def spawn(self) -> None:
        """Start the process. Call it from a thread that outlives the server.

        Linux signals the child when the *thread* that forked it ends, so no pool thread may.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - fixed argument list, no shell
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - one system call, no Python lock
            )

    def ready(self) -> bool:
        """Tell whether our own process serves, by asking it."""
        return self.pid is not None and self._probe()

    def send(self, number: signal.Signals) -> None:
        """Signal the process, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end; False when it has not within `timeout_s`."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        self.send(signal.SIGTERM)
        if not self.wait(STOP_TIMEOUT_S):
            self.send(signal.SIGKILL)
            self.wait(STOP_TIMEOUT_S)

    def last_words(self) -> str:
        """Return the end of the server's own log, for an error message."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return " | ".join(text.strip().splitlines()[-3:]) or "it wrote no log"


def _die_with(parent: int) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    libc = _LIBC

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return arm


def redis_answers(address: Address) -> bool:
    """Tell whether a Redis at `address` answers PING; still loading its file counts as no."""
    return _ask(address, b"PING\r\n").startswith(b"+PONG")


def broker_answers(port: int, level: int) -> bool:
    """Tell whether a broker on `port` accepts a CONNECT of protocol `level` (5 or 4 = 3.1.1)."""
    # A new name each time: rumqttd 0.20 panics, and its listener is dead from then on, where a
    # client takes over the name of one that is just leaving, also across its two listeners.
    name = b"hashhedge-probe-" + secrets.token_hex(4).encode()
    body = b"\x00\x04MQTT" + bytes([level, 0x02, 0, 10]) + (b"\x00" if level == MQTT_5 else b"")
    body += len(name).to_bytes(2, "big") + name
    answer = _ask(port, b"\x10" + bytes([len(body)]) + body)
    # CONNACK: type, length, flags, reason; reason 0 is accepted
    return answer[:1] == b"\x20" and answer[3:4] == b"\x00"


def _ask(address: Address, request: bytes) -> bytes:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(_PROBE_TIMEOUT_S)
        try:
            client.connect(address if isinstance(address, str) else (LOOPBACK, address))
            client.sendall(request)
            return client.recv(64)
        except OSError:
            return b""


def free_port() -> int:
    """Return a loopback port that nobody listens on now; whoever binds it must be ready to retry.

    It is drawn from below the range of which the system takes ports for outgoing connections, so
    that none of those, and hardly another caller, can take it before it is bound.
    """
    while True:
        port = _LOWEST_PORT + secrets.randbelow(_HIGHEST_PORT - _LOWEST_PORT)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
