"""Our chain: XADD to `hashhedge run` to an MQTT subscriber, timed from outside.

Latency is from just before the XADD is written to the arrival of the firing event. Our service
does more per crossing than the bare chain: fire and resolve are both news, and each goes out as
an event and as a retained state, so 4 QoS 1 messages stand against 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from monitor.store.keys import Keys
from tests.bench.job import Job, Meter, percentile_ms
from tests.bench.servers import INSTANCE, Program, servers, service
from tests.bench.wire import Feeder, Subscriber, TickFeeder

TOPIC = f"hashhedge/v1/{INSTANCE}/alert/+/+/event"
START_LIMIT_S = 180.0
QUIET_CPU_S = 0.02
_FIRING = b'"state":"firing"'
_RULE_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Run:
    """What one measured run gave.

    Attributes:
        latencies_s: of each alert.
        lost: crossings without an alert.
        unexpected: alerts without a crossing.
        cpu_us_tick: processor time of the service per tick.
        ticks_s: ticks per second, from the first written to the last alert (drain only).

    """

    latencies_s: tuple[float, ...]
    lost: int
    unexpected: int
    cpu_us_tick: float
    ticks_s: float = 0.0

    @property
    def p50_ms(self) -> float:
        """Return the median latency."""
        return percentile_ms(self.latencies_s, 50)


@dataclass(slots=True)
class Measured:
    """All runs of one chain.

    Attributes:
        start_s: from the start of the process to its first alert.
        rss_mib: resident memory at the end.
        paced: by ticks per second.
        drain: as fast as the socket takes them; None if not run.

    """

    start_s: float
    rss_mib: float = 0.0
    paced: dict[int, Run] = field(default_factory=dict)
    drain: Run | None = None


class Chain:
    """A running service with a feeder and a listener."""

    def __init__(self, job: Job, program: Program, feeder: TickFeeder) -> None:
        self.job = job
        self.program = program
        self.feeder = feeder
        self.meter = Meter()

    def heard(self, topic: bytes, payload: bytes) -> None:
        """Take an event; only fires count."""
        if _FIRING in payload:
            self.meter.alerted(topic.split(b"/")[_RULE_LEVEL])

    def tick(self, *, crossing: bool | None = None) -> None:
        """Write the job's next tick."""
        move = self.job.next(crossing=crossing)
        if move.rule is not None:
            self.meter.crossed(b"r%d-%d" % (move.instrument, move.rule), time.perf_counter())
        self.feeder.send(f"I{move.instrument}", move.value)

    async def first_alert(self) -> float:
        """Return the seconds from the start of the process to the alert that is waiting for it."""
        self.meter = Meter()
        self.tick(crossing=True)
        give_up = time.perf_counter() + START_LIMIT_S
        while self.meter.lost and time.perf_counter() < give_up:
            self.program.check()
            await self.meter.all_arrived(0.5)
        if self.meter.lost:
            raise RuntimeError(f"no alert in {START_LIMIT_S} s; see {self.program.log}")
        return self.meter.last_at - self.program.started_at

    async def settle(self) -> None:
        """Quote every instrument once, below its level, and wait until the service is idle."""
        for number, move in enumerate(self.job.settled()):
            self.feeder.send(f"I{move.instrument}", move.value)
            if number % 50 == 0:
                await self.feeder.flushed()
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until the service does nothing but its slow clock."""
        before = -1.0
        for _ in range(120):
            now = self.program.cpu_s()
            if now - before < QUIET_CPU_S:
                return
            before = now
            await asyncio.sleep(0.25)

    async def paced(self, rate: int, seconds: float, *, crossing: bool | None = None) -> Run:
        """Offer `rate` ticks a second, whatever comes back; `crossing` as `Job.next` has it."""
        self.meter = meter = Meter()
        ticks = int(rate * seconds)
        cpu = self.program.cpu_s()
        began = time.perf_counter()
        for number in range(ticks):
            ahead = began + number / rate - time.perf_counter()
            if ahead > 0.0003:
                await asyncio.sleep(ahead)
            elif number % 64 == 0:
                await asyncio.sleep(0)
            self.tick(crossing=crossing)
        await meter.all_arrived(3.0)
        return self._run(meter, ticks, cpu)

    async def drain(self, ticks: int, patience_s: float = 60.0) -> Run:
        """Offer `ticks` as fast as the socket takes them; a lossless chain works them all off."""
        self.meter = meter = Meter()
        cpu = self.program.cpu_s()
        began = time.perf_counter()
        for number in range(ticks):
            self.tick(crossing=True if number >= ticks - 5 else None)
            if number % 50 == 0:
                await self.feeder.flushed()
        await meter.all_arrived(patience_s)
        return self._run(meter, ticks, cpu, (meter.last_at or time.perf_counter()) - began)

    def _run(self, meter: Meter, ticks: int, cpu_before: float, took_s: float = 0.0) -> Run:
        if self.feeder.errors:
            raise RuntimeError(f"{self.feeder.errors} ticks were refused")
        return Run(
            latencies_s=tuple(meter.latencies_s),
            lost=meter.lost,
            unexpected=meter.unexpected,
            cpu_us_tick=(self.program.cpu_s() - cpu_before) / ticks * 1e6,
            ticks_s=ticks / took_s if took_s else 0.0,
        )


@contextlib.asynccontextmanager
async def running(job: Job, directory: Path) -> AsyncIterator[Chain]:
    """Start servers and the service on the job's rules; feed it, and listen to it."""
    rules = directory / "rules.json"
    job.write_rulebook(rules)
    with servers(directory) as found, service(found, rules, directory) as program:
        feeder = await Feeder.open(found.redis_port, Keys().ticks)
        chain = Chain(job, program, feeder)
        subscriber = await Subscriber.open(found.mqtt_port, TOPIC, chain.heard)
        try:
            yield chain
        finally:
            feeder.close()
            subscriber.close()


@dataclass(frozen=True, slots=True)
class Load:
    """What one chain is put through: seconds at each rate, and how many ticks at once."""

    paced: dict[int, float]
    drain_ticks: int = 0


async def measure(job: Job, load: Load, directory: Path) -> Measured:
    """Start our chain, run the load, stop it."""
    async with running(job, directory) as chain:
        return await put_through(chain, load)


async def put_through(chain: Chain, load: Load) -> Measured:
    """Run the load on a chain that has just been started."""
    found = Measured(await chain.first_alert())
    await chain.settle()
    for rate, seconds in load.paced.items():
        found.paced[rate] = await chain.paced(rate, seconds)
    if load.drain_ticks:
        found.drain = await chain.drain(load.drain_ticks)
        await chain.quiet()
    found.rss_mib = chain.program.rss_mib()
    return found
