"""The global tick: one BTC price changes every company, 10 rules each.

Two measures, both on as many companies as are bundled and on 1,000: the pure step alone (no servers),
and the whole road. The companies are invented: same tickers as the bundled ones, then S000
and on, each with an efficiency and a power price of its own, dated yesterday so that no figure is out
of date.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from alerts.codec import encode_transition
from alerts.model import AlertState, Transition
from monitor.app.world import World, build_step, find_catalogue, load_rules
from monitor.books import load_companies
from monitor.books.company_book import default_directory
from monitor.cli.loop import spare_what_stays
from monitor.compute.encoding import encode_changes
from monitor.compute.step import Step
from monitor.core.clock import DAY, Millis, SystemClock, iso
from monitor.nyse import nyse_calendar
from monitor.store.codec import decode_tick, encode_tick
from monitor.store.keys import Keys
from monitor.store.ticks import Entry
from tests.bench.chain import START_LIMIT_S, TOPIC
from tests.bench.job import percentile_ms
from tests.bench.servers import servers, service
from tests.bench.wire import FRESH_MS, Feeder, Subscriber
from tests.worlds import quote

RULES = 10
SETTLE_S = 4.0
"""After the start: all readings of all companies are shown once, which is no tick's cost."""
METRIC = "mining_margin_ratio"
LOW_USD, HIGH_USD = 60_000.0, 60_030.0
VENUES = ("bitstamp", "coinbase", "kraken")
NETWORK = (
    ("network.difficulty", 126_980_000_000_000.0),
    ("network.height", 931_995.0),
    ("network.fees_btc_per_block", 0.02),
)
"""Any real network will do: the work does not depend on it."""
BUNDLED = tuple(sorted(path.stem for path in default_directory().glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class StepCost:
    """The pure step's price of one BTC tick, in microseconds."""

    companies: int
    rules: int
    plain_us: float
    with_alerts_us: float
    alerts_per_tick: float


@dataclass(slots=True)
class RoadCost:
    """One BTC tick end to end: until the last of its alerts is there."""

    companies: int
    alerts_per_tick: int
    lost: int = 0
    latencies_s: list[float] = field(default_factory=list)


def write_companies(directory: Path, count: int, now: Millis) -> Path:
    """Write `count` company files; the first have the bundled tickers, to stand in for them."""
    directory.mkdir()
    names = [*BUNDLED, *(f"S{number:03d}" for number in range(count - len(BUNDLED)))]
    day, begin = iso(now - DAY)[:10], iso(now - 30 * DAY)[:10]
    for number, name in enumerate(names):
        share = (number * 7 % count) / count
        figures = {
            "efficiency_j_th": (16.0 + 10 * share, "J/TH"),
            "power_price_usd_kwh": (0.04 + 0.03 * (number % 97) / 97, "USD/kWh"),
            "hashrate_average_operating_eh_s": (5.0 + 40 * share, "EH/s"),
        }
        lines = [
            f"ticker: {name}\nname: Invented {name}\ntype: miner\nfiscal_year_end: '12-31'",
            "sources:\n  own:\n    title: made up\n    url: https://example.org/made-up\nfigures:",
        ]
        for fact, (value, unit) in figures.items():
            span = f"period_from: {begin}, " if fact != "efficiency_j_th" else ""
            lines.append(
                f"  {fact}:\n    - {{value: {value:.4f}, unit: {unit}, {span}as_of: {day}, source: own}}"
            )
        (directory / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    return directory


def write_rules(path: Path, levels: Sequence[float]) -> Path:
    """Write one rule for all companies at each level."""
    rules = [
        {"type": "threshold", "id": f"g{number}", "on": METRIC, "above": level}
        for number, level in enumerate(levels)
    ]
    path.write_bytes(msgspec.json.encode({"rules": rules}))
    return path


class Market:
    """A step over invented companies, and ticks for it."""

    def __init__(self, companies: Path, rules: Path, now: Millis) -> None:
        catalogue = find_catalogue()
        books = load_companies(now, companies)
        rulebook = load_rules(rules, catalogue, list(books))
        self.step: Step = build_step(World(books, rulebook, (), catalogue, nyse_calendar()))
        self.now = now
        for name, value in NETWORK:
            self.take(self.entry(name, value, ("mempool",)))

    def entry(self, name: str, value: float, sources: Sequence[str] = VENUES) -> Entry:
        """Return the next stream entry: `value` as all `sources` see it."""
        self.now += 10
        quotes = [quote(name, value, self.now, source=it, fresh_ms=FRESH_MS) for it in sources]
        fields = {key.encode(): body for key, body in encode_tick(quotes).items()}
        return f"{self.now}-0".encode(), fields

    def take(self, entry: Entry) -> list[Transition]:
        """Do what the worker does: from bytes, through the step, to the bytes of the commit."""
        self.step.process(decode_tick(*entry))
        changes = self.step.take()
        encode_changes(changes)
        for transition in changes.transitions:
            encode_transition(transition)
        return changes.transitions

    def price(self, value: float) -> list[Transition]:
        """Take one BTC tick."""
        return self.take(self.entry("BTC-USD", value))

    def margins(self) -> list[float]:
        """Return the companies' margins that are known, rising."""
        values = self.step.table.column(METRIC).values
        return sorted(value for value in values.tolist() if not math.isnan(value))


def levels_between(companies: Path, directory: Path, now: Millis) -> list[float]:
    """Return RULES levels of which each is passed by some company between the two prices."""
    market = Market(companies, write_rules(directory / "none.json", []), now)
    market.price(LOW_USD)
    low = market.margins()
    market.price(HIGH_USD)
    high = market.margins()
    pairs = list(zip(low, high, strict=True))
    chosen = [pairs[number * len(pairs) // RULES] for number in range(RULES)]
    found = [(a + b) / 2 for a, b in dict.fromkeys(chosen)]
    spare = (max(high) + 1 + number for number in range(RULES))
    return [*found, *(next(spare) for _ in range(RULES - len(found)))]


def step_cost(directory: Path, companies: int, ticks: int = 400) -> StepCost:
    """Measure the pure step: a price that passes no level, and one that passes some each time."""
    now = SystemClock().now()
    books = write_companies(directory / f"companies-{companies}", companies, now)
    rules = write_rules(directory / "rules.json", levels_between(books, directory, now))
    market = Market(books, rules, now)
    market.price(LOW_USD)
    plain = [_timed(market, LOW_USD + 0.01 * (number % 2)) for number in range(ticks)]
    alerting = [_timed(market, (HIGH_USD, LOW_USD)[number % 2]) for number in range(ticks)]
    return StepCost(
        companies=companies,
        rules=companies * RULES,
        plain_us=statistics.median(took for took, _ in plain) * 1e6,
        with_alerts_us=statistics.median(took for took, _ in alerting) * 1e6,
        alerts_per_tick=statistics.fmean(count for _, count in alerting),
    )


def _timed(market: Market, price: float) -> tuple[float, int]:
    entry = market.entry("BTC-USD", price)
    began = time.perf_counter()
    count = len(market.take(entry))
    return time.perf_counter() - began, count


async def road_cost(directory: Path, companies: int, ticks: int, rate: float = 100.0) -> RoadCost:
    """Measure end to end at `rate` ticks a second; every other tick fires."""
    now = SystemClock().now()
    books = write_companies(directory / f"companies-{companies}", companies, now)
    rules = write_rules(directory / "rules.json", levels_between(books, directory, now))
    market = Market(books, rules, now)
    market.price(LOW_USD)
    fires = [t for t in market.price(HIGH_USD) if t.to_state is AlertState.FIRING]
    del market
    spare_what_stays()  # a look through what is left here would count as the service's
    found = RoadCost(companies, len(fires))
    waiting = 0
    last_at = 0.0
    complete = asyncio.Event()

    def heard(_topic: bytes, payload: bytes) -> None:
        nonlocal waiting, last_at
        if b'"state":"firing"' in payload:
            waiting -= 1
            last_at = time.perf_counter()
            if waiting <= 0:
                complete.set()

    with (
        servers(directory) as ports,
        service(ports, rules, directory, "--companies", str(books)) as program,
    ):
        feeder = await Feeder.open(ports.redis_port, Keys().ticks)
        subscriber = await Subscriber.open(ports.mqtt_port, TOPIC, heard)
        for name, value in NETWORK:
            feeder.send(name, value, ("mempool",))
        feeder.send("BTC-USD", LOW_USD, VENUES)
        for number in range(ticks + 1):
            began = time.perf_counter()
            waiting = len(fires)
            complete.clear()
            feeder.send("BTC-USD", HIGH_USD, VENUES)
            try:
                async with asyncio.timeout(START_LIMIT_S if number == 0 else 5.0):
                    await complete.wait()
            except TimeoutError:
                program.check()
                found.lost += waiting
            if number:
                found.latencies_s.append(last_at - began)
            else:  # the first waits for the start of the service, which shows all it has once
                await asyncio.sleep(SETTLE_S)
            await asyncio.sleep(max(0.0, began + 1 / rate - time.perf_counter()))
            feeder.send("BTC-USD", LOW_USD, VENUES)
            await asyncio.sleep(1 / rate)
        feeder.close()
        subscriber.close()
    return found


def describe(cost: RoadCost) -> str:
    """Return median and 99th percentile as a table shows them."""
    p50, p99 = (percentile_ms(cost.latencies_s, percent) for percent in (50, 99))
    return f"{p50:.2f} / {p99:.2f}"
