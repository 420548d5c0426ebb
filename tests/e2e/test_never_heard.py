"""Feeds that never answer in a running service: one notice each, an end, and what is shown of them."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.embedded.process import free_port
from tests.command import hashhedge
from tests.e2e.living import answers, feeds_book, simulator
from tests.e2e.playing import START_S, Room, Subscriber
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

RULES = """\
feed_dead_after: 1m
rules:
{rules}
"""
RULE = "  - {{id: r{n}, type: threshold, on: network.height, above: {n}, severity: warning}}"


def mood(port: int, feed: str, scenario: str) -> None:
    """Break a simulated provider, or make it well."""
    url = f"http://127.0.0.1:{port}/control/scenario/{feed}"
    request = urllib.request.Request(url, scenario.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # the simulator, on the loopback
        assert answer.status == 200


def told(subscriber: Subscriber, key: str) -> list[str]:
    """Return why each notice on a feed was sent."""
    events = [it for it in subscriber.events if it["rule"] == "feed-dead"]
    return [it["notice"] for it in events if it["key"] == key]


def states(room: Room) -> Callable[[], dict[str, Any]]:
    """Return what tells each feed's state as the command shows it."""

    def asked() -> dict[str, Any]:
        said = hashhedge("feeds", "status", "--redis-url", room.redis.url, "-o", "json")
        return {row["feed"]: row["state"] for row in said.json}

    return asked


def test_a_feed_that_never_answers_is_told_once_and_when_it_is_heard(
    room: Room, tmp_path: Path
) -> None:
    """Thirty rules on the one, none on the other: after the budget from the start (row E12)."""
    port = free_port()
    providers = simulator(room, port)
    wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
    mood(port, "mempool", "5xx")
    mood(port, "kraken", "401")
    book = feeds_book(tmp_path, port, {"coinbase": 0.5, "kraken": 0.5, "mempool": 0.5})
    text = book.read_text()
    for name in ("mempool", "kraken"):
        text = text.replace(f"/{name}\n", f"/{name}\n    fresh_s: 4\n")
    book.write_text(text)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.format(rules="\n".join(RULE.format(n=n) for n in range(30))))
    subscriber = Subscriber(room, instance="main")
    servers = ("--redis-url", room.redis.url, "--mqtt-url", room.broker.url)
    room.start("run", *servers, "--feeds", str(book), "--rules", str(rules), "--web-port", "0")
    asked = states(room)
    wait_here(lambda: asked().get("kraken") == "refused", "the bad key to be seen", START_S)
    wait_here(lambda: told(subscriber, "mempool"), "the notice", START_S)
    wait_here(lambda: told(subscriber, "kraken"), "the other notice", START_S)
    first = next(it for it in subscriber.events if it["key"] == "mempool")
    assert "30 alerts rest on what only it tells" in first["summary"]
    assert asked()["mempool"] == "dead"
    mood(port, "mempool", "normal")
    wait_here(lambda: len(told(subscriber, "mempool")) > 1, "its end", 2 * START_S)
    subscriber.caught_up()
    assert told(subscriber, "mempool") == ["new", "resolved"]
    assert told(subscriber, "kraken") == ["new"]
