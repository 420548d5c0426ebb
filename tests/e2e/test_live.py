"""The live job against simulated providers, a real Redis and a real broker, as a person sees it."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis import Redis

from monitor.core.clock import DAY, SystemClock, iso
from monitor.embedded.process import free_port
from monitor.store.codec import encode_tick
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.e2e.conftest import NewRoom
from tests.e2e.living import answers, feeds_book, simulator
from tests.e2e.playing import START_S, Child, Room, Subscriber
from tests.prometheus.binaries import promtool
from tests.servers import program
from tests.waiting import wait_here
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

KEYS = Keys()
RULES = """\
rules:
  - {id: btc-low, type: threshold, on: BTC-USD, below: 90000, recover: 91000, severity: critical}
  - {id: tenant, type: threshold, on: tenant_stock_change_day_ratio, below: -0.12, recover: -0.09}
  - {id: old, type: threshold, on: ai_revenue_mix_ratio, companies: [CIFR], below: 0.9}
  - {id: x-high, type: threshold, on: X, above: 10, recover: 5}
"""
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
  hashrate_average_operating_eh_s: [{{value: 10, unit: EH/s, as_of: {day}, source: report}}]
  ai_revenue_usd: [{{value: 10e6, unit: USD, period_from: {begin}, as_of: {day}, source: report}}]
  mining_revenue_usd: [{{value: 90e6, unit: USD, period_from: {begin}, as_of: {day}, source: report}}]
"""


def company(ticker: str, *, age_days: int) -> str:
    """Return a company file whose figures are `age_days` old."""
    day = SystemClock().now() - age_days * DAY
    return COMPANY.format(ticker=ticker, day=iso(day)[:10], begin=iso(day - 89 * DAY)[:10])


@dataclass
class Life:
    """Providers, Redis, broker and one running service."""

    room: Room
    port: int
    folder: Path
    service: Child = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "companies").mkdir()
        self.write("rules.yaml", RULES)
        self.write("companies/CIFR.yaml", company("CIFR", age_days=120))
        self.begin()

    def write(self, name: str, text: str) -> None:
        """Write one of the books."""
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def books(self) -> tuple[str, ...]:
        """Return the options that name rules and companies."""
        return (
            *("--rules", str(self.folder / "rules.yaml")),
            *("--companies", str(self.folder / "companies")),
        )

    def process(self, *options: str) -> Child:
        """Start one process of the service."""
        book = feeds_book(self.folder, self.port)
        text = book.read_text().replace(
            "/kraken\n    interval_s: 0.5", "/kraken\n    interval_s: 0.5\n    fresh_s: 1.5"
        )
        book.write_text(text)
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        feeds = ("--feeds", str(book), "--web-port", "0")
        return self.room.start("run", *servers, *feeds, *self.books, *options)

    def begin(self) -> None:
        """Start the whole service, and come back when margins are there."""
        self.service = self.process()
        sample = 'hashhedge_company_margin_ratio{company="RIOT"}'
        wait_here(lambda: self.measured(sample) is not None, "the first margin", 2 * START_S)

    def end(self) -> None:
        """Stop the service in order."""
        self.service.send(signal.SIGTERM)
        assert self.service.code(20) == 0, self.service.err

    def put(self, what: str, text: str) -> None:
        """Tell the simulator a price or a mood."""
        url = f"http://127.0.0.1:{self.port}/control/{what}"
        request = urllib.request.Request(url, text.encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # the simulator, on the loopback
            assert answer.status == 200

    def measured(self, sample: str) -> float | None:
        """Return one sample of /metrics."""
        assert not self.service.ended, self.service.err
        return self.service.measured(sample)

    def ask(self, *words: str) -> Any:
        """Return what a command answers about the running service."""
        said = hashhedge(*words, "--redis-url", self.room.redis.url, "--output", "json")
        assert said.code == 0, said.err
        return said.json

    def alerts(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return where each rule stands, by rule and subject."""
        return {(r["rule"], r["subject"]): r for r in self.ask("alert", "list", *self.books)}

    def market(self, name: str) -> dict[str, Any]:
        """Return one reading of the market's hash."""
        with self.room.client() as client:
            body = client.hget(KEYS.market, name)
        return {} if body is None else dict(json.loads(body))

    def retained(self, end: str) -> dict[str, Any]:
        """Return the state that lies on a topic of this instance."""
        place = urlsplit(self.room.broker.url)
        child = self.room.run(
            [
                *(program("mosquitto_sub"), "-h", str(place.hostname), "-p", str(place.port)),
                *("-t", f"hashhedge/v1/main/{end}", "-C", "1", "-W", "20"),
            ]
        )
        assert child.code(25) == 0, f"nothing on {end}"
        return dict(json.loads(child.out))


def _life(room: Room, folder: Path) -> Life:
    port = free_port()
    providers = simulator(room, port)
    wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
    return Life(room, port, folder)


@pytest.fixture(scope="module")
def shared(new_room: NewRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Give one life to all tests that leave it as they found it."""
    room = new_room()
    yield _life(room, tmp_path_factory.mktemp("life"))
    room.close()


@pytest.fixture
def life(shared: Life) -> Iterator[Life]:
    """Give the shared life, and make the providers well again."""
    yield shared
    shared.put("scenario/all", "normal")


@pytest.fixture
def own_life(room: Room, tmp_path: Path) -> Life:
    """Give a life to one test alone."""
    return _life(room, tmp_path)


def test_three_venues_and_one_that_dies(life: Life) -> None:
    """Each source has its own age; killing one keeps the price moving (row A01)."""
    venues = ("coinbase", "kraken", "bitstamp")
    polled = "hashhedge_feed_last_success_timestamp_seconds"
    wait_here(
        lambda: all(life.measured(f'{polled}{{feed="{venue}"}}') for venue in venues),
        "each venue's first answer",
        START_S,
    )
    rows = {row["feed"]: row for row in life.ask("feeds", "status")}
    for venue in venues:
        assert "BTC-USD" in rows[venue]["instruments"]
        assert 0 <= rows[venue]["age_s"] < 20
    life.put("scenario/bitstamp", "5xx")
    failed = 'hashhedge_feed_poll_failures_total{feed="bitstamp",reason="server_error"}'
    wait_here(lambda: life.measured(failed), "the venue to fail", START_S)
    before = life.market("BTC-USD")["observed_at"]
    wait_here(lambda: life.market("BTC-USD")["observed_at"] > before, "the price to move", START_S)
    assert life.market("BTC-USD")["quality"] in {"ok", "degraded"}


def test_a_feed_over_its_budget_is_shown_everywhere(life: Life) -> None:
    """After the budget the state is late or worse in Redis, on the pages and in MQTT (row A04)."""

    def kraken() -> dict[str, Any]:
        return next(row for row in life.ask("feeds", "status") if row["feed"] == "kraken")

    wait_here(lambda: life.measured('hashhedge_feed_up{feed="kraken"}') == 1, "kraken", START_S)

    def well() -> bool:
        row = kraken()
        return row["state"] == "fresh" and not row["error"]

    # what a test before did to it may stand there for a second more
    wait_here(well, "its state", START_S)
    life.put("scenario/kraken", "5xx")

    def over() -> dict[str, Any]:
        row = kraken()
        return row if row["error"] and row["state"] in {"late", "stale", "dead"} else {}

    row = wait_here(over, "kraken to fail and be over its budget", START_S)
    assert row["error"] == "server_error"
    assert row["age_s"] > 1.5
    with life.room.client() as client:
        record = json.loads(client.hget(KEYS.feeds, "kraken") or b"")
    assert record["budget_ms"] == 1_500
    assert life.measured('hashhedge_feed_freshness_budget_seconds{feed="kraken"}') == 1.5

    def shown() -> bool:
        up = life.measured('hashhedge_feed_up{feed="kraken"}')
        success = life.measured('hashhedge_feed_last_success_timestamp_seconds{feed="kraken"}')
        return up == 0 and success is not None and time.time() - success > 1.5

    # an answer that was under way when the provider failed may still come
    wait_here(shown, "the page to say that it is over its budget", START_S)
    wait_here(lambda: life.retained("feed/kraken/state")["healthy"] is False, "the topic", START_S)


def test_zeros_of_a_provider_change_nothing(life: Life) -> None:
    """A price of 0 is refused as zero_price; the last good value stays, nothing fires (row A05)."""
    before = {name for name, row in life.alerts().items() if row["state"] == "firing"}
    good = wait_here(lambda: life.market("RIOT").get("value"), "a price of RIOT", 3 * START_S)
    life.put("scenario/yahoo", "zeros")

    def refused() -> float:
        kinds = ("quotes_rejected", "feed_poll_failures")
        names = [f'hashhedge_{k}_total{{feed="yahoo",reason="zero_price"}}' for k in kinds]
        return sum(life.measured(name) or 0 for name in names)

    wait_here(refused, "the zero to be refused", START_S)
    assert life.market("RIOT")["value"] == pytest.approx(good, rel=0.2)
    assert life.market("RIOT")["value"] > 0
    after = {name for name, row in life.alerts().items() if row["state"] == "firing"}
    assert after == before


def test_the_page_is_as_prometheus_wants_it(life: Life) -> None:
    """Promtool says nothing, and ratios are fractions (rows G01 and G02)."""
    page = life.service.page("/metrics")
    done = promtool("check", "metrics", given=page.encode())
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
    ratios = [
        float(line.rpartition(" ")[2])
        for line in page.splitlines()
        if line.startswith("hashhedge_company_margin_ratio{")
    ]
    assert ratios
    assert all(-10 <= value <= 1 for value in ratios)


def test_a_figure_of_120_days_cannot_fire(life: Life) -> None:
    """The ratio is shown as stale, and its rule stands in no_data, not ok (row C24)."""
    row = life.alerts()["old", "CIFR"]
    assert (row["state"], row["quality"]) == ("no_data", "stale")
    assert row["value"] == pytest.approx(0.1)
    assert life.alerts()["btc-low", "BTC-USD"]["state"] == "inactive"


def test_the_tenants_fall_alerts_the_landlord(life: Life) -> None:
    """CRWV loses 15 % in a day: CORZ's watchers are told, with CRWV named (row B24)."""
    reader = Subscriber(life.room, instance="main")
    life.put("price/CRWV", "-15%")
    # twenty shares are asked for one by one, at the pace that the provider is asked at
    wait_here(lambda: [e for e in reader.events if e["key"] == "CORZ"], "CORZ's alert", 120)
    event = next(e for e in reader.events if e["key"] == "CORZ")
    assert (event["rule"], event["state"], event["company"]) == ("tenant", "firing", "CORZ")
    assert event["value"] == pytest.approx(-0.15, abs=0.02)
    assert "CRWV" in json.dumps(event["inputs"])


def test_a_company_is_added_by_a_file(life: Life) -> None:
    """ACME.yaml and SIGHUP: card, hash, pages and topic show it; a bad file changes nothing (B34)."""
    life.write("companies/ACME.yaml", "ticker: ACME\n")
    life.service.send(signal.SIGHUP)
    refused = "hashhedge_config_last_reload_successful"
    wait_here(lambda: life.measured(refused) == 0, "the bad file to be refused", START_S)
    assert 'company="RIOT"' in life.service.page("/metrics")
    life.write("companies/ACME.yaml", company("ACME", age_days=10))
    life.service.send(signal.SIGHUP)
    margin = 'hashhedge_company_margin_ratio{company="ACME"}'
    wait_here(lambda: life.measured(margin) is not None, "ACME's margin", START_S)
    assert life.measured(refused) == 1
    info = 'hashhedge_company_info{company="ACME",name="ACME of the test",type="miner"}'
    assert life.measured(info) == 1
    with life.room.client() as client:
        wait_here(lambda: client.exists(KEYS.company("ACME")), "ACME's hash", START_S)
    assert life.retained("company/ACME/state")["readings"]["mining_margin_ratio"]["value"] < 1
    folder = str(life.folder / "companies")
    card = hashhedge("company", "show", "ACME", "--companies", folder, "-o", "json")
    assert card.json["name"] == "ACME of the test"


PLAN = """
contracts:
  - name: North campus
    mw: 100
    mw_basis: gross
    stages:
      - {{stage: evaluating, since: {begin}, source: report}}
"""
SIGNED = """      - {{stage: signed, since: {day}, source: report}}
    counterparty: A tenant
flags:
  - {{kind: litigation, since: {begin}, text: a class action, source: report}}
"""


def test_a_plan_that_is_signed_is_told_once(own_life: Life) -> None:
    """The stage's change is one event with the company's flags, and no restart repeats it (C04)."""
    life = own_life
    now = SystemClock().now()
    dates = {"day": iso(now - DAY)[:10], "begin": iso(now - 90 * DAY)[:10]}
    plain = company("APLD", age_days=10)
    life.write("companies/APLD.yaml", plain + PLAN.format(**dates))
    reader = Subscriber(life.room, instance="main")
    life.service.send(signal.SIGHUP)
    margin = 'hashhedge_company_margin_ratio{company="APLD"}'
    wait_here(lambda: life.measured(margin) is not None, "APLD's margin", START_S)
    life.write("companies/APLD.yaml", plain + (PLAN + SIGNED).format(**dates))
    life.service.send(signal.SIGHUP)

    def told() -> list[dict[str, Any]]:
        return [event for event in reader.events if event["rule"] == "contract-stage"]

    wait_here(told, "the news of the stage", START_S)
    (event,) = told()
    assert (event["company"], event["type"], event["severity"]) == ("APLD", "alert.noted", "info")
    assert event["summary"] == "APLD: contract North campus is from evaluating to signed."
    assert event["flags"] == ["litigation"]
    (stage,) = event["inputs"]
    assert (stage["before"], stage["value"]) == ("evaluating", "signed")
    life.end()
    life.begin()
    life.service.send(signal.SIGHUP)
    life.put("price/BTC-USD", "85000")
    wait_here(lambda: [e for e in reader.events if e["rule"] == "btc-low"], "an alert", 60)
    assert len(told()) == 1


def test_a_firing_alert_survives_a_restart_of_all(own_life: Life) -> None:
    """No second notice, the same `since`, and the end is told after the restart (row D08)."""
    life = own_life
    reader = Subscriber(life.room, instance="main")
    life.put("price/BTC-USD", "85000")
    wait_here(lambda: reader.events, "the alert", 60)
    before = life.alerts()["btc-low", "BTC-USD"]
    assert before["state"] == "firing"
    life.end()
    life.begin()
    after = life.alerts()["btc-low", "BTC-USD"]
    assert (after["state"], after["since"]) == ("firing", before["since"])
    life.put("price/BTC-USD", "95000")
    wait_here(lambda: reader.events[1:], "the end of the alert", 60)
    reader.caught_up()
    fired, resolved = reader.events
    assert [fired["state"], resolved["state"]] == ["firing", "resolved"]
    assert fired["since"] == resolved["since"] == before["since"]


def status(url: str) -> int:
    """Return the HTTP status of a page."""
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:  # noqa: S310  # its own page, on the loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_lost_redis_is_a_matter_of_readiness(own_life: Life) -> None:
    """Redis down: /livez 200, /readyz 503 with the reason; SIGTERM ends it cleanly all the same (H05)."""
    life = own_life
    pages = life.service.pages
    wait_here(lambda: status(f"{pages}/readyz") == 200, "the service to be ready", START_S)
    life.room.redis.stop()
    wait_here(lambda: status(f"{pages}/readyz") == 503, "readiness to go", START_S)
    assert status(f"{pages}/livez") == 200
    reasons = {r["check"]: r["reason"] for r in json.loads(life.service.page("/readyz"))["reasons"]}
    assert "look at the keys" in reasons["redis"]
    life.end()
    assert "Traceback" not in life.service.err


def test_a_killed_compute_role_is_taken_over(own_life: Life) -> None:
    """Two compute processes, the working one is killed: each tick is computed once (row D03)."""
    life = own_life
    life.end()
    workers = [life.process("--role", "compute") for _ in range(2)]
    held = 'hashhedge_lease_held{role="compute"}'

    def holders() -> list[Child]:
        return [w for w in workers if not w.ended and w.measured(held) == 1]

    (first,) = wait_here(holders, "one to hold the lease", START_S)
    with life.room.client() as client:
        read = int(client.hget(KEYS.state, "entries_read") or 0)
        for number in range(200):
            _add(client, 11 if number % 2 == 0 else 4)
            if number == 100:
                first.kill()
        last = client.xrevrange(KEYS.ticks, count=1)[0][0]
        began = time.monotonic()
        wait_here(
            lambda: client.hget(KEYS.state, "cursor") == last, "all ticks to be computed", START_S
        )
        assert time.monotonic() - began < 6
        assert int(client.hget(KEYS.state, "entries_read") or 0) == read + 200
        trail = [json.loads(f[b"n"])["t"] for _, f in client.xrange(KEYS.transitions)]
    ids = [item["id"] for item in trail if item["rule"] == "x-high"]
    assert len(ids) == len(set(ids)) == 200
    assert first not in holders()


def _add(client: Redis, value: float) -> None:
    now = SystemClock().now()
    client.xadd(KEYS.ticks, encode_tick([quote("X", value, now)]))  # type: ignore[arg-type]  # redis-py's dict is invariant
