"""`hashhedge migrate` on a real Redis: the plan, the writing, and who may not be disturbed (row J07)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.core.clock import SystemClock
from monitor.store.client import connected
from monitor.store.commit import Committer
from monitor.store.keys import Keys
from tests.command import Said, hashhedge
from tests.servers import TestRedis
from tests.services import HOUR, computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = """\
notify: {cooldown: 10m}
rules:
  - {id: high, type: threshold, on: X, above: 10}
"""
CELL = "pace|high|X"


def migrate(redis: TestRedis, *words: str) -> Said:
    """Run the command."""
    return hashhedge("migrate", *words, "--redis-url", redis.url)


async def state(redis: TestRedis) -> dict[str, bytes]:
    """Return the cells in Redis."""
    async with connected(redis.url) as client:
        return await Committer(client, Keys()).load()


async def test_the_state_of_an_older_release_is_brought_into_todays_form(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """A dry run tells and changes nothing, beside a service too; writing wants it stopped."""
    assert "nothing to do" in migrate(own_redis).out
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    async with computing(own_redis.url, rules=book) as service:
        await service.say(quote("X", 1, SystemClock().now(), fresh_ms=HOUR))
        await service.say(quote("X", 11, SystemClock().now(), fresh_ms=HOUR))
        busy = migrate(own_redis)
        assert (busy.code, "compute is running" in busy.err) == (2, True)
        assert migrate(own_redis, "--dry-run", "-o", "json").json["older"] == 0
    async with connected(own_redis.url) as client:
        await client.delete(Keys().lease("compute"))
        record = json.loads(await client.hget(Keys().state, CELL) or b"")
        del record["fired_at"]
        await client.hset(Keys().state, CELL, json.dumps(record))
    before = await state(own_redis)
    plan = migrate(own_redis, "--dry-run")
    assert "1 cell would be written anew" in plan.out
    assert "dry run: nothing was changed" in plan.out
    assert await state(own_redis) == before
    done = migrate(own_redis, "-o", "json").json
    assert (done["written"], done["older"], done["unknown"]) == (1, 1, [])
    after = await state(own_redis)
    assert "fired_at" in json.loads(after[CELL])
    assert {name for name in after if after[name] != before[name]} == {CELL}
    assert migrate(own_redis, "-o", "json").json["older"] == 0
    async with computing(own_redis.url, rules=book) as service:  # and goes on from there
        await service.say(quote("X", 12, SystemClock().now(), fresh_ms=HOUR))
        rows = (await service.ask("alert", "list", "--rules", book, "-o", "json")).json
        assert [row["state"] for row in rows if row["rule"] == "high"] == ["firing"]
