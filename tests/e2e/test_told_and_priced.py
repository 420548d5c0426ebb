"""Filings, headlines, accelerators and power through the command line, from simulated providers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.core.clock import DAY, HOUR, SystemClock, iso
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of
from monitor.embedded.process import free_port
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.e2e.conftest import NewRoom
from tests.e2e.living import POLLED, answers, feeds_book, push, simulator
from tests.e2e.playing import PROJECT, START_S, Child, Room, Subscriber
from tests.simulator.catalogue import PROVIDERS
from tests.simulator.providers.ercot import AVERAGE
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

KEYS = Keys()
SECRET = "correct-horse-battery"  # noqa: S105  # made up
COMPANIES = len(list((PROJECT / "monitor" / "books" / "companies").iterdir()))
"""EDGAR is asked about one company at a time; so many requests have asked about each again."""
TOLD = {"edgar": 1.0, "headlines": 1.0, "vastai": 1.0, "ercot": 1.0}
COMPANY = """\
ticker: {ticker}
name: {ticker} of the test
type: miner
fiscal_year_end: "12-31"
sources:
  report: {{title: Invented report, url: "https://example.com/report"}}
figures:
  efficiency_j_th: [{{value: 18.2, unit: J/TH, as_of: {day}, source: report}}]
  power_price_usd_kwh: [{{value: 0.05, unit: USD/kWh, as_of: {day}, source: report}}]
  gpu_count: [{{value: 4300, unit: count, as_of: {day}, source: report}}]
  ai_utilisation_ratio: [{{value: 0.5, unit: ratio, as_of: {day}, source: report}}]
"""


@dataclass
class House:
    """Providers, Redis, broker, one running service, and a subscriber that was there before it."""

    room: Room
    port: int
    folder: Path
    reader: Subscriber = field(init=False)
    service: Child = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "companies").mkdir()
        day = iso(SystemClock().now() - 10 * DAY)[:10]
        for ticker in ("IREN", "HUT"):
            book = self.folder / "companies" / f"{ticker}.yaml"
            book.write_text(COMPANY.format(ticker=ticker, day=day), encoding="utf-8")
        self.reader = Subscriber(self.room, instance="main")
        self.begin()

    def begin(self) -> None:
        """Start the service with the keys that its feeds want."""
        keys = {k: v for name in TOLD for k, v in PROVIDERS[name].environ.items()}
        self.service = self.room.start(
            "run",
            *("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url),
            *("--feeds", str(feeds_book(self.folder, self.port, {**POLLED, **TOLD}))),
            *("--companies", str(self.folder / "companies"), "--web-port", "0"),
            environ={**keys, "HASHHEDGE_INGEST_SECRET": SECRET},
        )

    def end(self) -> None:
        """Stop the service in order."""
        assert self.service.pages  # before it serves it may not hear a signal yet
        self.service.send(signal.SIGTERM)
        assert self.service.code(20) == 0, self.service.err

    def asked(self, provider: str) -> int:
        """Return how many requests a provider has answered."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control", timeout=5) as answer:
            return int(json.loads(answer.read())["requests"].get(provider, 0))

    def told(self, rule: str, key: str) -> list[dict[str, Any]]:
        """Return the events of one kind about one company."""
        assert not self.service.ended, self.service.err
        return [
            event
            for event in self.reader.events
            if event["rule"] == rule and event.get("company") == key
        ]

    def once(self, rule: str, key: str, source: str, requests: int) -> dict[str, Any]:
        """Return the one event of this kind, after a restart and `requests` more to its source."""
        wait_here(lambda: self.told(rule, key), f"{rule} of {key}", 60)
        self.end()
        goal = self.asked(source) + requests
        self.begin()
        wait_here(lambda: self.asked(source) >= goal, f"{source} to be asked again", 60)
        self.end()  # what it has asked for is stored and told, or is no news
        self.begin()
        self.reader.caught_up()
        (event,) = self.told(rule, key)
        return event

    def reading(self, company: str, metric: str) -> dict[str, Any]:
        """Return a reading of a company's hash."""
        assert not self.service.ended, self.service.err
        with self.room.client() as client:
            body = client.hget(KEYS.company(company), metric)
        return {} if body is None else dict(json.loads(body))

    def ask(self, *words: str) -> Any:
        """Return what a command answers about the running service."""
        said = hashhedge(*words, "--redis-url", self.room.redis.url, "--output", "json")
        assert said.code == 0, said.err
        return said.json


@pytest.fixture(scope="module")
def house(new_room: NewRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give one house to all tests."""
    room, port = new_room(), free_port()
    providers = simulator(room, port)
    wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
    yield House(room, port, tmp_path_factory.mktemp("house"))
    room.close()


def test_power_at_500_usd_is_better_sold(house: House) -> None:
    """A price of scarcity: RIOT's fleet is marked better_off_curtailed in explain (row A19)."""
    push(house.port, "500", AVERAGE)

    def gain() -> float:
        return float(house.reading("RIOT", "spot_power_gain_usd_mwh").get("value") or 0)

    wait_here(lambda: gain() > 200, "the gain of RIOT", 60)
    told = house.ask("explain", "RIOT.spot_power_gain_usd_mwh")
    assert told["value"] == pytest.approx(gain(), rel=0.05)
    assert "better_off_curtailed" in json.dumps(told)
    price = next(i for i in told["inputs"] if i["name"] == "spot_power_price_usd_mwh")
    assert (price["value"], price["source"]) == (pytest.approx(500, rel=0.02), "ercot")


def test_cheaper_accelerators_move_the_estimate(house: House) -> None:
    """2.60, then 2.10 USD an hour: the estimates of IREN and HUT lose 19.2 % (row A18)."""
    name = "ai_revenue_estimate_usd_year"

    def estimates() -> list[float]:
        found = [house.reading(ticker, name) for ticker in ("IREN", "HUT")]
        return [float(reading.get("value") or 0) for reading in found]

    push(house.port, "2.60", "gpu.h100_usd_hour")
    high = 4_300 * 2.60 * 8_760 * 0.5
    wait_here(lambda: estimates() == pytest.approx([high] * 2, rel=0.01), "2.60 USD", 60)
    before = estimates()
    push(house.port, "2.10", "gpu.h100_usd_hour")

    def changes() -> list[float]:
        return [now / then - 1 for now, then in zip(estimates(), before, strict=True)]

    # three sources make the price, and they are not asked at one moment
    wait_here(lambda: changes() == pytest.approx([-0.192] * 2, abs=0.01), "2.10 USD", 60)
    with house.room.client() as client:
        record = json.loads(client.hget(KEYS.feeds, "vastai") or b"")
    assert record["budget_ms"] > 6 * HOUR, "a value of six hours ago is fresh"


def test_a_filing_is_told_once(house: House) -> None:
    """An 8-K of CORZ: one event with the accession number, however often it is seen (row A17)."""
    event = house.once("filing", "CORZ", "edgar", COMPANIES)
    (origin,) = [item for item in event["inputs"] if item.get("source") == "edgar"]
    assert origin["value"].startswith("0001839341-26-")
    figures = {item["name"]: item["value"] for item in event["inputs"]}
    assert (figures["form"], figures["items"]) == ("8-K", "1.01,9.01")
    assert event["type"] == "alert.noted"
    assert origin["value"].replace("-", "") in origin["url"]


def test_a_headline_is_told_once(house: House) -> None:
    """A headline that names HIVE: one event with title and link, told apart by its URL (row L15)."""
    event = house.once("news", "HIVE", "headlines", 1)
    assert "HIVE Digital signs for another 20 MW" in event["summary"]
    assert "https://news.example/0" in event["summary"]
    assert "bees" not in json.dumps(house.reader.events)


def test_a_posted_transfer_is_an_event(house: House) -> None:
    """500 BTC of RIOT to an exchange, signed and posted, arrive on MQTT once (rows A28 and L27)."""
    binance = {"name": "Binance", "kind": "exchange"}
    riot = {"name": "RIOT", "kind": "miner"}
    at = SystemClock().now()
    body = json.dumps(
        {
            "transfers": [
                {"txid": "aa11", "btc": 5_000, "from": binance, "to": binance, "observed_at": at},
                {"txid": "bb22", "btc": 500, "from": riot, "to": binance, "observed_at": at},
            ]
        }
    ).encode()
    timestamp = str(round(time.time()))
    headers = {TIMESTAMP: timestamp, SIGNATURE: signature_of(SECRET, timestamp, body)}
    request = urllib.request.Request(  # noqa: S310  # its own page, on the loopback
        f"{house.service.pages}/ingest/whales", body, headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # likewise
        assert json.loads(answer.read())["notices"] == 1
    wait_here(lambda: house.told("large-transfer", "RIOT"), "the transfer", 60)
    (event,) = house.told("large-transfer", "RIOT")
    assert "500 BTC from the miner RIOT to the exchange Binance" in event["summary"]
    assert event["inputs"][0]["source"] == "external/whales"
    rows = {row["feed"]: row for row in house.ask("feeds", "status")}
    assert rows["external/whales"]["state"] == "fresh"
    assert SECRET not in house.service.err


def test_the_curl_example_of_the_docs_works(house: House) -> None:
    """The page's own lines post a quote with a shell, openssl and curl."""
    page = (PROJECT / "docs" / "ingest.md").read_text(encoding="utf-8")
    (script,) = [part for part in page.split("```sh\n")[1:] if part.startswith("body=")]
    script = script.partition("```")[0].replace("http://127.0.0.1:9464", house.service.pages)
    (house.folder / "ingest-secret").write_text(SECRET, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=house.folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout)["quotes"] == 1, done.stdout
    sources = {row["source"] for row in house.ask("feeds", "quotes")}
    assert "external/desk" in sources
