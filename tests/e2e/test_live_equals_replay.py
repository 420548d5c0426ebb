"""What a live run decided, a replay of its recording decides again (row K03).

The live run polls the provider simulator; the price is pushed down and up again while
`hashhedge record` writes along.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from alerts.codec import decode_transition
from monitor.app.replaying import line
from monitor.embedded.process import free_port
from monitor.store.keys import Keys
from tests.e2e.living import answers, feeds_book, push, simulator
from tests.e2e.playing import PROJECT, START_S, Child, Room, lines_of
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

LIVE = Keys()
RULES = PROJECT / "tests" / "fixtures" / "rules-live.yaml"
COMPARED = ("id", "rule", "labels", "from", "to", "reason", "value", "bound")


def decided(client: Redis) -> list[dict[str, Any]]:
    """Return the live run's transitions as lines of a transitions file."""
    entries: Any = client.xrange(LIVE.transitions)
    return [line(decode_transition(fields[b"n"])) for _, fields in entries]


def standing(client: Redis) -> dict[tuple[str, str], str]:
    """Return where each alert of the live run stands."""
    return {(item["rule"], str(item["labels"])): item["to"] for item in decided(client)}


def test_a_replay_of_the_recording_decides_the_same(
    room: Room, tmp_path: Path, transitions: Path
) -> None:
    """Rule, labels, states, reason, value and bound of every transition are equal, in order."""
    port = free_port()
    providers = simulator(room, port)
    wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
    servers = ("--redis-url", room.redis.url, "--mqtt-url", room.broker.url)
    book = feeds_book(tmp_path, port)
    run = room.start(
        *("run", *servers, "--rules", str(RULES), "--feeds", str(book), "--web-port", "0")
    )
    recording = tmp_path / "recording"
    record = room.start("record", str(recording), "--redis-url", room.redis.url)
    with room.client() as client:
        live_through_a_fall(client, port, run)
        run.send(signal.SIGTERM)
        assert run.code(30) == 0, run.err
        last = client.xrevrange(LIVE.ticks, count=1)[0][0].decode()
        wait_here(
            lambda: any(f",{last}," in file.read_text() for file in recording.glob("*.csv")),
            "the last tick to be recorded",
            START_S,
        )
        live = decided(client)
    record.send(signal.SIGTERM)
    assert record.code(30) == 0, record.err
    room.replay(
        recording,
        *("--rules", str(RULES), "--facts", "as-known", "--transitions", str(transitions)),
    ).finished()
    again = lines_of(transitions)
    assert len(live) >= 6
    assert [[item[name] for name in COMPARED] for item in again] == [
        [item[name] for name in COMPARED] for item in live
    ]


def live_through_a_fall(client: Redis, port: int, run: Child) -> None:
    """Push the price down until all rules fire, and up until all have resolved."""
    wait_here(lambda: client.xlen(LIVE.ticks) > 10 or run.ended, "live ticks", START_S)
    assert not run.ended, run.err
    push(port, "70000")
    wait_here(
        lambda: fired(client) >= {"btc-under-90000", "hashprice-under-36", "margin-thin"},
        "every rule to fire",
        START_S,
    )
    push(port, "97000")
    wait_here(
        lambda: set(standing(client).values()) <= {"resolved", "inactive"},
        "every alert to resolve",
        START_S,
    )


def fired(client: Redis) -> set[str]:
    """Return the rules that have fired for some subject."""
    return {item["rule"] for item in decided(client) if item["to"] == "firing"}
