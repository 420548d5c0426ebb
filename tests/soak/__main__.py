"""`make soak`: all feeds and streams for half an hour in real time, with faults from a seed.

`ARGS="--minutes 5 --seed 3"` takes another time and other faults. It ends with an error if a value
was further off than its quality allows, a provider was asked too often, or something is held that
was not held before. What was rejected is tried again after a quarter of an hour, so that much may
come on top.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tracemalloc

from monitor.core.clock import MINUTE, SECOND, SystemClock
from monitor.feeds.lanes import REJECTED_PAUSE_S
from monitor.telemetry import logs
from tests.soak.room import Held, SoakRoom, soaking

WARM_UP_S = 30
GROWTH_BYTES = 1_048_576


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long faults come (30)")
    parser.add_argument("--seed", type=int, default=7, help="of faults, values and jitter (7)")
    options = parser.parse_args()
    logs.configure("error", environ=os.environ)
    faults = asyncio.run(soak(round(options.minutes * MINUTE / SECOND), options.seed))
    for fault in faults:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.exit(bool(faults))


async def soak(seconds: int, seed: int) -> list[str]:
    """Let `seconds` pass with faults; return what did not hold."""
    tracemalloc.start()
    async with soaking(SystemClock(), seed=seed, heavy=True) as room:
        await room.run(WARM_UP_S, faulty=False)
        await room.recover(WARM_UP_S)
        before = await room.held()
        _say(room, before)
        for _ in range(0, seconds, 60):
            await room.run(min(60, seconds))
            _say(room, await room.held())
        await room.recover(round(REJECTED_PAUSE_S) + 120)
        after = await room.held()
        _say(room, after)
        return [
            *room.prices.faults,
            *room.budgets.faults,
            *grown(before, after, polls=len(room.pollers)),
        ]


def grown(before: Held, after: Held, *, polls: int) -> list[str]:
    """Return what is held at the end and was not at the beginning.

    So many polls may be under way, each with a socket at both ends.
    """
    found = []
    if after.tasks != before.tasks:
        found.append(f"{after.tasks} tasks, {before.tasks} before")
    if after.sockets > before.sockets + 2 * polls:
        found.append(f"{after.sockets} sockets, {before.sockets} before")
    if after.bytes > before.bytes + GROWTH_BYTES:
        found.append(f"{after.bytes} bytes, {before.bytes} before")
    return found


def _say(room: SoakRoom, held: Held) -> None:
    qualities = ", ".join(
        f"{quality.word} {seconds} s (off by {room.prices.worst_ratio.get(quality, 0):.3%})"
        for quality, seconds in sorted(room.prices.seconds.items())
    )
    asked = sum(room.simulator.requests.values())
    sys.stdout.write(
        f"{room.second} s: {held.tasks} tasks, {held.sockets} sockets, {held.bytes} bytes; "
        f"{asked} requests, fullest minute {room.budgets.busiest_ratio:.0%}; {qualities}; "
        f"faults {room.faults.told}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
