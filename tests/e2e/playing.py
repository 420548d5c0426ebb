"""The command line as a person runs it: processes of its own, on real servers, over real time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis

from monitor.store.keys import REPLAY_TAG, Keys
from tests.forked import Forked, forker
from tests.servers import TestBroker, TestRedis, program
from tests.waiting import wait_here

HASHHEDGE = Path(sys.executable).with_name("hashhedge")
PROJECT = Path(__file__).resolve().parents[2]
HISTORY = PROJECT.parent / "shared" / "data"
RULES = PROJECT / "tests" / "fixtures" / "rules-2023-03.yaml"
KEYS = Keys(REPLAY_TAG)
EVENTS = "hashhedge/v1/{instance}/alert/+/+/event"

NOTHING: Mapping[str, str] = {}
START_S = 30.0
FINISH_S = 300.0


def history() -> Path:
    """Return the folder of historical data beside the repository, or skip; CI must have it."""
    if not HISTORY.is_dir() and os.environ.get("CI") != "true":
        pytest.skip("../shared/data is not there")
    return HISTORY


def long_proofs() -> bool:
    """Tell whether the long variants are wanted too: HASHHEDGE_LONG_PROOFS=1."""
    return os.environ.get("HASHHEDGE_LONG_PROOFS") == "1"


TESTED = {"PYTHONPATH": str(PROJECT), "NO_COLOR": "1", "HASHHEDGE_COLD_START": "notify"}
"""The environment of what is tested: most tests begin beyond a level, and want to hear of it."""


Process: TypeAlias = subprocess.Popen[bytes] | Forked


def started(
    words: Sequence[str], folder: Path, environ: Mapping[str, str], out: int, err: int
) -> Process:
    """Start a program; ours is forked from a process that has its imports."""
    if words[0] == str(HASHHEDGE):
        return forker().start(words[1:], folder, environ, out, err)
    return subprocess.Popen(
        words, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err
    )


@dataclass
class Child:
    """One process of the command line. It sees none of our settings but those given to it."""

    arguments: Sequence[str]
    folder: Path
    core: int | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    process: Process = field(init=False)
    _name: str = field(init=False)

    def __post_init__(self) -> None:
        self._name = uuid.uuid4().hex[:8]
        pinned = [] if self.core is None else ["taskset", "-c", str(self.core)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HASHHEDGE_")}
        with self._path("out").open("wb") as out, self._path("err").open("wb") as err:
            self.process = started(
                [*pinned, *self.arguments],
                self.folder,
                {**environment, **TESTED, **self.environ},
                out.fileno(),
                err.fileno(),
            )

    def _path(self, kind: str) -> Path:
        return self.folder / f"{self._name}.{kind}"

    @property
    def out(self) -> str:
        """Return what it has written to stdout so far."""
        return self._path("out").read_text()

    @property
    def lines(self) -> list[str]:
        """Return the lines that it has written to stdout so far; one that it is writing is none yet."""
        whole, _, _ = self._path("out").read_bytes().rpartition(b"\n")
        return whole.decode().splitlines()

    @property
    def err(self) -> str:
        """Return what it has written to stderr so far."""
        return self._path("err").read_text()

    @property
    def ended(self) -> bool:
        """Tell whether it is gone."""
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Signal it, and only it."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        """Leave nothing running behind a test, nor what it has started: a shell's pipe outlives it."""
        if not self.ended:
            started = psutil.Process(self.process.pid).children(recursive=True)
            self.kill()
            for each in started:
                with suppress(psutil.NoSuchProcess):
                    each.kill()

    def code(self, timeout_s: float = FINISH_S) -> int:
        """Return its exit code when it has ended."""
        return self.process.wait(timeout_s)

    def finished(self, timeout_s: float = FINISH_S) -> dict[str, Any]:
        """Return its JSON answer when it has ended well."""
        assert self.code(timeout_s) == 0, self.err
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    @property
    def pages(self) -> str:
        """Return where its pages are, once it has said so."""

        def said() -> str:
            assert not self.ended, self.err
            found = re.search(r"^pages +(\S+)", self.err, re.MULTILINE)
            return found[1] if found else ""

        return wait_here(said, "the address of the pages", START_S)

    def page(self, path: str) -> str:
        """Return one of its pages, whatever the status; '' while it does not answer."""
        try:
            with urllib.request.urlopen(self.pages + path, timeout=5) as answer:  # noqa: S310  # its own page, on the loopback
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def measured(self, sample: str) -> float | None:
        """Return the value of one sample of /metrics, None if it is not there."""
        for line in self.page("/metrics").splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return None


@dataclass
class Room:
    """A Redis, a broker and a folder that belong to one test."""

    redis: TestRedis
    broker: TestBroker
    folder: Path
    children: list[Child] = field(default_factory=list)

    def replay(self, source: Path, *options: str, core: int | None = None) -> Child:
        """Start `hashhedge replay` on the servers of this room, with JSON as its answer."""
        servers = ("--redis-url", self.redis.url, "--mqtt-url", self.broker.url)
        return self.start("replay", str(source), *servers, "--output", "json", *options, core=core)

    def start(
        self, *arguments: str, core: int | None = None, environ: Mapping[str, str] = NOTHING
    ) -> Child:
        """Start the command line with `arguments`, and `environ` over what is left of ours."""
        return self.run([str(HASHHEDGE), *arguments], core=core, environ=environ)

    def run(
        self,
        command: Sequence[str],
        core: int | None = None,
        environ: Mapping[str, str] = NOTHING,
    ) -> Child:
        """Start any program, to be ended with the room."""
        child = Child(command, self.folder, core, environ)
        self.children.append(child)
        return child

    def client(self) -> Redis:
        """Return a client of this room's Redis."""
        return Redis.from_url(self.redis.url)

    def close(self) -> None:
        """End everything that still runs in it."""
        for child in self.children:
            child.close()
        self.redis.stop()
        self.broker.stop()


class Subscriber:
    """`mosquitto_sub` with a session that outlives it: an independent reader of MQTT 3.1.1."""

    def __init__(self, room: Room, *, instance: str = "replay", topic: str = EVENTS) -> None:
        """Subscribe, and come back when the broker has the subscription."""
        self._topic = topic.format(instance=instance)
        self._place = urlsplit(room.broker.url)
        self._child = room.run(
            [
                *(program("mosquitto_sub"), *self._server, "-V", "311", "-q", "1"),
                *("-c", "-i", f"reader-{uuid.uuid4().hex[:8]}", "-t", self._topic),
            ]
        )
        self.caught_up()

    @property
    def _server(self) -> list[str]:
        return ["-h", self._place.hostname or "", "-p", str(self._place.port)]

    def caught_up(self) -> None:
        """Come back when everything that the broker has accepted so far has arrived here."""
        mark = uuid.uuid4().hex
        publish = [program("mosquitto_pub"), *self._server, "-V", "311", "-q", "1"]
        topic = self._topic.replace("+", "mark")

        def marked() -> bool:
            if mark in self._child.out:
                return True
            subprocess.run([*publish, "-t", topic, "-m", f'"{mark}"'], check=True, timeout=20)
            return False

        wait_here(marked, "a marker to come back from the broker", 30.0)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events that arrived, in order, repeats included."""
        messages = [json.loads(line) for line in self._child.lines]
        return [message for message in messages if isinstance(message, dict)]

    @property
    def ids(self) -> list[str]:
        """Return the ids of the events that arrived, in order, repeats included."""
        return [event["id"] for event in self.events]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a transitions file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def news_of(path: Path) -> set[str]:
    """Return the ids of the transitions in a file that subscribers must be told of."""
    return {line["id"] for line in lines_of(path) if line["notice"] and not line["muted_by"]}
