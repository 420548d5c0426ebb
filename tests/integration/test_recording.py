"""`hashhedge record`: an hour of inputs in a file whose hash stays the same (row K01)."""

from __future__ import annotations

import asyncio
import csv
import hashlib
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.core.clock import HOUR, SECOND
from monitor.domain.events import Quote
from monitor.store.codec import encode_tick
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.worlds import NOON, quote

pytestmark = pytest.mark.integration

EVERY = 5 * SECOND


def hour() -> list[tuple[int, tuple[Quote, ...]]]:
    """Return an hour of three venues and a share, each with its own time a little before ours."""
    moments = []
    for place in range(HOUR // EVERY):
        at = NOON + place * EVERY
        venues = [
            quote("BTC-USD", f"{100_000 + place % 97}.{n}0", at - 300 * n, source=source, volume=3)
            for n, source in enumerate(("coinbase", "kraken", "bitstamp"), 1)
        ]
        moments.append((at, (*venues, quote("RIOT", f"{10 + place % 7}.5", at, note="x, y"))))
    return moments


async def feed(client: Redis, hours: list[tuple[int, tuple[Quote, ...]]]) -> None:
    """Put the inputs into the stream, as the feeds do."""
    await client.delete(Keys().ticks)
    async with client.pipeline() as pipe:
        for at, quotes in hours:
            pipe.xadd(Keys().ticks, encode_tick(quotes, at))  # type: ignore[arg-type]  # redis-py's dict is invariant
        await pipe.execute()


async def test_an_hour_is_recorded_with_a_hash_that_stays(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Recorded twice: the same bytes. Fed again, where it gets other ids: the same inputs."""
    client, inputs = Redis.from_url(own_redis.url), hour()
    found = []
    for name in ("one", "two", "again"):
        if name != "two":
            await feed(client, inputs)
        said = await asyncio.to_thread(
            hashhedge,
            *("record", tmp_path / name, "--redis-url", own_redis.url, "--duration", "3s"),
            *("-o", "json"),
        )
        assert said.code == 0, said.err
        assert said.json["ticks"] == len(inputs)
        found += said.json["files"]
    await client.aclose()
    one, two, again = found
    body = (tmp_path / "one" / one["name"]).read_bytes()
    assert one["sha256"] == two["sha256"] == hashlib.sha256(body).hexdigest()
    assert one["inputs_sha256"] == two["inputs_sha256"] == again["inputs_sha256"]
    assert one["sha256"] != again["sha256"]
    assert one["quotes"] == 4 * len(inputs)
    rows = list(csv.DictReader(body.decode().splitlines()))
    assert [(int(row["observed_at_ms"]), row["value"], row["note"]) for row in rows] == [
        (item.observed_at, str(item.value), item.note) for _, quotes in inputs for item in quotes
    ]
    assert one["size_bytes"] / one["quotes"] < 120
