"""Broker and Redis go away in the middle of a replay: nothing is lost, nothing is made up.

By default the broker is stopped for 6 s, Redis stopped for 3 s and then frozen for 3 s. The full
lengths, 60 s and twice 30 s, run with HASHHEDGE_LONG_PROOFS=1.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.playing import KEYS, START_S, Child, Room, Subscriber, long_proofs
from tests.e2e.two_days import Calm, told
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(600)]

BROKER_S, REDIS_S = (60.0, 30.0) if long_proofs() else (6.0, 3.0)
SPEED = "1800" if long_proofs() else "5000"
"""So slow that the history outlasts the outages."""

STORE_ERRORS = 'hashhedge_store_errors_total{role="compute"}'


def reasons(child: Child) -> dict[str, str]:
    """Return why the process is not ready, by check."""
    page = child.page("/readyz")
    return {r["check"]: r["reason"] for r in json.loads(page)["reasons"]} if page else {}


def ready(child: Child) -> bool:
    """Tell whether the process says that it is ready."""
    page = child.page("/readyz")
    return bool(page) and json.loads(page)["status"] == "ok"


@contextmanager
def outage(child: Child, seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """Keep something away for `seconds` at least, bring it back, and see the process recover."""
    assert not child.ended, child.err
    until = time.monotonic() + seconds
    yield
    wait_here(lambda: time.monotonic() >= until, "the outage to last", seconds + 1)
    assert not child.ended, child.err
    end()
    wait_here(lambda: ready(child), "the process to be ready again", START_S)


def test_nothing_is_lost_while_broker_and_redis_are_away(
    room: Room, calm: Calm, transitions: Path
) -> None:
    """Readiness names what is away, metrics show it, and the result is that of a calm replay."""
    subscriber = Subscriber(room)
    child = calm.replay(room, transitions, SPEED)
    with room.client() as client:
        wait_here(lambda: told(client) > 2, "the first alerts", START_S)
    wait_here(lambda: ready(child), "the process to be ready", START_S)

    room.broker.stop()
    with outage(child, BROKER_S, room.broker.start):
        wait_here(
            lambda: "no connection" in reasons(child).get("broker", ""), "the reason", START_S
        )
        assert child.measured("hashhedge_mqtt_connected") == 0
        wait_here(
            lambda: child.measured("hashhedge_outbox_depth_entries"), "a waiting alert", START_S
        )
    assert child.measured("hashhedge_mqtt_connected") == 1

    failures = child.measured(STORE_ERRORS) or 0
    room.redis.stop()
    with outage(child, REDIS_S, room.redis.start):
        wait_here(lambda: "Connect" in reasons(child).get("redis", ""), "the reason", START_S)
        wait_here(lambda: (child.measured(STORE_ERRORS) or 0) > failures, "the count", START_S)

    room.redis.process.send(signal.SIGSTOP)
    with outage(child, REDIS_S, lambda: room.redis.process.send(signal.SIGCONT)):
        wait_here(lambda: "no answer" in reasons(child).get("redis", ""), "the reason", START_S)

    assert child.finished()["finished"]
    subscriber.caught_up()
    assert transitions.read_bytes() == calm.file
    assert set(subscriber.ids) == calm.news
    with room.client() as client:
        assert client.xlen(KEYS.outbox) == 0
        assert client.xlen(KEYS.dead_letters) == 0


def test_redis_may_go_away_while_the_last_alerts_wait_for_the_broker(
    room: Room, calm: Calm, transitions: Path
) -> None:
    """All is played and nothing delivered when Redis goes too: the replay waits for both."""
    subscriber = Subscriber(room)
    room.broker.stop()
    child = calm.replay(room, transitions, "max")
    with room.client() as client:
        wait_here(lambda: told(client) == calm.totals["told"], "the end of the history", START_S)
        assert client.xlen(KEYS.outbox) == calm.totals["told"]
    # one after the other: without Redis there is no lease soon, and who relays looks at no broker
    wait_here(lambda: "broker" in reasons(child), "the broker to be missed", START_S)
    room.redis.stop()
    wait_here(lambda: "redis" in reasons(child), "Redis to be missed", START_S)
    room.redis.start()
    room.broker.start()
    assert child.finished()["finished"]
    subscriber.caught_up()
    assert transitions.read_bytes() == calm.file
    assert set(subscriber.ids) == calm.news
