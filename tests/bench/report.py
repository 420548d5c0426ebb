"""The figures as markdown tables, and into the document that keeps them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.bench.bars import FLOOR, NODE_RED, bar_rows, global_bar
from tests.bench.chain import Measured, Run
from tests.bench.job import Shape, percentile_ms
from tests.bench.market import RoadCost, StepCost, describe
from tests.bench.metrics import MetricCost
from tests.bench.reload import RATE, Reload
from tests.bench.servers import ROOT, program

DOCUMENT = ROOT / "docs" / "performance.md"
OURS = "hashhedge"
MILLION, THOUSAND = 1_000_000, 1_000
START_BARS_S = {10_000: 2.0, 100_000: 4.0, MILLION: 15.0}
RELOAD_BAR_MS = 50.0
LIBRARIES = ("redis", "hiredis", "aiomqtt", "paho-mqtt", "msgspec", "numpy")


@dataclass(slots=True)
class Figures:
    """All that one run of the bench found.

    Attributes:
        repetitions: how often each chain was measured.
        chains: our chain and those beside it, by (instruments, rules each) and name.
        shapes: our chain by (instruments, rules each).
        reloads: of a changed rulebook while ticks flow.
        steps: the pure step's cost of a global tick.
        metrics: the cost of a change with every metric computed.
        roads: the global tick end to end.
        loads: the machine's load before each repetition; above 1 somebody else is at work.
        left_out: why something was not measured.
        peers: the programs of others that were measured, with their versions.

    """

    repetitions: int
    chains: dict[Shape, dict[str, list[Measured]]] = field(default_factory=dict)
    shapes: dict[Shape, list[Measured]] = field(default_factory=dict)
    reloads: list[Reload] = field(default_factory=list)
    steps: list[StepCost] = field(default_factory=list)
    metrics: list[MetricCost] = field(default_factory=list)
    roads: list[RoadCost] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)

    def add(self, shape: Shape, name: str, measured: Measured) -> None:
        """Keep what one chain gave in one repetition."""
        self.chains.setdefault(shape, {}).setdefault(name, []).append(measured)


def render(figures: Figures) -> str:
    """Return everything as markdown."""
    parts = [
        facts(figures),
        *chain_tables(figures.chains),
        "### Against the bars",
        bar_table(figures.chains),
        "### Growth with rules",
        growth_table(figures.shapes),
        *growth_words(figures.shapes),
        "### Start to the first alert",
        start_table(figures.shapes),
        f"### A changed rulebook while {RATE} ticks a second flow",
        reload_table(figures.reloads),
        "### The global tick: one BTC price, every company, 10 rules each",
        market_table(figures.steps, figures.roads),
        *(f"Not measured: {why}." for why in figures.left_out),
    ]
    return "\n\n".join(parts)


def render_metrics(costs: Sequence[MetricCost]) -> str:
    """Return the cost of the metric layer alone as markdown."""
    machine = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}, {os.cpu_count()} x {_cpu()}, "
        f"load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, numpy "
        f"{importlib.metadata.version('numpy')}; medians."
    )
    return "\n\n".join(["### Every metric of every company", machine, metric_table(costs)])


def write(text: str, mark: str = "bench") -> None:
    """Put the tables between the marks of the document; its prose stays."""
    begin, end = f"<!-- {mark}: written by make bench -->", f"<!-- {mark}: end -->"
    document = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def facts(figures: Figures) -> str:
    """Return machine, versions and date."""
    versions = ", ".join(
        [*figures.peers, *(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)]
    )
    now = datetime.now(UTC)
    return (
        f"Measured {now:%Y-%m-%d %H:%M} UTC, {figures.repetitions} repetition(s), chains interleaved; "
        f"medians of the repetitions, p99 of all latencies pooled.\n\n"
        f"Commit {_commit()}. Machine: {os.cpu_count()} x {_cpu()}, {_memory_gib():.0f} GiB, {platform.system()} "
        f"{platform.release()}, "
        f"load {min(figures.loads):.1f} to {max(figures.loads):.1f} before the repetitions. "
        f"Python {platform.python_version()}; {_version('redis-server')}; "
        f"{_version('mosquitto')}; {versions}."
    )


def chain_tables(chains: Mapping[Shape, Mapping[str, Sequence[Measured]]]) -> list[str]:
    """Return each shape's chains under its headline."""
    return [
        part
        for (instruments, each), beside in chains.items()
        for part in (
            f"### Tick to alert: {instruments:,} instruments x {each:,} {'rule' if each == 1 else 'rules'}",
            chain_table(beside),
        )
    ]


def bar_table(chains: Mapping[Shape, Mapping[str, Sequence[Measured]]]) -> str:
    """Return our figures against the bare chain's and Node-RED's, and whether they keep the bars."""
    head = [
        *("instruments x rules", "figure", OURS, f"F ({FLOOR})", NODE_RED),
        *(f"{OURS} / F", f"{OURS} / {NODE_RED}", "bar", "kept"),
    ]
    rows = [
        [f"{instruments:,} x {each:,}", *row]
        for (instruments, each), beside in chains.items()
        for row in bar_rows(beside[OURS], beside.get(FLOOR, ()), beside.get(NODE_RED, ()))
    ]
    return _table(head, rows)


def chain_table(chains: Mapping[str, Sequence[Measured]]) -> str:
    """Return the chains side by side."""
    rates = sorted({rate for runs in chains.values() for item in runs for rate in item.paced})
    head = [
        "chain",
        *(f"p50 / p99 ms at {rate:,}/s" for rate in rates),
        *(f"CPU us/tick at {rate:,}/s" for rate in rates),
        *("sustained ticks/s", "CPU us/tick, full load", "lost", "RSS MiB", "start to alert s"),
    ]
    rows = []
    for name, measured in chains.items():
        drains = [item.drain for item in measured if item.drain]
        rows.append(
            [
                name,
                *(_latency([item.paced[rate] for item in measured]) for rate in rates),
                *(
                    f"{_median(item.paced[rate].cpu_us_tick for item in measured):.0f}"
                    for rate in rates
                ),
                f"{_median(run.ticks_s for run in drains):,.0f}",
                f"{_median(run.cpu_us_tick for run in drains):.0f}",
                str(sum(run.lost for item in measured for run in _runs(item))),
                f"{_median(item.rss_mib for item in measured):.0f}",
                f"{_median(item.start_s for item in measured):.2f}",
            ]
        )
    return _table(head, rows)


def growth_table(shapes: Mapping[Shape, Sequence[Measured]]) -> str:
    """Return our chain by number of rules."""
    rate = min(rate for runs in shapes.values() for rate in runs[0].paced)
    head = [
        *("rules", "instruments x rules", f"p50 / p99 ms at {rate}/s", f"CPU us/tick at {rate}/s"),
        *("sustained ticks/s", "CPU us/tick, full load", "lost", "RSS MiB", "start to alert s"),
    ]
    rows = [
        [
            f"{shape[0] * shape[1]:,}",
            f"{shape[0]:,} x {shape[1]:,}",
            _latency([item.paced[rate] for item in measured]),
            f"{_median(item.paced[rate].cpu_us_tick for item in measured):.0f}",
            f"{_median(item.drain.ticks_s for item in measured if item.drain):,.0f}",
            f"{_median(item.drain.cpu_us_tick for item in measured if item.drain):.0f}",
            str(sum(run.lost for item in measured for run in _runs(item))),
            f"{_median(item.rss_mib for item in measured):.0f}",
            f"{_median(item.start_s for item in measured):.2f}",
        ]
        for shape, measured in sorted(shapes.items(), key=lambda it: (-it[0][0], it[0][1]))
    ]
    return _table(head, rows)


def start_table(shapes: Mapping[Shape, Sequence[Measured]]) -> str:
    """Return how long a start took, and whether that keeps the bars."""
    rows = []
    for (instruments, each), measured in sorted(shapes.items(), key=lambda it: it[0][1]):
        bar_s = START_BARS_S.get(instruments * each)
        if bar_s is not None and instruments == THOUSAND:
            took_s = _median(item.start_s for item in measured)
            kept = "yes" if took_s <= bar_s else "no"
            rows.append([f"{instruments * each:,}", f"{took_s:.2f}", f"<= {bar_s:g}", kept])
    return _table(["rules", "start to alert s", "bar", "kept"], rows)


def reload_table(reloads: Sequence[Reload]) -> str:
    """Return how late alerts were while a rulebook was read and taken; the latest of all counts."""
    if not reloads:
        return "Not measured."
    latest = max(_latest_ms(item.during) for item in reloads)
    row = [
        f"{reloads[0].rules:,}",
        _latency([item.calm for item in reloads]),
        f"{max(_latest_ms(item.calm) for item in reloads):.0f}",
        _latency([item.during for item in reloads]),
        f"{latest:.0f}",
        f"<= {RELOAD_BAR_MS:g}",
        "yes" if latest <= RELOAD_BAR_MS else "no",
        str(sum(item.during.lost for item in reloads)),
    ]
    head = [
        *("rules", "before: p50 / p99 ms", "latest ms", "reloading: p50 / p99 ms", "latest ms"),
        *("bar", "kept", "lost"),
    ]
    return _table(head, [row])


def _latest_ms(run: Run) -> float:
    return max(run.latencies_s, default=float("nan")) * 1e3


def growth_words(shapes: Mapping[Shape, Sequence[Measured]]) -> list[str]:
    """Return what a million rules cost against a thousand on the same instruments."""
    found = []
    for (instruments, each), many in shapes.items():
        few = shapes.get((instruments, THOUSAND // instruments))
        if instruments * each != MILLION or few is None:
            continue
        ratios: dict[str, float] = {}
        for rate in many[0].paced:
            ratios[f"p50 at {rate:,}/s"] = _ratio(many, few, partial(_p50_ms, rate))
            ratios[f"CPU per tick at {rate:,}/s"] = _ratio(many, few, partial(_cpu_us, rate))
        ratios["CPU per tick at full load"] = _ratio(many, few, partial(_cpu_us, None))
        grown = _median(i.rss_mib for i in many) - _median(i.rss_mib for i in few)
        words = ", ".join(f"{name} x {ratio:.2f}" for name, ratio in ratios.items())
        found.append(
            f"A million rules against a thousand on {instruments:,} instruments: {words} "
            f"(bar: 1.25); {grown * 2**20 / (MILLION - THOUSAND):.0f} bytes a rule."
        )
    return found


def market_table(steps: Sequence[StepCost], roads: Sequence[RoadCost]) -> str:
    """Return what a global tick costs."""
    rows = [
        [
            f"pure step, {cost.companies:,} companies, {cost.rules:,} rules",
            f"{cost.plain_us:,.0f} us",
            f"{cost.with_alerts_us:,.0f} us ({cost.alerts_per_tick:.0f} transitions)",
        ]
        for cost in steps
    ]
    rows += [
        [
            f"end to end, {road.companies:,} companies, XADD to the last alert, p50 / p99",
            "",
            f"{describe(road)} ms ({road.alerts_per_tick} alerts, {road.lost} lost)" + bar,
        ]
        for road in roads
        for bar in (global_bar(road.companies, percentile_ms(road.latencies_s, 99)),)
    ]
    return _table(["what", "a price that passes no level", "a price that passes some"], rows)


def metric_table(costs: Sequence[MetricCost]) -> str:
    """Return what a change costs if every metric is watched, in all and per company."""
    rows = [
        [
            f"{cost.companies:,} {cost.what}",
            f"{cost.computed} of {cost.metrics} ({cost.touched} depend)",
            f"{cost.tick_us:,.0f}",
            f"{cost.tick_us / cost.companies:,.2f}",
            f"{cost.row_us:,.0f} ({cost.row_touched})",
            f"{cost.nothing_us:,.1f}",
        ]
        for cost in costs
    ]
    head = [
        *("companies", "metrics computed by a BTC tick", "us a tick, all watched", "us a company"),
        *("us a company's new power price (metrics)", "us a tick, none watched"),
    ]
    return _table(head, rows)


def _latency(runs: Sequence[Run]) -> str:
    pooled = [latency for run in runs for latency in run.latencies_s]
    return f"{_median(run.p50_ms for run in runs):.2f} / {percentile_ms(pooled, 99):.1f}"


def _runs(item: Measured) -> list[Run]:
    return [*item.paced.values(), *([item.drain] if item.drain else [])]


def _p50_ms(rate: int, item: Measured) -> float:
    return item.paced[rate].p50_ms


def _cpu_us(rate: int | None, item: Measured) -> float:
    """Return the processor time of a tick at `rate`, or at full load."""
    run = item.drain if rate is None else item.paced[rate]
    return float("nan") if run is None else run.cpu_us_tick


def _ratio(
    many: Sequence[Measured], few: Sequence[Measured], figure: Callable[[Measured], float]
) -> float:
    return _median(map(figure, many)) / _median(map(figure, few))


def _median(values: Iterable[float]) -> float:
    known = list(values)
    return statistics.median(known) if known else float("nan")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(name: str) -> str:
    flag = "-h" if name == "mosquitto" else "--version"
    done = subprocess.run([program(name), flag], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    number = next((w.removeprefix("v=") for w in words if w.removeprefix("v=")[:1].isdigit()), "")
    return f"{name} {number}"
