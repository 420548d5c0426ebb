"""What leaves the books leaves the broker: each topic of a company, of a rule, of Home Assistant."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.embedded.process import free_port
from tests.e2e.conftest import NewRoom
from tests.e2e.living import answers, feeds_book, simulator
from tests.e2e.playing import START_S, Child, Room
from tests.home.schema import DEVICES, device_faults
from tests.servers import program, start_broker
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

RULES = """\
rules:
  - {id: thin, type: threshold, on: mining_margin_ratio, below: 0.99, recover: 0.995}
  - {id: loss, type: threshold, on: mining_margin_ratio, below: 0.98, recover: 0.99}
  - {id: moved, type: threshold, on: stock_change_day_ratio, above: -0.9, recover: -0.95}
  - {id: btc-low, type: threshold, on: BTC-USD, below: 90000, recover: 91000}
"""
TOLD_AGAIN_S = 10.0
RIOT = "homeassistant/device/hashhedge_main_RIOT/config"
EACH_DEVICE = f"{DEVICES}+/config"
THIN = "hashhedge/v1/main/alert/thin/RIOT/state"


def topics_of(ticker: str) -> set[str]:
    """Return where something retained is said of a company."""
    return {
        f"hashhedge/v1/main/company/{ticker}/state",
        f"hashhedge/v1/main/alert/moved/{ticker}/state",
        f"hashhedge/v1/main/market/{ticker}/state",
        f"homeassistant/device/hashhedge_main_{ticker}/config",
    }


class Watcher:
    """`mosquitto_sub` on everything, that remembers each message with its retain flag."""

    def __init__(self, room: Room, *topics: str) -> None:
        """Subscribe, and come back when a message of our own has arrived."""
        place = urlsplit(room.broker.url)
        self._server = ["-h", str(place.hostname), "-p", str(place.port)]
        asked = [word for topic in (*topics, "test/mark") for word in ("-t", topic)]
        form = '{"topic":"%t","retain":%r,"bytes":%l}'
        command = [program("mosquitto_sub"), *self._server, "-V", "mqttv5", "-q", "1"]
        self._child = room.run([*command, "--retain-as-published", "-F", form, *asked])
        wait_here(self._marked, "the subscription", START_S)

    def _marked(self) -> bool:
        publish = [program("mosquitto_pub"), *self._server, "-t", "test/mark", "-m", "x"]
        subprocess.run(publish, check=True, timeout=10)
        return "test/mark" in self._child.out

    def messages(self) -> list[dict[str, Any]]:
        """Return what came so far."""
        lines = self._child.lines
        return [said for line in lines if (said := json.loads(line))["topic"] != "test/mark"]

    def cleared(self) -> set[str]:
        """Return the topics whose last message takes back what was retained there."""
        last = {it["topic"]: it for it in self.messages()}
        return {name for name, it in last.items() if it["retain"] and not it["bytes"]}

    def standing(self) -> set[str]:
        """Return the topics that a new subscriber would find something on."""
        last = {it["topic"]: it for it in self.messages() if it["retain"]}
        return {name for name, it in last.items() if it["bytes"]}


class Home:
    """A service that tells Home Assistant of itself, its books, and a watcher of all it says."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room, self.folder = room, folder
        port = free_port()
        providers = simulator(room, port)
        wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
        (folder / "companies").mkdir()
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        self.watcher = Watcher(room, "hashhedge/#", "homeassistant/#")
        self._book = feeds_book(folder, port)
        self.service = self.begin("device")

    def begin(self, style: str) -> Child:
        """Start the service, and come back when it is ready."""
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        books = ("--rules", self.folder / "rules.yaml", "--companies", self.folder / "companies")
        options = ("run", *servers, "--feeds", self._book, "--web-port", "0", *books)
        told = {"HASHHEDGE_HOMEASSISTANT": style}
        child = self.room.start(*map(str, options), environ=told)
        # before that it would die of a signal that asks it to read its books
        wait_here(lambda: '"ok"' in child.page("/readyz"), "it to be ready", 2 * START_S)
        return child

    def say(self, topic: str, text: str) -> None:
        """Publish a message as somebody else."""
        place = urlsplit(self.room.broker.url)
        where = ["-h", str(place.hostname), "-p", str(place.port)]
        put = [program("mosquitto_pub"), *where, "-q", "1", "-t", topic, "-m", text]
        assert self.room.run(put).code(10) == 0

    def stands(self, *topics: str) -> None:
        """Come back when something retained lies on all of these."""

        def there() -> bool:
            assert not self.service.ended, self.service.err
            return set(topics) <= self.watcher.standing()

        wait_here(there, f"a state on each of {sorted(topics)}", 100)

    def clears(self, *topics: str) -> None:
        """Come back when an empty retained message was the last on all of these."""
        gone = self.watcher.cleared
        try:
            wait_here(lambda: set(topics) <= gone(), "empty messages", 60)
        except AssertionError as error:
            raise AssertionError(
                f"not on {sorted(set(topics) - gone())}: {self.service.err[-2000:]}"
            ) from error

    def retained(self, topic: str) -> dict[str, bytes]:
        """Return what a new subscriber finds on a filter, by topic."""
        place = urlsplit(self.room.broker.url)
        where = ["-h", str(place.hostname), "-p", str(place.port)]
        asked = [program("mosquitto_sub"), *where, "-t", topic, "-W", "2", "-v", "--retained-only"]
        child = self.room.run(asked)
        child.code(20)
        pairs = (line.partition(" ") for line in child.lines)
        return {name: body.encode() for name, _, body in pairs}


@pytest.fixture(scope="module")
def home(new_room: NewRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Give a service that has told of its companies, of their alerts, and Home Assistant of both.

    Each test leaves it as a service that will tell of RIOT. Workers that take tests from each other may
    turn their order round, so a test waits for what it is about.
    """
    room = new_room()
    found = Home(room, tmp_path_factory.mktemp("home"))
    found.stands(THIN, *topics_of("HIVE"), *topics_of("RIOT"))
    yield found
    room.close()


def test_each_captured_configuration_is_what_home_assistant_takes(home: Home) -> None:
    """Origin, device, unique ids, availability, expiry; no price is monetary (row F15)."""
    wait_here(lambda: len(home.retained(EACH_DEVICE)) >= 21, "each device", 60)
    found = home.retained(EACH_DEVICE)
    faults = {topic: device_faults(json.loads(body)) for topic, body in found.items()}
    assert {topic: fault for topic, fault in faults.items() if fault} == {}
    riot = json.loads(found[RIOT])["components"]
    assert set(riot) >= {"mining_margin_ratio", "price_usd", "alert_loss", "alerts"}
    assert "device_class" not in riot["price_usd"]
    own = json.loads(found["homeassistant/device/hashhedge_main/config"])["components"]
    assert set(own) >= {"BTC-USD", "hashprice_usd_ph_day", "feed_coinbase", "alerts"}


def test_a_home_assistant_that_starts_is_told_everything_again(home: Home) -> None:
    """`online` on its status: configurations and states come again within 10 s (row F16)."""
    home.stands(THIN, *topics_of("RIOT"))
    standing = {
        name
        for name in home.watcher.standing()
        if name.startswith(DEVICES) or name.endswith("/state")
    }
    before = len(home.watcher.messages())
    home.say("homeassistant/status", "online")

    def again() -> bool:
        return standing <= {it["topic"] for it in home.watcher.messages()[before:]}

    wait_here(again, "configurations and states to come again", TOLD_AGAIN_S)


def test_a_company_that_leaves_is_cleared_from_each_topic(home: Home) -> None:
    """HIVE leaves the books: an empty retained message on each of its topics (row F03)."""
    home.stands(*topics_of("HIVE"))
    own = {name for name in home.watcher.standing() if "/HIVE/" in name or "_HIVE/" in name}
    (home.folder / "companies" / "HIVE.yaml").write_text("ticker: HIVE\nomit: true\n")
    home.service.send(signal.SIGHUP)
    home.clears(*own)
    wait_here(lambda: not {n for n in home.retained("#") if "HIVE" in n}, "a clean broker", 60)


def test_a_rule_that_leaves_is_cleared_everywhere(home: Home) -> None:
    """The states of its alerts end, and Home Assistant is told which entity went (row F03)."""
    home.stands(THIN, RIOT)
    own = {name for name in home.watcher.standing() if "/alert/thin/" in name}
    assert json.loads(home.retained(RIOT)[RIOT])["components"]["alert_thin"]["unique_id"]
    (home.folder / "rules.yaml").write_text(RULES.replace("id: thin,", "id: thinner,"))
    home.service.send(signal.SIGHUP)
    home.clears(*own)

    def parts() -> dict[str, Any]:
        return dict(json.loads(home.retained(RIOT)[RIOT])["components"])

    wait_here(lambda: "alert_thinner" in parts(), "the new alert", 60)
    assert parts()["alert_thin"] == {"platform": "binary_sensor"}
    (home.folder / "rules.yaml").write_text(RULES)
    home.service.send(signal.SIGHUP)
    home.stands(THIN)
    wait_here(lambda: "unique_id" in parts()["alert_thin"], "the entity to be back", 60)


def test_another_style_leaves_nothing_of_the_first(home: Home) -> None:
    """One message an entity takes the place of one a device; off takes back every one."""
    for style, wanted in (("component", "homeassistant/sensor/"), ("off", ""), ("device", DEVICES)):
        home.service.send(signal.SIGTERM)
        assert home.service.code(30) == 0, home.service.err
        home.service = home.begin(style)

        def right(begin: str = wanted) -> bool:
            found = {name for name in home.watcher.standing() if name.startswith("homeassistant/")}
            others = any(name.startswith(DEVICES) is not (begin == DEVICES) for name in found)
            named = any(name.startswith(begin) for name in found) if begin else not found
            return named and not others

        wait_here(right, f"what {style} says", 60)


def test_an_empty_broker_has_every_state_again(home: Home, tmp_path: Path) -> None:
    """Killed and back without its store, or another one on another port: the same states stand there."""

    def topics() -> set[str]:
        found = home.retained("hashhedge/v1/main/#") | home.retained("homeassistant/#")
        return {name for name in found if not name.endswith("status/detail")}

    home.stands(THIN, *topics_of("RIOT"))
    looks = [topics()]

    def settled() -> bool:
        looks.append(topics())
        return looks[-1] == looks[-2]

    wait_here(settled, "no state to be added", 60)
    before = looks[-1]
    broker = home.room.broker
    broker.kill()
    for store in (home.room.folder / "broker").glob("mosquitto.db*"):
        store.unlink()
    broker.start()
    wait_here(lambda: topics() == before, "all states on the broker that was emptied", 60)

    home.service.send(signal.SIGTERM)
    assert home.service.code(30) == 0, home.service.err
    home.room.broker = start_broker("mosquitto", tmp_path)
    try:
        home.service = home.begin("device")
        wait_here(lambda: topics() == before, "all states on another broker", 60)
        home.service.send(signal.SIGTERM)
        assert home.service.code(30) == 0, home.service.err
    finally:
        home.room.broker.stop()
        home.room.broker = broker
    home.service = home.begin("device")
    wait_here(lambda: topics() == before, "the first broker to be as before", 60)
