"""A whole service, its commands and a demo on a real Redis: no key that the list does not name (row D12)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from monitor.store.client import connected
from monitor.store.keys import DEFAULT_TAG, DEMO_TAG, Keys
from monitor.store.keyspace import FAMILIES
from tests.command import hashhedge
from tests.commanding import KEYS, commanded
from tests.keyspace import pattern_of
from tests.servers import TestBroker, TestRedis
from tests.waiting import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

USERS = "users:\n  - {name: anna, cap_per_hour: 1}\n  - {name: bob}\n"
SEEN = {
    *("ticks", "state", "transitions", "outbox", "alerts", "alert_states", "published", "market"),
    *("rulebook", "instance", "token", "tags", "replies", "forbidden", "command", "rejected"),
    *("companies", "company", "watchlists", "watchlist", "follows", "letters", "receipts"),
    *("routed", "holding", "held", "replay", "discovery"),
}
"""What the run below must have made, or it shows nothing."""


async def lived(redis: TestRedis, broker: TestBroker, folder: Path) -> None:
    """Let a service with users take prices, commands, what it refuses, and a demo beside it."""
    people, mine = folder / "users.yaml", folder / "mine.yaml"
    people.write_text(USERS, encoding="utf-8")
    mine.write_text("{id: own, type: threshold, on: X, above: 7, recover: 5}\n", encoding="utf-8")
    asked: tuple[tuple[str | Path, ...], ...] = (
        ("rules", "set", "--user", "anna", mine),
        ("alert", "ack", "x-high", "X"),
        ("alert", "tag", "x-high", "X", "useful"),
        ("silence", "add", "key=X", "--for", "1h", "--reason", "works"),
        ("maintenance", "add", "broker", "--for", "1h", "--reason", "works"),
        ("watchlist", "add", "list", "RIOT"),
        ("users", "follow", "bob", "company=RIOT", "--users", people),
        ("alert", "drill", "--rule", "x-high"),
        ("demo", "--duration", "4s", "--mqtt-url", broker.url),
    )
    async with commanded(redis, broker, folder, users=people, homeassistant="device") as room:
        await room.price(11)
        await room.state("firing")
        for words in asked:
            said = await asyncio.to_thread(hashhedge, *words, "--redis-url", redis.url)
            assert said.code == 0, said.err
        order = json.dumps({"id": "q", "verb": "report", "wish": {}}).encode()
        await room.publish(order, verb="report", reply_to="")
        await room.redis.xadd(KEYS.ticks, {"v": "9"})
        await room.price(1)
        await room.price(12)
        await room.listener.wait_for("/company/RIOT/state", timeout=30)
        await wait_for(lambda: room.redis.exists(KEYS.discovery), "Home Assistant to be told")


async def test_no_key_is_outside_the_list(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """Each key has a line, with the kind that Redis says, and an expiry where the line has one."""
    await lived(own_redis, own_mosquitto, tmp_path)
    seen, tags = set(), set()
    async with connected(own_redis.url) as client:
        async for key in client.scan_iter():
            name, kind, ttl_ms = key.decode(), await client.type(key), await client.pttl(key)
            (family,) = (it for it in FAMILIES if pattern_of(it).fullmatch(name))
            assert (name, kind) == (name, family.kind.encode())
            assert (name, ttl_ms >= 0) == (name, family.ttl_ms is not None)
            assert ttl_ms <= (family.ttl_ms or 0)
            seen.add(family.name)
            tags.add(name.partition(":{")[0].partition("}")[0])
    assert tags == {f"{{{DEFAULT_TAG}", f"{{{DEMO_TAG}"}
    assert seen >= SEEN, sorted(SEEN - seen)


def test_the_list_is_printed_in_every_form(tmp_path: Path) -> None:
    """For people in 80 columns, for programs as data, the same keys in each; without a Redis."""
    table = hashhedge("schema", "redis", cwd=tmp_path)
    assert max(map(len, table.out.splitlines())) <= 80
    as_json = hashhedge("schema", "redis", "-o", "json", cwd=tmp_path).json
    assert as_json["prefix"] == Keys().prefix
    assert as_json["state_schema"] == "1"
    rows = as_json["keys"]
    assert len(rows) == len(FAMILIES)
    assert all(row["key"].removeprefix(Keys().prefix) in table.out for row in rows)
    assert yaml.safe_load(hashhedge("schema", "redis", "-o", "yaml", cwd=tmp_path).out) == as_json
    page = hashhedge("schema", "redis", "-o", "csv", cwd=tmp_path).out.splitlines()
    assert page[0] == "key,type,holds,kept,ttl_s,version"
    assert len(page) == 1 + len(rows)
    wrong = hashhedge("schema", "reddis", cwd=tmp_path)
    assert (wrong.code, "did you mean redis?" in wrong.err) == (2, True)
