"""Dead letters: seen with their reason, requeued, given up (row D07)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.codec import FIELD, encode_transition
from alerts.letters import FIELD as LETTER
from monitor.domain.commands import Reply
from monitor.store.client import RedisClient, connected
from monitor.store.commands import CommandDesk
from monitor.store.dead_letters import Became, DeadLetters, Wish
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxStream
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import computing
from tests.transitions import transition

pytestmark = pytest.mark.integration

KEYS = Keys()


async def test_a_malformed_record_is_listed_with_its_error(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """It stops nothing, can be tried again, and comes back while its cause stands."""
    book = tmp_path / "rules.yaml"
    book.write_text("rules: [{id: low, type: threshold, on: BTC-USD, below: 1}]\n")
    async with computing(own_redis.url, rules=book) as service, connected(own_redis.url) as client:
        entry: Any = await client.xadd(KEYS.ticks, {"v": "1", "q": "junk"})
        await service.settled()
        (row,) = (await service.ask("dlq", "list", "-o", "json")).json
        assert (row["entry"], row["of"]) == (entry.decode(), "an entry of the ticks")
        assert "malformed" in row["reason"]
        assert "malformed" in (await service.ask("dlq", "list")).out
        planned = (await service.ask("dlq", "requeue", row["id"], "--dry-run", "-o", "json")).json
        assert planned == [{"id": row["id"], "became": "would be requeued"}]
        assert (await service.ask("dlq", "requeue", "--all")).out == f"{row['id']} requeued\n"
        await service.settled()
        (again,) = (await service.ask("dlq", "list", "-o", "json")).json
        assert again["id"] != row["id"]
        assert (await service.ask("dlq", "remove", again["id"])).code == 0
        assert (await service.ask("dlq", "list")).out == "nothing is put aside\n"


async def test_a_letter_goes_back_to_the_outbox_as_it_was(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """The same bytes, so the same id; a name that is not there and two wishes at once are refused."""
    body = encode_transition(transition())
    async with connected(own_redis.url) as client:
        stream = OutboxStream(client, KEYS.outbox, consumer="c", dead_key=KEYS.dead_letters)
        await stream.ensure_group()
        await client.xadd(KEYS.outbox, {FIELD: body})
        (letter,) = await stream.read(1, 10)
        await stream.dead_letter(letter, "too_large")
        words = ("--redis-url", own_redis.url)
        (row,) = hashhedge("dlq", "list", *words, "-o", "json", cwd=tmp_path).json
        assert row["reason"] == "too_large"
        assert row["of"].startswith(f"{transition().rule}|")
        wrong = hashhedge("dlq", "requeue", "outbox:1-1", *words, cwd=tmp_path)
        assert (wrong.code, "no dead letter" in wrong.err) == (2, True)
        assert hashhedge("dlq", "requeue", *words, cwd=tmp_path).code == 2
        asked = ("dlq", "requeue", row["id"], *words, "--author", "anna")
        assert hashhedge(*asked, cwd=tmp_path).code == 0
        (back,) = await stream.read(1, 10)
        assert back.fields == {FIELD.encode(): body}
        assert await stream.dead_letters() == 0


async def put_aside(client: RedisClient, count: int) -> None:
    """Put letters aside as the relay does."""
    stream = OutboxStream(client, KEYS.outbox, consumer="c", dead_key=KEYS.dead_letters)
    await stream.ensure_group()
    for _ in range(count):
        await client.xadd(KEYS.outbox, {FIELD: encode_transition(transition())})
    for letter in await stream.read(1, count):
        await stream.dead_letter(letter, "too_large")


async def test_who_requeued_or_removed_what_is_in_the_trail(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """With author, outcome and the letters; a dry run is no change and stands nowhere."""
    words = ("--redis-url", own_redis.url, "--author", "anna")
    async with connected(own_redis.url) as client:
        await put_aside(client, 3)
    rows = hashhedge("dlq", "list", *words[:2], "-o", "json", cwd=tmp_path).json
    first, *rest = (row["id"] for row in rows)
    for asked in (("requeue", first, "--dry-run"), ("requeue", first), ("remove", "--all")):
        assert hashhedge("dlq", *asked, *words, cwd=tmp_path).code == 0
    trail = hashhedge("command", "list", *words[:2], "-o", "json", cwd=tmp_path).json
    said = [(it["user"], it["verb"], it["outcome"], it["text"], it["about"]) for it in trail]
    assert said == [
        ("anna", "dlq.requeue", "done", f"requeued 1 of 1 dead letters: {first}", [first]),
        ("anna", "dlq.remove", "done", "removed 2 of 2 dead letters", rest),
    ]
    assert "dlq.requeue" in hashhedge("command", "list", *words[:2], cwd=tmp_path).out


async def test_two_people_who_want_the_same_letter(own_redis: TestRedis) -> None:
    """The second finds it gone, and the trail says so of each; a hundred letters are one line."""
    async with connected(own_redis.url) as client:
        await put_aside(client, 101)
        store, desk = DeadLetters(client, KEYS, FIELD, LETTER), CommandDesk(client, KEYS)
        letters = await store.newest(1_000)
        assert await store.settle(Wish.AGAIN, letters, "anna") == [Became.OK] * 101
        assert await store.settle(Wish.DROP, letters[:1], "bert") == [Became.GONE]
        trail = [it for it in await desk.trail(10) if isinstance(it, Reply)]
    assert [(it.by, it.accepted, it.matched, len(it.matches)) for it in trail] == [
        ("anna", True, 100, 100),
        ("anna", True, 1, 1),
        ("bert", False, 0, 0),
    ]
    assert trail[-1].text == f"removed 0 of 1 dead letters: {letters[0].id}"


async def test_an_entry_that_the_ticks_have_forgotten_is_kept_and_said(
    own_redis: TestRedis,
) -> None:
    """It cannot be requeued, is not lost from the list, and the trail has the refusal."""
    async with connected(own_redis.url) as client:
        await client.xadd(KEYS.rejected, {"id": "1-1", "reason": "malformed"})
        store = DeadLetters(client, KEYS, FIELD, LETTER)
        letters = await store.newest(10)
        assert await store.settle(Wish.AGAIN, letters, "anna") == [Became.TRIMMED]
        assert await store.newest(10) == letters
        (entry,) = await CommandDesk(client, KEYS).trail(10)
    assert isinstance(entry, Reply)
    assert not entry.accepted
