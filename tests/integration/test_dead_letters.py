"""Dead letters: seen with their reason, requeued, given up (row D07)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.codec import FIELD, encode_transition
from monitor.store.client import connected
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
        assert hashhedge("dlq", "requeue", row["id"], *words, cwd=tmp_path).code == 0
        (back,) = await stream.read(1, 10)
        assert back.fields == {FIELD.encode(): body}
        assert await stream.dead_letters() == 0
