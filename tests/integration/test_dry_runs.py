"""`--dry-run` of what is kept in Redis by command alone: it says what would be, and changes nothing (J07)."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.store.client import connect
from tests.command import Said, hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

USERS = "users:\n  - {name: anna}\n  - {name: bob}\n"


async def everything(redis: TestRedis) -> dict[bytes, bytes | None]:
    """Return all there is, to the byte."""
    client = connect(redis.url)
    kept = {key: await client.dump(key) async for key in client.scan_iter()}
    await client.aclose()
    return kept


async def test_lists_and_follows_are_planned_and_not_changed(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Each command's answer is what the list, or what a user follows, would be."""
    people, shared = tmp_path / "users.yaml", tmp_path / "shared.yaml"
    people.write_text(USERS, encoding="utf-8")
    shared.write_text("watchlists: {ana: [MARA], new: [HUT]}\n", encoding="utf-8")
    users = ("--users", people)

    def said(*words: str | Path) -> Said:
        found = hashhedge(*words, "-o", "json", "--redis-url", own_redis.url)
        assert found.code == 0, found.err
        return found

    said("watchlist", "add", "ana", "RIOT", "BTC-USD")
    said("users", "follow", "anna", "company=RIOT", *users)
    before = await everything(own_redis)
    added = said("watchlist", "add", "ana", "HIVE", "RIOT", "--dry-run").json
    assert (added["added"], added["symbols"]) == (1, ["BTC-USD", "HIVE", "RIOT"])
    made = said("watchlist", "add", "other", "HIVE", "--dry-run").json
    assert (made["symbols"], made["dry_run"]) == (["HIVE"], True)
    taken = said("watchlist", "remove", "ana", "riot", "--dry-run").json
    assert (taken["taken"], taken["symbols"], taken["removed"]) == (1, ["BTC-USD"], False)
    assert said("watchlist", "remove", "ana", "--dry-run").json["removed"]
    rows = said("watchlist", "import", shared, "--dry-run").json
    assert [(it["watchlist"], it["before"], it["symbols"]) for it in rows] == [
        ("ana", ["BTC-USD", "RIOT"], ["MARA"]),
        ("new", [], ["HUT"]),
    ]
    follows = said("users", "follow", "anna", "company=HIVE", *users, "--dry-run").json
    assert follows["followed"] == ["company:HIVE", "company:RIOT"]
    unfollows = said("users", "unfollow", "anna", "company=RIOT", *users, "--dry-run").json
    assert (unfollows["followed"], unfollows["unfollowed"]) == ([], ["company:RIOT"])
    forgets = said("users", "forget", "anna", "company=RIOT", *users, "--dry-run").json
    assert (forgets["followed"], forgets["unfollowed"]) == ([], [])
    assert await everything(own_redis) == before
