"""The command without the second that its imports take: forked from a process that has them.

One process a test worker imports what the commands are made of, without any module of the command
line itself, and forks for each call. The child is a process with its own directory, environment,
standard streams and exit code, and runs the same `main` as the installed script. Hundreds of
commands and services in a run of the tests spend half their processor time on imports otherwise.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import NoReturn

import msgspec

PROJECT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 60.0
_PACKAGES = ("alerts", "monitor")
_LIBRARIES = (
    "typer",
    "typer._adapters",
    "holidays.financial",
    "typer.rich_utils",
    "rich.table",
    "rich.console",
    "rich.markdown",
    "uvloop",
)
_NOT = ("monitor.cli", "monitor.__main__")
_MAX_REQUEST = 1 << 20


class Call(msgspec.Struct):
    """What is asked of the forking process."""

    words: list[str]
    cwd: str
    env: dict[str, str]


class Forked:
    """A process that runs the command, as `Popen` would show it."""

    def __init__(self, words: Sequence[str], reply: socket.socket) -> None:
        self._words = list(words)
        self._reply = reply
        self.pid = int(reply.recv(100))
        self.returncode: int | None = None

    def __del__(self) -> None:
        """Let the way to it go with it: nobody may have asked how it ended."""
        self._reply.close()

    def poll(self) -> int | None:
        """Return its exit code, or minus the signal that ended it; None while it runs."""
        self._take(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the same when it has ended.

        Raises:
            TimeoutExpired: it has not, within `timeout` seconds.

        """
        self._take(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._words, timeout or 0.0)
        return self.returncode

    def _take(self, timeout: float | None) -> None:
        if self.returncode is not None:
            return
        self._reply.settimeout(timeout)
        try:
            self.returncode = int(self._reply.recv(100))
        except (TimeoutError, BlockingIOError):
            return
        self._reply.close()

    def send_signal(self, number: int) -> None:
        """Signal it, and only it."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)


class Forker:
    """The process that forks, and the way to it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                cwd=PROJECT,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait()

    def start(
        self, words: Sequence[str], cwd: Path, env: Mapping[str, str], out: int, err: int
    ) -> Forked:
        """Start the command with both streams on these descriptors, and nothing to read."""
        request = msgspec.json.encode(Call(list(words), str(cwd), dict(env)))
        reply, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._lock:
            socket.send_fds(self._ours, [request], [out, err, theirs.fileno()])
        return Forked(words, reply)

    def run(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
        """Run the command to its end; return its exit code, and what it wrote to both streams.

        Raises:
            TimeoutExpired: it took longer than a minute, and was killed.

        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = self.start(words, cwd, env, out.fileno(), err.fileno())
            try:
                code = child.wait(TIMEOUT_S)
            finally:
                child.kill()
            out.seek(0)
            err.seek(0)
            return code, out.read().decode(), err.read().decode()


@cache
def forker() -> Forker:
    """Return the one of this test worker."""
    return Forker()


# ---------------------------------------------------------------- in the process that forks


def _import_all() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    for package in map(importlib.import_module, _PACKAGES):
        _import_below(package)


def _import_below(package: ModuleType) -> None:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.startswith(_NOT):
            importlib.import_module(found.name)


def _serve(ours: socket.socket) -> None:
    """Fork for each call until the other side hangs up; nobody waits for the one before."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, descriptors, _, _ = socket.recv_fds(ours, _MAX_REQUEST, 3)
        if not request:
            return
        if os.fork() == 0:
            ours.close()
            _guard(msgspec.json.decode(request, type=Call), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _guard(call: Call, out: int, err: int, reply: int) -> NoReturn:
    """Fork the command, tell who it is and, when it has ended, how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=reply) as answers:
        pid = os.fork()
        if pid == 0:
            answers.close()
            _become(call, out, err)
        answers.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        answers.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(call: Call, out: int, err: int) -> NoReturn:
    """Be the command: its directory, environment and streams, then its `main`, then its end.

    What `main` raises goes up to the interpreter, which ends as it does for the installed script.
    """
    for descriptor, stream in ((out, 1), (err, 2)):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.chdir(call.cwd)
    os.environ.clear()
    os.environ.update(call.env)
    time.tzset()
    # as the interpreter makes them of the same descriptors
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # to the very end
    sys.stderr = open(  # noqa: SIM115  # likewise
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )
    sys.argv = [str(Path(sys.executable).parent / "hashhedge"), *call.words]
    importlib.import_module("monitor.__main__").main()
    sys.exit()


if __name__ == "__main__":
    _import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
