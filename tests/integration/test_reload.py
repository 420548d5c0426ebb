"""Books read anew while prices come in: atomic, off the road of the ticks, nothing else touched."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from alerts.model import AlertState
from monitor.app.service import COMPUTE, Job, Service, opened
from monitor.core.clock import SystemClock
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.keys import Keys
from monitor.store.ticks import append_raw
from tests.command import Said, hashhedge
from tests.servers import TestRedis
from tests.waiting import wait_until
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

HOUR = 3_600_000
KEYS = Keys()
SECRET = "correct-horse-battery"  # noqa: S105  # made up
UNTOUCHED = """\
rules:
  - {id: wait, type: threshold, on: X, above: 10, for: 1h}
  - {id: held, type: threshold, on: X, above: 10}
  - {id: hushed, type: threshold, on: X, above: 10}
  - {id: cool, type: threshold, on: Z, above: 10, recover: 5, notify: {cooldown: 1h}}
"""
GONE = "  - {id: gone, type: threshold, on: X, above: 10}\n"
ADDED = "  - {id: added, type: threshold, on: Y, above: 3}\n"
BROKEN = UNTOUCHED.replace("above: 10, for", "abov: 10, for")
NO_HEADERS: Mapping[str, str] = {}
SUCCESS = "hashhedge_config_last_reload_successful"


@dataclass
class Room:
    """A service that computes, its files, and prices that never stop coming."""

    service: Service
    client: Redis
    session: aiohttp.ClientSession
    book: Path
    url: str
    pages: list[int] = field(default_factory=list)
    sent: int = 0

    async def price(self, name: str, value: float) -> None:
        """Tell a price, and come back when it is computed."""
        at = SystemClock().now()
        await append_raw(self.client, KEYS, [quote(name, value, at, fresh_ms=HOUR)], at)
        newest: Any = await self.client.xrevrange(KEYS.ticks, count=1)
        entry = newest[0][0].decode()
        await wait_until(lambda: self._after(entry), "the price to be committed")

    def _after(self, entry: str) -> bool:
        def number(name: str) -> tuple[int, ...]:
            return tuple(map(int, (name or "0-0").split("-")))

        return number(self.service.worker.cursor.id) >= number(entry)

    async def load(self) -> None:
        """Send prices of a further instrument, and read the pages, until cancelled."""
        while True:
            self.sent += 1
            at = SystemClock().now()
            await append_raw(self.client, KEYS, [quote("L", self.sent % 7, at, fresh_ms=HOUR)], at)
            async with self.session.get("/metrics") as answer:
                self.pages.append(answer.status)
                await answer.read()

    async def measured(self, sample: str) -> float | None:
        """Return one sample of /metrics."""
        async with self.session.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        found = [line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == sample]
        return float(found[0]) if found else None

    async def becomes(self, sample: str, value: float) -> None:
        """Wait until a sample is `value`."""
        async with asyncio.timeout(20):
            while await self.measured(sample) != value:
                pass

    async def cells(self, *names: str) -> dict[str, bytes]:
        """Return what is remembered of some rules, silences, acknowledgements and all."""
        everything: dict[Any, Any] = await self.client.hgetall(KEYS.state)
        return {
            cell.decode(): body
            for cell, body in everything.items()
            if any(f"{name}|" in cell.decode() or f'"{name}"'.encode() in body for name in names)
        }

    async def post(
        self, body: bytes = b"", *, headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[int, dict[str, Any]]:
        """Ask the page for a reading."""
        async with self.session.post("/-/reload", data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def ask(self, *words: str | Path) -> Said:
        """Run a command against this service."""
        return await asyncio.to_thread(hashhedge, *words, "--redis-url", self.url)

    async def asked(self, *words: str | Path) -> Any:
        """Return what a command answers."""
        said = await self.ask(*words, "-o", "json")
        assert said.code == 0, said.err
        return said.json


@asynccontextmanager
async def serving(redis: TestRedis, folder: Path, book: Path, **more: Any) -> AsyncIterator[Room]:
    """Compute with a rulebook for the block."""
    options: dict[str, Any] = {"cold_start": "notify", **more}
    settings = Settings(redis_url=redis.url, web_port=0, state_dir=folder, rules=book, **options)
    async with (
        opened(Job(settings=settings, roles=frozenset({COMPUTE}))) as service,
        connected(redis.url) as client,
        aiohttp.ClientSession(service.url) as session,
    ):
        running = asyncio.create_task(service.run())
        try:
            await wait_until(lambda: service.worker.step is not None, "the worker to begin", 30)
            yield Room(service, client, session, book, redis.url)
        finally:
            service.stopping.set()
            await running


@pytest.fixture
async def room(
    own_redis: TestRedis, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Room]:
    """Give a service of five rules, with alerts that stand in every way; it looks at its files."""
    book = tmp_path / "rules.yaml"
    book.write_text(UNTOUCHED + GONE, encoding="utf-8")
    looks = getattr(request, "param", True)
    async with serving(own_redis, tmp_path, book, watch_books=looks) as found:
        await found.price("Z", 11)
        await found.price("Z", 1)
        await found.price("X", 11)
        why = ("--reason", "works on it", "--by", "anna")
        await found.asked("alert", "ack", "held", "X", "--by", "anna")
        await found.asked("silence", "add", "rule=hushed", "--for", "2h", *why)
        yield found


async def test_a_broken_file_under_load_and_its_mend(room: Room) -> None:
    """The pages answer, old rules run, the metric says so; mended, untouched rules go on (E34).

    Timers of `for`, the acknowledgement, the silence and the cooldown are the same, to the byte.
    """
    before = await room.cells("wait", "held", "hushed", "cool")
    assert {"wait", "held", "hushed", "cool"} <= {
        word for cell in before for word in ("wait", "held", "hushed", "cool") if word in cell
    }
    load = asyncio.create_task(room.load())
    room.book.write_text(BROKEN, encoding="utf-8")
    await room.becomes(SUCCESS, 0)
    await room.price("Z", 12)
    assert (await room.asked("alert", "history", "cool"))[-1]["muted_by"] == "cooldown"
    await room.price("Z", 1)
    before = await room.cells("wait", "held", "hushed", "cool")
    room.book.write_text(UNTOUCHED + ADDED, encoding="utf-8")
    await room.becomes(SUCCESS, 1)
    await room.price("Y", 4)
    await wait_until(lambda: load.done() or room.sent > 20, "some load")
    assert not load.done()
    load.cancel()
    with suppress(asyncio.CancelledError):
        await load
    assert set(room.pages) == {200}
    assert await room.cells("wait", "held", "hushed", "cool") == before
    rows = {row["rule"]: row for row in await room.asked("alert", "list", "--rules", room.book)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "wait": "pending",
        "held": "acked",
        "hushed": "firing",
        "cool": "inactive",
        "added": "firing",
    }
    gone = await room.asked("alert", "history", "gone")
    assert [(it["event"], it["reason"]) for it in gone][-1] == ("resolved", "rule_removed")


@pytest.mark.parametrize("room", [False], indirect=True)
async def test_a_command_prints_the_plan_and_then_does_it(room: Room) -> None:
    """A dry run changes nothing; the answer names rules and the alerts that end (J07)."""
    load = asyncio.create_task(room.load())
    room.book.write_text(UNTOUCHED.replace("on: Z, above: 10", "on: Z, above: 9") + ADDED, "utf-8")
    before = await room.cells("gone")
    plan = await room.asked("rules", "reload", "--dry-run")
    assert (plan["accepted"], plan["dry_run"], plan["matches"]) == (True, True, ["gone|X"])
    names = {word: plan["plan"][word]["names"] for word in ("added", "removed", "changed", "ends")}
    assert names == {
        "added": ["added"],
        "removed": ["gone"],
        "changed": ["cool"],
        "ends": ["gone|X"],
    }
    assert await room.cells("gone") == before
    said = await room.ask("rules", "reload", "--by", "anna")
    assert said.code == 0, said.err
    assert "read 5 rules" in said.out
    assert "ends     gone X" in said.out
    await room.price("X", 12)
    assert (await room.asked("alert", "history", "gone"))[-1]["reason"] == "rule_removed"
    room.book.write_text(BROKEN, encoding="utf-8")
    refused = await room.ask("rules", "reload", "--dry-run")
    assert (refused.code, "did you mean `above`" in refused.err) == (2, True)
    assert await room.measured(SUCCESS) == 1
    refused = await room.ask("rules", "reload")
    assert refused.code == 2
    assert f"{room.book}:2" in refused.err
    assert await room.measured(SUCCESS) == 0
    load.cancel()
    with suppress(asyncio.CancelledError):
        await load


@pytest.mark.parametrize("room", [False], indirect=True)
async def test_the_page_reads_the_books(room: Room) -> None:
    """This machine may ask without a signature, a browser in it may not; wrong books are a 422."""
    room.book.write_text(UNTOUCHED, encoding="utf-8")
    status, said = await room.post(b'{"dry_run": true}')
    assert (status, said["dry_run"], said["plan"]["removed"]["names"]) == (200, True, ["gone"])
    assert (await room.post())[1]["plan"]["ends"]["names"] == ["gone|X"]
    assert (await room.post())[1]["plan"]["removed"]["total"] == 0
    assert (await room.post(b"{"))[0] == 400
    assert (await room.post(b" " * 2_000))[0] == 413
    assert (await room.post(headers={"Origin": "http://example.com"}))[0] == 403
    room.book.write_text(BROKEN, encoding="utf-8")
    status, said = await room.post()
    assert (status, "did you mean `above`" in said["message"]) == (422, True)


async def test_a_page_with_a_secret_wants_a_signature(own_redis: TestRedis, tmp_path: Path) -> None:
    """Where senders sign, whoever has the books read anew signs too."""
    book = tmp_path / "rules.yaml"
    book.write_text(UNTOUCHED, encoding="utf-8")
    async with serving(own_redis, tmp_path, book, ingest_secret=SECRET) as room:
        assert (await room.post())[0] == 401
        stamp = str(round(time.time()))
        signed = {TIMESTAMP: stamp, SIGNATURE: signature_of(SECRET, stamp, b"")}
        assert (await room.post(headers=signed))[0] == 200
        body = b'{"dry_run": true}'
        assert (await room.post(body, headers=signed))[0] == 401


async def test_a_config_map_that_is_turned_is_seen(own_redis: TestRedis, tmp_path: Path) -> None:
    """Kubernetes turns a link to another folder; the file's own path never changes."""
    mount = tmp_path / "mount"
    for name, text in (("one", UNTOUCHED), ("two", UNTOUCHED + ADDED)):
        (mount / name).mkdir(parents=True)
        (mount / name / "rules.yaml").write_text(text, encoding="utf-8")
        os.utime(mount / name / "rules.yaml", (1_000, 1_000))
    (mount / "..data").symlink_to("one")
    (mount / "rules.yaml").symlink_to("..data/rules.yaml")
    async with serving(own_redis, tmp_path, mount / "rules.yaml") as room:
        assert len(room.service.world.rulebook.rules) == 4
        (mount / "..next").symlink_to("two")
        (mount / "..next").rename(mount / "..data")
        await wait_until(lambda: len(room.service.world.rulebook.rules) == 5, "the new book", 20)


async def test_a_large_book_does_not_hold_the_ticks_up(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """While 20,000 rules are read and bound, prices go on being committed by the old ones."""
    book = tmp_path / "rules.json"
    rules = [
        {"id": f"r{n}", "type": "threshold", "on": f"I{n % 100}", "above": 10.0 + n}
        for n in range(20_000)
    ]
    book.write_text(json.dumps({"rules": rules[:10]}), encoding="utf-8")
    async with serving(own_redis, tmp_path, book, watch_books=False) as room:
        await room.price("I0", 5)
        book.write_text(json.dumps({"rules": rules}), encoding="utf-8")
        reading = asyncio.create_task(room.service.reloader.reload("test"))
        committed = 0
        while not reading.done():
            await room.price("I1", 5 + committed % 3)
            committed += not reading.done()
        assert (await reading).accepted
        assert committed > 3
        await room.price("I0", 1_000)
        await room.service.worker.settled()  # what ticks tell is committed before that
        step = room.service.worker.step
        assert step is not None
        assert len(step.watch) == 20_000


async def test_two_readings_close_together_lose_no_rule(room: Room) -> None:
    """A rule that the first changed and the second left alone is judged by what stands there."""
    await room.price("Z", 55)
    reloader = room.service.reloader
    for level in (60, 62):
        changed = f"  - {{id: close, type: threshold, on: Z, below: {level}}}\n"
        room.book.write_text(UNTOUCHED + changed, encoding="utf-8")
        _, again = await asyncio.gather(*(reloader.reload("test") for _ in range(2)))
        assert again.text.endswith(": no rule is different")
        await room.price("Y", level)

        def fires() -> bool:
            step = room.service.worker.step
            live = [] if step is None else step.watch.live()
            return ("close|Z", AlertState.FIRING) in ((it.name, it.record.state) for it in live)

        await wait_until(fires, "the changed rule to fire")


async def test_rules_of_users_outlive_a_reading_of_the_books(room: Room, tmp_path: Path) -> None:
    """A firing alert of a user's rule is the same, to the byte; a broken file touches none of it."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("{id: own, type: threshold, on: X, above: 10}", encoding="utf-8")
    before = await room.cells("wait", "held", "hushed", "cool")
    assert (await room.asked("rules", "set", "--user", "anna", mine))["made"] == "anna.own"

    def bound() -> bool:
        step = room.service.worker.step
        return step is not None and "anna.own" in step.users.bound and not step.unjudged

    await wait_until(bound, "the rule to be bound", 20)
    assert await room.cells("wait", "held", "hushed", "cool") == before
    await room.price("X", 11)
    own = await room.cells("anna.own")
    assert "a|anna.own|X" in own
    room.book.write_text(BROKEN, encoding="utf-8")
    await room.becomes(SUCCESS, 0)
    room.book.write_text(UNTOUCHED + ADDED, encoding="utf-8")
    await room.becomes(SUCCESS, 1)
    await room.price("Y", 4)
    assert await room.cells("anna.own") == own
    assert [it["event"] for it in await room.asked("alert", "history", "anna.own")] == ["firing"]
