"""Silences, acknowledgements and a dead feed, from the command line to the broker and back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.core.clock import SystemClock
from monitor.store.codec import encode_tick
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.e2e.conftest import NewRoom
from tests.e2e.playing import START_S, Child, Room, Subscriber
from tests.servers import program
from tests.waiting import wait_here
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

KEYS = Keys()
HOUR = 3_600_000
RULES = """\
feed_dead_after: 1s
rules:
  - {id: x-high, type: threshold, on: X, above: 10, recover: 5}
  - {id: y-high, type: threshold, on: Y, above: 10, recover: 5}
  - {id: y-held, type: threshold, on: Y, above: 1, for: 1h}
"""


@dataclass
class House:
    """Redis, broker, a service that computes and sends, and a subscriber that was there before."""

    room: Room
    reader: Subscriber = field(init=False)
    service: Child = field(init=False)

    def __post_init__(self) -> None:
        (self.room.folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        self.reader = Subscriber(self.room, instance="main")
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        roles = ("--role", "compute", "--role", "relay", "--web-port", "0")
        book = ("--rules", str(self.room.folder / "rules.yaml"))
        self.service = self.room.start("run", *servers, *roles, *book)
        self.say("warm", 1, HOUR)
        wait_here(self.computed, "the first commit", START_S)

    def computed(self) -> bool:
        """Tell whether all that was said is committed."""
        assert not self.service.ended, self.service.err
        with self.room.client() as client:
            newest = client.xrevrange(KEYS.ticks, count=1)
            return bool(newest) and client.hget(KEYS.state, "cursor") == newest[0][0]

    def say(self, name: str, value: float, fresh_ms: int) -> None:
        """Tell a price as any program may."""
        entry = encode_tick([quote(name, value, SystemClock().now(), fresh_ms=fresh_ms)])
        with self.room.client() as client:
            client.xadd(KEYS.ticks, entry)

    def ask(self, *words: str) -> Any:
        """Return what a command answers."""
        said = hashhedge(*words, "--redis-url", self.room.redis.url, "-o", "json")
        assert said.code == 0, said.err
        return said.json

    def told(self, rule: str) -> list[dict[str, Any]]:
        """Return the events of one rule so far."""
        return [event for event in self.reader.events if event["rule"] == rule]

    def notices(self, rule: str, many: int) -> list[str]:
        """Return why each of the first `many` events of a rule was sent, once they are there."""
        wait_here(lambda: len(self.told(rule)) >= many, f"{many} events of {rule}", START_S)
        self.reader.caught_up()
        return [event["notice"] for event in self.told(rule)]

    def retained(self, rule: str, key: str) -> dict[str, Any]:
        """Return the retained state of one alert."""
        place = urlsplit(self.room.broker.url)
        server = ("-h", place.hostname or "", "-p", str(place.port))
        topic = f"hashhedge/v1/main/alert/{rule}/{key}/state"
        found = subprocess.run(
            [program("mosquitto_sub"), *server, "-C", "1", "-W", "10", "-t", topic],
            capture_output=True,
            check=True,
            timeout=20,
        )
        return dict(json.loads(found.stdout))


@pytest.fixture
def house(new_room: NewRoom) -> Iterator[House]:
    """Give a running service to one test alone."""
    room = new_room()
    yield House(room)
    room.close()


def test_an_alert_that_is_taken_on_says_so_until_it_resolves(house: House) -> None:
    """State `acked`, who and when in the retained payload, gone at the end (row E25)."""
    house.say("X", 11, HOUR)
    assert house.notices("x-high", 1) == ["new"]
    house.ask("alert", "ack", "x-high", "X", "--by", "anna", "--note", "on it")

    def acked() -> bool:
        return bool(house.retained("x-high", "X")["state"] == "acked")

    wait_here(acked, "the acknowledged state", START_S)
    ack = house.retained("x-high", "X")["ack"]
    assert (ack["by"], ack["note"], ack["until"]) == ("anna", "on it", "resolved")
    house.say("X", 1, HOUR)
    house.say("X", 12, HOUR)
    assert house.notices("x-high", 3) == ["new", "resolved", "new"]
    end = house.told("x-high")[1]
    assert (end["min"], end["max"], end["value"]) == (1.0, 11.0, 1.0)
    assert end["duration_s"] > 0

    def free() -> bool:
        state = house.retained("x-high", "X")
        return bool(state["state"] == "firing" and state["ack"] is None)

    wait_here(free, "the state without a name on it", START_S)


def test_a_silence_hides_the_news_and_not_the_state(house: House) -> None:
    """Nothing is sent while it lasts; its end sends the summary and what fires still (row E22)."""
    who = ("--reason", "works on it", "--author", "anna")
    made = house.ask("silence", "add", "rule=x-high", "--for", "1h", *who)["made"]
    house.say("X", 11, HOUR)

    def muted() -> bool:
        return bool(house.retained("x-high", "X")["muted_by"] == f"silence:{made}")

    wait_here(house.computed, "the fire", START_S)
    wait_here(muted, "the muted state", START_S)
    house.reader.caught_up()
    assert house.told("x-high") == []
    house.ask("silence", "end", made)
    assert house.notices("x-high", 1) == ["silence_expired"]
    (summary,) = house.told("silence")
    assert (summary["notice"], summary["members"]) == ("summary", ["x-high|X"])


def test_a_dead_feed_is_told_once(house: House) -> None:
    """The input dies, its two rules say nothing; it comes back, and only that is told (row E13)."""
    house.say("Y", 2, 1_000)
    assert house.notices("feed-dead", 1) == ["new"]
    root = house.told("feed-dead")[0]
    assert (root["key"], root["value"], root["quality"]) == ("Y", None, "stale")
    assert house.retained("y-held", "Y")["muted_by"] == "feed:Y"
    assert house.told("y-high") == house.told("y-held") == []
    rows = house.ask("alert", "list", "--rules", str(house.room.folder / "rules.yaml"))
    marks = {row["rule"]: row["muted_by"] for row in rows if row["target"] == "Y"}
    assert marks == {"y-high": "feed:Y", "y-held": "feed:Y"}
    house.say("Y", 2, HOUR)
    assert house.notices("feed-dead", 2) == ["new", "resolved"]
