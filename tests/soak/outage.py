"""`make outage`: ten minutes without a broker at 100 ticks a second, in real time.

`ARGS="--minutes 1 --rate 200"` takes other lengths. A tenth of the ticks crosses a level. It ends
with an error if an alert is lost or made up, a retained state is not where its alert stands, or the
process has grown by more than the alerts that waited can explain.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from redis import Redis

from alerts.codec import decode_transition
from monitor.core.clock import SystemClock
from monitor.store.codec import encode_tick
from monitor.store.keys import Keys
from tests.bench.job import Job
from tests.e2e.playing import Child, Room, Subscriber
from tests.servers import program, start_broker, start_redis
from tests.waiting import wait_here
from tests.worlds import quote

KEYS = Keys()
SHAPE = 10, 100
FRESH_MS = 10**9
GROWTH_BYTES = 64 * 1_048_576
SETTLED_S = 120.0


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="make outage", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="without a broker (10)")
    parser.add_argument("--rate", type=int, default=100, help="ticks a second (100)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("redis", "broker"):
            (folder / part).mkdir()
        redis = start_redis("redis-server", folder / "redis")
        broker = start_broker("mosquitto", folder / "broker", persistent=True)
        room = Room(redis, broker, folder)
        try:
            faults = outage(room, options.minutes * 60, options.rate)
        finally:
            room.close()
    for fault in faults:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.exit(bool(faults))


def outage(room: Room, seconds: float, rate: int) -> list[str]:
    """Feed a service, the broker being away for `seconds`; return what did not hold."""
    job = Job(*SHAPE)
    job.write_rulebook(room.folder / "rules.json")
    subscriber = Subscriber(room, instance="main")
    servers = ("--redis-url", room.redis.url, "--mqtt-url", room.broker.url, "--web-port", "0")
    roles = ("--role", "compute", "--role", "relay")
    rules = ("--rules", str(room.folder / "rules.json"))
    service = room.start("run", *servers, *roles, *rules)
    with room.client() as client:
        wait_here(lambda: client.hexists(KEYS.state, "cursor") or service.pages, "the start", 60)
        feed(client, job, 10.0, rate)
        _delivered(client)
        before = _resident(service)
        room.broker.stop()
        feed(client, job, seconds, rate)
        waiting, during = int(client.xlen(KEYS.outbox)), _resident(service)
        room.broker.start()
        _delivered(client)
        subscriber.caught_up()
        sys.stdout.write(
            f"{waiting} letters waited; resident {before >> 20} MiB before, {during >> 20} at the "
            f"end of the outage, {_resident(service) >> 20} after\n"
        )
        faults = held_against(client, subscriber, room)
    if during > before + GROWTH_BYTES:
        faults.append(f"grown from {before} to {during} bytes")
    return faults


def feed(client: Redis, job: Job, seconds: float, rate: int) -> None:
    """Write the job's ticks for `seconds`, `rate` of them a second."""
    clock, began = SystemClock(), time.monotonic()
    for number in range(round(seconds * rate)):
        wait_here(partial(_past, began + number / rate), "the next tick", 5.0)
        move, now = job.next(), clock.now()
        told = quote(f"I{move.instrument}", move.value, now, fresh_ms=FRESH_MS)
        client.xadd(KEYS.ticks, encode_tick([told]))  # type: ignore[arg-type]  # redis-py's dict is invariant


def held_against(client: Redis, subscriber: Subscriber, room: Room) -> list[str]:
    """Hold what a subscriber heard, and what is retained, against what was decided."""
    entries: list[Any] = list(client.xrange(KEYS.transitions) or ())
    decided = [decode_transition(fields[b"n"]) for _, fields in entries]
    told = {it.id for it in decided if it.told and not it.muted_by}
    heard = subscriber.ids
    stands = {f"{it.rule}/{it.key}": it.to_state.value for it in decided}
    shown = retained(room)
    sys.stdout.write(
        f"{len(decided)} transitions, {len(told)} to be told; heard {len(heard)}, "
        f"{len(set(heard))} different; {len(shown)} retained states\n"
    )
    faults = []
    if told != set(heard):
        faults.append(f"{len(told - set(heard))} lost, {len(set(heard) - told)} made up")
    if stands != shown:
        wrong = sorted(name for name in stands | shown if stands.get(name) != shown.get(name))
        faults.append(f"{len(wrong)} retained states are wrong, {wrong[0]} first")
    return faults


def retained(room: Room) -> dict[str, str]:
    """Return the retained state of each alert, by rule and key."""
    place = urlsplit(room.broker.url)
    topic = "hashhedge/v1/main/alert/+/+/state"
    listener = room.run(
        [
            *(program("mosquitto_sub"), "-h", str(place.hostname), "-p", str(place.port)),
            *("-t", topic, "-F", "%t %p", "--retained-only", "-W", "5"),
        ]
    )
    listener.code(30)
    found = {}
    for line in listener.out.splitlines():
        name, _, body = line.partition(" ")
        rule, key = name.split("/")[4:6]
        found[f"{rule}/{key}"] = json.loads(body)["state"]
    return found


def _past(moment: float) -> bool:
    return time.monotonic() >= moment


def _delivered(client: Redis) -> None:
    wait_here(lambda: client.xlen(KEYS.outbox) == 0, "all letters to be delivered", SETTLED_S)


def _resident(service: Child) -> int:
    return int(psutil.Process(service.process.pid).memory_info().rss)


if __name__ == "__main__":
    main()
