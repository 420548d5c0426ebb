"""How late alerts are while a changed rulebook is read and taken, at a hundred ticks a second.

Every tick that can crosses a level, so that each stall is seen. One rule is added to the file, which
no tick ever touches, and SIGHUP has it read; ticks go on until long after it has been taken.
"""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.bench.chain import Chain, Run, running
from tests.bench.job import Job

RATE = 100
CALM_S = 5.0
RELOAD_S = 12.0
BEGIN_S = 1.0
_TAKEN = "compute.books_reloaded"
_ADDED = '{"rules":[{"type":"threshold","id":"added","on":"I0","above":1e9},'


@dataclass(frozen=True, slots=True)
class Reload:
    """What one reload did to the alerts of the ticks that went on: calm before it, and with it."""

    rules: int
    calm: Run
    during: Run


async def measure_reload(job: Job, directory: Path) -> Reload:
    """Start the service on the job's rules, and reload them with one more.

    Raises:
        RuntimeError: the book was not taken in time, so nothing was measured.

    """
    async with running(job, directory) as chain:
        await chain.first_alert()
        await chain.settle()
        calm = await chain.paced(RATE, CALM_S, crossing=True)
        changing = asyncio.create_task(_change(chain, directory / "rules.json"))
        during = await chain.paced(RATE, RELOAD_S, crossing=True)
        await changing
        if _TAKEN not in chain.program.log.read_text():
            raise RuntimeError(f"no reload in {RELOAD_S} s; see {chain.program.log}")
    return Reload(job.instruments * job.rules_each, calm, during)


async def _change(chain: Chain, rules: Path) -> None:
    await asyncio.sleep(BEGIN_S)
    await asyncio.to_thread(_write, rules)
    os.kill(chain.program.pid, signal.SIGHUP)


def _write(rules: Path) -> None:
    """Put the changed file in place of the other at once."""
    changed = rules.with_suffix(".new")
    changed.write_text(rules.read_text().replace('{"rules":[', _ADDED, 1))
    changed.replace(rules)
