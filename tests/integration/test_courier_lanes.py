"""Letters that pile up for one user, on a real Redis: others are served, and none is lost or out of turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.letters import FIELD, encode_letter, letter_of
from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient
from tests.people import book, user
from tests.posting import HASTY, Post, posted, until
from tests.transitions import transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

ANA = user("ana", channels=[{"kind": "ntfy"}])
BEN = user("ben", channels=[{"kind": "email"}])


def away(_: int) -> DeliveryError:
    """Fail as a channel that is down does."""
    return DeliveryError("503", retriable=True, reason="unreachable")


def subjects(prefix: str, count: int) -> list[str]:
    """Return the keys of so many alerts."""
    return [f"{prefix}{number}" for number in range(count)]


async def write(post: Post, name: str, keys: Sequence[str]) -> None:
    """Write a letter to a user for each key, at once."""
    pipeline = post.redis.pipeline(transaction=False)
    for key in keys:
        item = transition(key=key)
        fields: dict[Any, Any] = {FIELD: encode_letter(letter_of(item, name, item.at))}
        pipeline.xadd(post.keys.letters, fields)
    await pipeline.execute()


async def given(post: Post) -> int:
    """Return how many letters a courier was given that are not settled."""
    (group,) = await post.redis.xinfo_groups(post.keys.letters)
    return int(group["pending"])


async def test_what_piles_up_for_one_user_keeps_nobody_else_waiting(
    redis: RedisClient, tag: str
) -> None:
    """However many letters wait for a channel that is down, others' are read; hers come in turn after it."""
    hers, late = subjects("A", 1_100), subjects("L", 20)
    async with posted(redis, tag, book(ANA, BEN)) as post:
        post.phones["ntfy"].fault = away
        await write(post, "ana", hers)
        await write(post, "ben", ["B"])
        post.start()
        await until(post, 1, "email")
        assert post.ntfy == []
        post.phones["ntfy"].fault = lambda _: None
        await until(post, 1)
        await write(post, "ana", late)  # behind those that are known by their ids alone
        await post.done()
        assert [it.key for it in post.ntfy] == hers + late
        assert await given(post) == 0


async def test_a_restart_amid_what_piled_up_loses_nothing(redis: RedisClient, tag: str) -> None:
    """What was in hand, known by its id or not read at all comes after it, each once and in turn."""
    keys, few = subjects("A", 250), replace(HASTY, ahead=3)
    async with posted(redis, tag, book(ANA, BEN)) as post:
        phone = post.phones["ntfy"]
        phone.fault = lambda tried: away(tried) if tried > 30 else None
        await write(post, "ana", keys[:200])
        await write(post, "ben", ["B"])
        post.start(few)
        await until(post, 1, "email")
        await wait_until(lambda: phone.tried > 40, "the channel to be down")
        await post.done(but=170)
        await post.stop()
        assert len(post.ntfy) == 30
        assert await given(post) == 170
        await write(post, "ana", keys[200:])
        phone.fault = lambda _: None
        post.start(few)
        await post.done()
        assert [it.key for it in post.ntfy] == keys
        assert [it.key for it in post.email] == ["B"]


async def test_no_more_is_read_than_memory_can_bear(redis: RedisClient, tag: str) -> None:
    """Letters known by their ids have a bound too; what is beyond it stays in Redis and comes later."""
    keys = subjects("A", 40)
    async with posted(redis, tag, book(ANA)) as post:
        phone = post.phones["ntfy"]
        phone.fault = away
        await write(post, "ana", keys)
        post.start(replace(HASTY, ahead=3, max_held=12))
        await wait_until(lambda: phone.tried > 40, "the channel to be down")
        assert await given(post) == 12
        phone.fault = lambda _: None
        await post.done()
        assert [it.key for it in post.ntfy] == keys


async def test_a_letter_that_is_gone_from_the_stream_holds_up_nothing(
    redis: RedisClient, tag: str
) -> None:
    """Who removes letters by hand while they wait gets no fault for it, and the others their turn."""
    keys = subjects("A", 12)
    async with posted(redis, tag, book(ANA)) as post:
        phone = post.phones["ntfy"]
        phone.fault = away
        await write(post, "ana", keys)
        post.start(replace(HASTY, ahead=3))
        await wait_until(lambda: phone.tried > 40, "the channel to be down")
        page: Any = await redis.xrange(post.keys.letters)
        await redis.xdel(post.keys.letters, *(entry_id for entry_id, _ in page[3:8]))
        phone.fault = lambda _: None
        await post.done()
        assert [it.key for it in post.ntfy] == keys[:3] + keys[8:]
