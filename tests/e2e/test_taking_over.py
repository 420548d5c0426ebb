"""A standby takes over while a changed rulebook waits to be read: by whom it is read first changes nothing.

Two real processes share Redis, broker and the file; the first is killed as by a power cut.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from monitor.core.clock import SystemClock
from monitor.store.codec import encode_tick
from monitor.store.keys import Keys
from tests.e2e.conftest import NewRoom
from tests.e2e.playing import START_S, Child, Room, Subscriber
from tests.waiting import wait_here
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

KEYS = Keys()
HOUR = 3_600_000
OLD = "rules:\n  - {id: kept, type: threshold, on: X, above: 10}\n"
NEW = OLD + "  - {id: added, type: threshold, on: X, above: 20}\n"


@dataclass
class Pair:
    """A leader and a standby on one rulebook."""

    room: Room
    reader: Subscriber = field(init=False)
    leader: Child = field(init=False)
    standby: Child = field(init=False)

    def __post_init__(self) -> None:
        self.write(OLD)
        self.reader = Subscriber(self.room, instance="main")
        self.leader = self.start()
        wait_here(lambda: leads(self.leader), "the first to lead", START_S)
        self.standby = self.start()
        wait_here(lambda: self.standby.page("/livez"), "the second", START_S)

    def write(self, text: str) -> None:
        """Put another rulebook in the place of the file, as a ConfigMap does."""
        fresh = self.room.folder / "fresh.yaml"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.room.folder / "rules.yaml")

    def start(self) -> Child:
        """Start a process that computes and sends."""
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        roles = ("--role", "compute", "--role", "relay", "--role", "web", "--web-port", "0")
        book = ("--rules", str(self.room.folder / "rules.yaml"))
        return self.room.start(
            "run", *servers, *roles, *book, environ={"HASHHEDGE_LEASE_MS": "1000"}
        )

    def tell(self, value: float) -> None:
        """Tell a value, and come back when it is committed."""
        at = SystemClock().now()
        with self.room.client() as client:
            entry = client.xadd(KEYS.ticks, encode_tick([quote("X", value, at, fresh_ms=HOUR)]))
            wait_here(
                lambda: client.hget(KEYS.state, "cursor") == entry,
                "the commit",
                START_S,
            )

    def told(self, many: int) -> list[tuple[str, str]]:
        """Return (rule, why sent) of each event, once `many` are there."""
        wait_here(lambda: len(self.reader.events) >= many, f"{many} events", START_S)
        self.reader.caught_up()
        return [(event["rule"], event["notice"]) for event in self.reader.events]

    def take_over(self) -> None:
        """Kill the leader, let the standby go on, and come back when it leads by the new book."""
        self.leader.kill()
        self.standby.send(signal.SIGCONT)
        wait_here(lambda: leads(self.standby), "the standby to lead", START_S)
        wait_here(lambda: "books.reloaded" in self.standby.err, "the new book", START_S)


def leads(child: Child) -> bool:
    """Tell whether a process computes."""
    lines = (json.loads(line) for line in child.err.splitlines() if line.startswith("{"))
    return any(it["event"] == "lease.taken" and it.get("role") == "compute" for it in lines)


@pytest.fixture
def pair(new_room: NewRoom) -> Iterator[Pair]:
    """Give two running processes to one test alone."""
    room = new_room()
    yield Pair(room)
    room.close()


def test_what_the_leader_has_told_by_the_new_book_stands(pair: Pair) -> None:
    """The standby has not looked at the file yet: no alert of a new rule ends, or begins anew."""
    pair.tell(15)
    assert pair.told(1) == [("kept", "new")]
    pair.standby.send(signal.SIGSTOP)
    pair.write(NEW)
    wait_here(lambda: "books.reloaded" in pair.leader.err, "the leader to read it", START_S)
    pair.tell(25)
    assert pair.told(2) == [("kept", "new"), ("added", "new")]
    pair.take_over()
    pair.tell(26)
    assert pair.told(2) == [("kept", "new"), ("added", "new")]
    pair.tell(5)
    assert sorted(pair.told(4)[2:]) == [("added", "resolved"), ("kept", "resolved")]


def test_what_the_leader_had_not_read_is_read_by_the_standby(pair: Pair) -> None:
    """Killed before it has looked: the new rule fires once, and the old one goes on."""
    pair.tell(25)
    assert pair.told(1) == [("kept", "new")]
    pair.standby.send(signal.SIGSTOP)
    pair.leader.send(signal.SIGSTOP)
    pair.write(NEW)
    pair.take_over()
    pair.tell(26)
    assert pair.told(2) == [("kept", "new"), ("added", "new")]
    pair.tell(5)
    assert sorted(pair.told(4)[2:]) == [("added", "resolved"), ("kept", "resolved")]


def test_a_book_that_cannot_be_used_keeps_nobody_from_taking_over(pair: Pair) -> None:
    """The standby says what is wrong, and goes on with the rules that it has."""
    pair.tell(15)
    assert pair.told(1) == [("kept", "new")]
    pair.standby.send(signal.SIGSTOP)
    pair.write("rules: [{id: kept}]\n")
    pair.leader.kill()
    pair.standby.send(signal.SIGCONT)
    wait_here(lambda: "books.reload_refused" in pair.standby.err, "the refusal", START_S)
    pair.tell(5)
    assert pair.told(2) == [("kept", "new"), ("kept", "resolved")]
