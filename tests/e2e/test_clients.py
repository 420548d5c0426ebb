"""Clients that nobody here wrote: each hears everything, once, whatever becomes of the broker."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from alerts.schemas.builders import Stamp, alert_event
from alerts.schemas.origin import Origin
from alerts.schemas.payloads import encode
from monitor.embedded.process import free_port
from tests.e2e.playing import PROJECT, START_S, Child, Room, Subscriber
from tests.e2e.two_days import Calm, told
from tests.mqttjs import modules, node
from tests.servers import program, start_broker
from tests.transitions import transition
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(600)]

SAMPLES = PROJECT / "docs" / "samples" / "mqtt"
SPEED = "5000"
GROWTH = 64 * 1_048_576
"""What a process may grow by, in bytes, while what it has to tell waits."""
PAGE = """
const fs = require("fs"), vm = require("vm");
const list = {children: [], prepend(it) { this.children.unshift(it); console.log(it.textContent); }};
const room = {
  mqtt: require("mqtt"), URLSearchParams, TextDecoder, JSON, Set,
  location: {search: "?broker=" + process.argv[2]},
  document: {getElementById: () => list, createElement: () => ({})},
};
const html = fs.readFileSync(process.argv[3], "utf8");
vm.runInNewContext(html.match(/<script>([^]*?)<\\/script>/)[1], room);
"""


class Stranger:
    """MQTT.js with a session that outlives its connections, as the sample makes it."""

    def __init__(self, room: Room) -> None:
        """Subscribe, and come back when the broker has the subscription."""
        self.broker = room.broker
        self.name = f"stranger-{uuid.uuid4().hex[:8]}"
        command = [node(), str(SAMPLES / "reader.js"), room.broker.url, self.name]
        self._room = room
        self.marks: set[str] = set()
        self._child = room.run(command, environ={"NODE_PATH": str(modules())})
        self.caught_up()

    def caught_up(self) -> None:
        """Come back when everything that the broker has accepted so far has arrived here."""
        mark = uuid.uuid4().hex
        self.marks.add(mark)
        event = json.dumps({"id": mark, "time": "", "summary": "mark"})
        topic = "hashhedge/v1/replay/alert/mark/mark/event"

        def marked() -> bool:
            if mark in self._child.out:
                return True
            publish(self._room, topic, event)
            return False

        wait_here(marked, "a marker to come back from the broker", START_S)

    @property
    def ids(self) -> list[str]:
        """Return the ids that it printed, in order."""
        lines = [json.loads(line) for line in self._child.lines]
        return [line["id"] for line in lines if line.get("summary", "mark") != "mark"]


def publish(room: Room, topic: str, payload: str) -> None:
    """Publish a message as somebody else, and come back when the broker has it."""
    place = urlsplit(room.broker.url)
    where = ("-h", str(place.hostname), "-p", str(place.port), "-q", "1", "-V", "mqttv5")
    child = room.run([program("mosquitto_pub"), *where, "-t", topic, "-m", payload])
    assert child.code(20) == 0, child.err


def test_two_strangers_keep_their_sessions_through_outages(
    room: Room, calm: Calm, transitions: Path
) -> None:
    """The broker goes away twice in the middle of it: both end with the same set of ids, all of them.

    What waits meanwhile lies in Redis, so the process does not grow.
    """
    subscriber, stranger = Subscriber(room), Stranger(room)
    child = calm.replay(room, transitions, SPEED)
    with room.client() as client:
        wait_here(lambda: told(client) > 2, "the first alerts", START_S)
        room.broker.stop()
        before = memory(child)
        waiting = "hashhedge_outbox_depth_entries"
        wait_here(lambda: (child.measured(waiting) or 0) > 3, "alerts that wait", START_S)
        assert memory(child) - before < GROWTH
        room.broker.start()
        wait_here(lambda: child.measured(waiting) == 0, "all to be told", START_S)
        room.broker.stop()
        seen = told(client)
        wait_here(lambda: told(client) > seen or child.ended, "more alerts", START_S)
        room.broker.start()
    assert child.finished()["finished"]
    stranger.caught_up()
    subscriber.caught_up()
    assert transitions.read_bytes() == calm.file
    assert set(subscriber.ids) - stranger.marks == set(stranger.ids) == calm.news
    assert len(stranger.ids) == len(calm.news)  # the sample drops repeats by their id


def memory(child: Child) -> int:
    """Return the resident bytes of a process."""
    return int(psutil.Process(child.process.pid).memory_info().rss)


@pytest.fixture
def ws_room(room: Room, tmp_path: Path) -> Iterator[tuple[Room, int]]:
    """Give a room whose broker also speaks MQTT over WebSockets, and that port."""
    port = free_port()
    extra = f"listener {port} 127.0.0.1\nprotocol websockets\n"
    room.broker.stop()
    room.broker = start_broker("mosquitto", tmp_path, extra=extra)
    yield room, port
    room.broker.stop()


def tell(room: Room, key: str) -> None:
    """Publish the news of an alert, the same each time for the same subject."""
    news = transition(key=key, summary=f"{key} thinks")
    event = alert_event(news, Stamp("r", 1, news.at), Origin())
    topic = f"hashhedge/v1/main/alert/margin-low/{key}/event"
    publish(room, topic, encode(event).decode())


def test_each_sample_prints_an_alert_once(ws_room: tuple[Room, int], tmp_path: Path) -> None:
    """Python, a shell with awk, Node.js and a page: a repeat under the same id is dropped (row F06)."""
    room, port = ws_room
    place = urlsplit(room.broker.url)
    where = (str(place.hostname), str(place.port))
    runner = tmp_path / "page.js"
    runner.write_text(PAGE)
    found = {"NODE_PATH": str(modules())}
    samples = {
        "subscriber.py": room.run([sys.executable, str(SAMPLES / "subscriber.py"), *where]),
        "once.sh": room.run(["sh", str(SAMPLES / "once.sh"), *where]),
        "reader.js": room.run([node(), str(SAMPLES / "reader.js"), room.broker.url], environ=found),
        "page.html": room.run(
            [node(), str(runner), f"ws://127.0.0.1:{port}", str(SAMPLES / "page.html")],
            environ=found,
        ),
    }

    def all_printed(key: str) -> bool:
        for name, child in samples.items():
            assert not child.ended, f"{name}: {child.err}"
        return all(f"{key} thinks" in child.out for child in samples.values())

    def first_printed() -> bool:
        tell(room, "RIOT")
        return all_printed("RIOT")

    wait_here(first_printed, "each sample to print the first", START_S)
    for _ in range(3):
        tell(room, "RIOT")
    tell(room, "HIVE")
    wait_here(lambda: all_printed("HIVE"), "each sample to print the second", START_S)
    assert {name: len(child.out.splitlines()) for name, child in samples.items()} == dict.fromkeys(
        samples, 2
    )
