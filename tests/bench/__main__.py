"""`make bench`: tick to alert of our chain beside the bare one, and how it grows with rules.

`ARGS="--reps 5"` repeats more often, `ARGS=--quick` takes under two minutes, `ARGS=--metrics` times
the metric layer alone, `ARGS=--write` puts the tables into docs/performance.md, and
`ARGS="--peers node-red"` measures Node-RED as well. Ratios between chains of the same run say more
than milliseconds: a shared machine's speed varies by 2 within minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from monitor.cli.loop import run as on_loop
from tests.bench import node_red, report
from tests.bench.bars import NODE_RED
from tests.bench.chain import Load, Measured, measure
from tests.bench.floor import Floor, NotMeasuredError
from tests.bench.job import Job, Shape
from tests.bench.market import BUNDLED, road_cost, step_cost
from tests.bench.metrics import MetricCost, book_cost, metric_cost
from tests.bench.node_red import NodeRed
from tests.bench.reload import measure_reload
from tests.bench.report import OURS, Figures

BASE: Shape = (1_000, 1)
BESIDE_PEERS: tuple[Shape, ...] = (BASE, (10, 100))
GROWTH: tuple[Shape, ...] = (
    *((1_000, 1_000), (10, 100), (10, 100_000), (1_000, 100)),
    (1_000, 10),
)
RELOADED: Shape = (1_000, 100)
QUICK_GROWTH: tuple[Shape, ...] = ((1_000, 1_000),)
FULL_LOAD = Load({200: 4.0, 1_000: 2.0}, 20_000)
QUICK_LOAD = Load({200: 2.0, 1_000: 1.0}, 10_000)
COMPANIES = (len(BUNDLED), 1_000)
ALL_METRICS = (1_000, 10_000)


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--reps", type=int, default=3, help="repetitions of each chain (3)")
    parser.add_argument("--quick", action="store_true", help="one short repetition, fewer shapes")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--metrics", action="store_true", help="only the metric layer, a minute")
    parser.add_argument(
        "--peers",
        choices=["node-red"],
        help=f"measure Node-RED {node_red.VERSION} as well; npm lays it into {node_red.cache()}",
    )
    options = parser.parse_args()
    if options.metrics:
        return _tell(
            [report.render_metrics(measure_metrics(quick=options.quick))], write=options.write
        )
    peer = _peer() if options.peers else None
    figures = Figures(1 if options.quick else options.reps)
    with tempfile.TemporaryDirectory(prefix="hashhedge-bench-") as directory:
        run(figures, Path(directory), peer, quick=options.quick)
    text = report.render(figures)
    return _tell([report.render_metrics(figures.metrics), text], write=options.write)


def _tell(texts: Sequence[str], *, write: bool) -> None:
    """Print, and write if asked: the metric layer first, then the rest if it was measured."""
    for text, mark in zip(texts, ("bench metrics", "bench"), strict=False):
        sys.stdout.write(text + "\n\n")
        if write:
            report.write(text, mark)


def measure_metrics(*, quick: bool) -> list[MetricCost]:
    """Measure a change with every metric computed: the book's companies, then invented ones."""
    repetitions = 50 if quick else 200
    _say("all metrics of the book's companies")
    costs = [book_cost(repetitions)]
    for companies in ALL_METRICS:
        _say(f"all metrics of {companies:,} synthetic companies")
        costs.append(metric_cost(companies, repetitions))
    return costs


def run(figures: Figures, directory: Path, peer: NodeRed | None, *, quick: bool) -> None:
    """Measure everything, the chains of one repetition right after each other."""
    load = QUICK_LOAD if quick else FULL_LOAD
    floor = _floor(figures, directory / "floor")
    beside = BESIDE_PEERS if peer else (BASE,)
    growth = [shape for shape in (QUICK_GROWTH if quick else GROWTH) if shape not in beside]
    figures.peers += [peer.name] if peer else []
    for repetition in range(figures.repetitions):
        here = directory / str(repetition)
        figures.loads.append(os.getloadavg()[0])
        for shape in beside:
            if floor is not None:
                _say(f"the bare chain, {_words(shape)}")
                for name, found in floor.measure(load, shape).items():
                    figures.add(shape, f"bare chain, {name}", found)
            if peer is not None:
                _say(f"{NODE_RED}, {_words(shape)}")
                home = _made(here / f"node-red-{shape[0]}x{shape[1]}")
                figures.add(shape, NODE_RED, on_loop(peer.measure(Job(*shape), load, home)))
            ours = _ours(shape, load, here)
            figures.add(shape, OURS, ours)
            figures.shapes.setdefault(shape, []).append(ours)
        for shape in growth:
            figures.shapes.setdefault(shape, []).append(_ours(shape, load, here))
        _say(f"a reload, {_words(RELOADED)}")
        home = _made(here / "reload")
        figures.reloads.append(on_loop(measure_reload(Job(*RELOADED), home)))
    for companies in COMPANIES:
        _say(f"the global tick over {companies:,} companies")
        home = _made(directory / f"step-{companies}")
        figures.steps.append(step_cost(home, companies))
    figures.metrics += measure_metrics(quick=quick)
    for companies in COMPANIES:
        _say(f"the global tick over {companies:,} companies, end to end")
        road = _made(directory / f"road-{companies}")
        figures.roads.append(on_loop(road_cost(road, companies, 100 if quick else 600)))


def _floor(figures: Figures, directory: Path) -> Floor | None:
    _say("preparing the bare chain")
    try:
        return Floor.prepare(_made(directory))
    except NotMeasuredError as error:
        figures.left_out.append(f"the bare chain, because {error}")
        return None


def _peer() -> NodeRed:
    """Return Node-RED, laid down if need be; who asks for it is told at once if it cannot be."""
    try:
        return NodeRed.prepare(node_red.cache(), _say)
    except NotMeasuredError as error:
        sys.exit(f"bench: Node-RED cannot be measured: {error}, or leave out --peers")


def _ours(shape: Shape, load: Load, directory: Path) -> Measured:
    _say(f"{OURS}, {_words(shape)}")
    home = _made(directory / f"{shape[0]}x{shape[1]}")
    return on_loop(measure(Job(*shape), load, home))


def _words(shape: Shape) -> str:
    return f"{shape[0]:,} instruments x {shape[1]:,} rules"


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _say(what: str) -> None:
    sys.stderr.write(f"bench: {what}\n")


if __name__ == "__main__":
    main()
