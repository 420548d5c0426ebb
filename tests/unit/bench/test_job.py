"""The bench measures what it says: its job makes exactly the alerts that it waits for."""

from __future__ import annotations

from pathlib import Path

from alerts.model import AlertState
from alerts.rulebook import load_rulebook
from alerts.rules.threshold import ThresholdRule
from tests.bench.job import Job, Meter
from tests.worlds import NOON, make_step, quote, tick


def test_each_crossing_fires_the_one_rule_that_is_expected(tmp_path: Path) -> None:
    """Over many ticks the step fires the job's rules, in order, and nothing besides."""
    job = Job(5, 7)
    job.write_rulebook(tmp_path / "rules.json")
    step = make_step(load_rulebook(tmp_path / "rules.json", [ThresholdRule]).rules)
    expected = []
    for number in range(500):
        move = job.next()
        at = NOON + number
        step.process(tick(at, quote(f"I{move.instrument}", move.value, at, fresh_ms=10**9)))
        if move.rule is not None:
            expected.append(f"r{move.instrument}-{move.rule}")
    fired = [t.rule for t in step.take().transitions if t.to_state is AlertState.FIRING]
    assert fired == expected
    assert len(expected) > 20


def test_a_settled_job_stands_below_every_level(tmp_path: Path) -> None:
    """After settling, no rule is left firing: each run begins from the same place."""
    job = Job(5, 7)
    job.write_rulebook(tmp_path / "rules.json")
    step = make_step(load_rulebook(tmp_path / "rules.json", [ThresholdRule]).rules)
    for at, move in enumerate((job.next(crossing=True), *job.settled()), NOON):
        step.process(tick(at, quote(f"I{move.instrument}", move.value, at, fresh_ms=10**9)))
    assert not step.watch.live()


async def test_the_meter_counts_what_is_lost_and_what_is_too_much() -> None:
    """An alert without a crossing is unexpected; a crossing without an alert is lost."""
    meter = Meter()
    meter.crossed(b"r1-0", 1.0)
    meter.crossed(b"r2-0", 1.0)
    meter.alerted(b"r1-0")
    meter.alerted(b"r1-0")
    await meter.all_arrived(0.0)
    assert (meter.lost, meter.unexpected, len(meter.latencies_s)) == (1, 1, 1)
