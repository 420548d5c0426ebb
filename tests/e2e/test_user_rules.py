"""A user's own rule, from the command line to the broker, over a crash and to its end."""

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
from tests.command import Said, hashhedge
from tests.e2e.conftest import NewRoom
from tests.e2e.playing import START_S, Child, Room, Subscriber
from tests.servers import program
from tests.waiting import wait_here
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

KEYS = Keys()
HOUR = 3_600_000
FIXTURE = """\
id: iren-quarter
type: threshold
on: ai_revenue_mix_ratio
companies: [IREN]
above: 0.25
recover: 0.24
"""
AT_WORK = "ana.iren-quarter"
OWN = "hashhedge/v1/main/user/ana"


@dataclass
class House:
    """Redis, broker, a service that computes and sends, and a subscriber that was there before."""

    room: Room
    reader: Subscriber = field(init=False)
    service: Child = field(init=False)

    def __post_init__(self) -> None:
        (self.room.folder / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
        (self.room.folder / "mine.yaml").write_text(FIXTURE, encoding="utf-8")
        self.reader = Subscriber(self.room, topic=f"{OWN}/event/+")
        self.start()

    def start(self) -> None:
        """Start the service."""
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        roles = ("--role", "compute", "--role", "relay", "--web-port", "0")
        book = ("--rules", str(self.room.folder / "rules.yaml"))
        environ = {"HASHHEDGE_LEASE_MS": "1000"}
        self.service = self.room.start("run", *servers, *roles, *book, environ=environ)

    def share(self, percent: float) -> None:
        """Let AI bring so much of the revenue of IREN."""
        at = SystemClock().now()
        entry = encode_tick(
            [
                quote("IREN.ai_revenue_usd", percent * 1e6, at, fresh_ms=HOUR),
                quote("IREN.mining_revenue_usd", (100 - percent) * 1e6, at, fresh_ms=HOUR),
            ]
        )
        with self.room.client() as client:
            client.xadd(KEYS.ticks, entry)
        wait_here(self.computed, "the commit", START_S)

    def computed(self) -> bool:
        """Tell whether all that was said is committed."""
        assert not self.service.ended, self.service.err
        with self.room.client() as client:
            newest = client.xrevrange(KEYS.ticks, count=1)
            return bool(newest) and client.hget(KEYS.state, "cursor") == newest[0][0]

    def ask(self, *words: str) -> Said:
        """Run a command against this service."""
        return hashhedge(*words, "--redis-url", self.room.redis.url, "-o", "json")

    def asked(self, *words: str) -> Any:
        """Return what a command answers."""
        said = self.ask(*words)
        assert said.code == 0, said.err
        return said.json

    def set(self) -> Any:
        """Set the fixture's rule for ana, and come back when the service has bound it."""
        before = self.service.err.count("rules.bound")
        answer = self.asked("rules", "set", "--user", "ana", str(self.room.folder / "mine.yaml"))
        wait_here(lambda: self.service.err.count("rules.bound") > before, "the rule", START_S)
        return answer

    def notices(self, many: int) -> list[str]:
        """Return why each event was sent, once `many` are there."""
        wait_here(lambda: len(self.reader.events) >= many, f"{many} events", START_S)
        self.reader.caught_up()
        return [event["notice"] for event in self.reader.events]

    def retained(self) -> dict[str, Any] | None:
        """Return the retained state of the alert; None if there is none."""
        place = urlsplit(self.room.broker.url)
        server = ("-h", place.hostname or "", "-p", str(place.port))
        topic = f"{OWN}/state/iren-quarter.IREN"
        found = subprocess.run(
            [program("mosquitto_sub"), *server, "-C", "1", "-W", "1", "-t", topic],
            capture_output=True,
            check=False,
            timeout=20,
        )
        return dict(json.loads(found.stdout)) if found.stdout else None

    def since(self) -> str:
        """Return since when the alert stands as it does."""
        rows = self.asked("alert", "list")
        return str(next(row["since"] for row in rows if row["rule"] == AT_WORK))


@pytest.fixture
def house(new_room: NewRoom) -> Iterator[House]:
    """Give a running service to one test alone."""
    room = new_room()
    yield House(room)
    room.close()


def test_a_target_tells_its_drift_once_and_outlives_a_crash(house: House) -> None:
    """Target 25 %: from 24 to 26 one alert, none again until below 24 (rows C23, F03, J07)."""
    house.share(24)
    mine = str(house.room.folder / "mine.yaml")
    assert house.asked("rules", "set", "--user", "ana", mine, "--dry-run")["dry_run"]
    assert house.asked("rules", "list", "--user", "ana") == []
    assert house.set()["made"] == AT_WORK
    for percent in (26, 24.5, 26):
        house.share(percent)
    assert house.notices(1) == ["new"]
    event = house.reader.events[0]
    assert (event["owner"], event["rule"], event["key"]) == ("ana", AT_WORK, "IREN")
    assert event["value"] == pytest.approx(0.26)

    since = house.since()
    house.service.kill()
    house.start()
    house.share(26.5)
    assert house.since() == since
    house.share(23.5)
    house.share(26)
    assert house.notices(3) == ["new", "resolved", "new"]

    stranger = house.ask("rules", "remove", "--user", "bob", "iren-quarter")
    assert (stranger.code, "bob has no rule `iren-quarter`" in stranger.err) == (2, True)
    gone = house.asked("rules", "remove", "--user", "ana", "iren-quarter")
    assert gone["matches"] == [f"{AT_WORK}|IREN"]
    assert house.notices(4)[-1] == "resolved"
    assert house.reader.events[-1]["reason"] == "rule_removed"
    wait_here(lambda: house.retained() is None, "the state to be taken back", START_S)
    assert house.asked("rules", "list", "--user", "ana") == []


def test_a_rule_works_at_once_and_leaves_nothing_behind(house: House) -> None:
    """It is judged by what stands already; removed when all is quiet, its state is cleared (F03)."""
    house.share(26)
    house.set()
    assert house.notices(1) == ["new"]
    house.share(23)
    assert house.notices(2) == ["new", "resolved"]
    wait_here(lambda: house.retained() is not None, "the state", START_S)
    house.asked("rules", "remove", "--user", "ana", "iren-quarter")
    wait_here(lambda: house.retained() is None, "the state to be taken back", START_S)
    assert house.notices(2) == ["new", "resolved"]
