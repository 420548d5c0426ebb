"""A replay is killed with SIGKILL at random points, again and again, and goes on as if it had not.

Every life of the process ends when something that can be seen in Redis (moments fed, entries
committed, transitions committed, the lease just taken) reaches a seeded random mark, so the kills
fall before, between and after the commits, in the start and while the relay publishes. Some of the
lives find a Redis or a broker that was restarted after the kill, some lose it while they work. 8
kills by default; HASHHEDGE_LONG_PROOFS=1 makes it 200.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from redis import Redis

from tests.e2e.playing import KEYS, START_S, Child, Room, Subscriber, long_proofs
from tests.e2e.two_days import PROGRESS, Calm, lives
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(3_000)]

SEED = 20_230_311
SPEED = "20000"
"""Two days in about nine seconds: slow enough that kills fall everywhere."""

KILLS = 200 if long_proofs() else 8
DISTURBED = 4
"""Every so many kills a server is restarted too."""


def test_kill_9_at_random_points_changes_nothing(
    room: Room,
    calm: Calm,
    transitions: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The ids and the file equal those of an undisturbed replay; a reader has them all.

    A reader may get an event twice, then under the same id, and never one that is not in the file.
    """
    rng = random.Random(SEED)
    subscriber = Subscriber(room)
    marks = sorted(rng.uniform(0, 0.97) for _ in range(KILLS))
    done: Counter[str] = Counter()
    with room.client() as client:
        for number, mark in enumerate(marks):
            kind = rng.choice([*PROGRESS, "start"])
            before = lives(client)
            child = calm.replay(room, transitions, SPEED)
            wait_for_life(child, client, before)
            if kind != "start":
                wait_for_mark(child, client, kind, round(mark * calm.totals[kind]))
            if number % DISTURBED:
                child.kill()
            else:
                done[restarted(room, child, rng)] += 1
            done[kind] += 1
        last = calm.replay(room, transitions, SPEED).finished()
        assert last["finished"]
        assert client.xlen(KEYS.outbox) == 0
        assert client.xlen(KEYS.dead_letters) == 0
    subscriber.caught_up()
    assert transitions.read_bytes() == calm.file
    assert set(subscriber.ids) == calm.news
    with capsys.disabled():
        repeats = len(subscriber.ids) - len(calm.news)
        print(  # noqa: T201  # the figures of the proof
            f"\n{KILLS} kills ({dict(done)}), {len(calm.news)} alerts, {repeats} repeats by id"
        )


def restarted(room: Room, child: Child, rng: random.Random) -> str:
    """Kill the process before or while a server is restarted, and say which one was."""
    word, server = rng.choice([("broker restarted", room.broker), ("Redis restarted", room.redis)])
    if rng.random() < 1 / 2:
        child.kill()
    server.stop()
    server.start()
    child.close()
    return word


def wait_for_life(child: Child, client: Redis, before: int) -> None:
    """Come back when the process has taken the work over."""
    wait_here(lambda: lives(client) > before or child.ended, "a process to take the work", START_S)
    assert not child.ended, child.err


def wait_for_mark(child: Child, client: Redis, kind: str, mark: int) -> None:
    """Come back when the replay has come to `mark`."""
    measure = PROGRESS[kind]
    wait_here(lambda: measure(client) >= mark or child.ended, f"{mark} {kind}", START_S)
    assert not child.ended, child.err
