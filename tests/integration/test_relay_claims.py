"""What is settled while Redis is asked for what was left: it is over, and is not told again."""

from __future__ import annotations

import asyncio

import pytest

from alerts.outbox import Letter, Outbox
from monitor.core.clock import Millis
from monitor.store.client import RedisClient
from monitor.store.outbox_stream import OutboxStream
from tests.relaying import Desk, Post, PromptDesk, ids
from tests.transitions import resolved, transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


class LateOutbox(Outbox):
    """Whose answer to a claim is read late: a busy process reads the one to a settle before it."""

    def __init__(self, stream: OutboxStream) -> None:
        super().__init__(stream)
        self.answered, self.go = asyncio.Event(), asyncio.Event()
        self.read_at_last = asyncio.Event()

    async def claim(self, min_idle_ms: Millis) -> list[Letter]:
        """Hold the first answer that has letters in it."""
        left = await super().claim(min_idle_ms)
        if left and not self.answered.is_set():
            self.answered.set()
            await self.go.wait()
            self.read_at_last.set()
        return left


class LatePost(Post):
    """An outbox of that kind."""

    def __init__(self, redis: RedisClient, tag: str) -> None:
        super().__init__(redis, tag)
        stream = OutboxStream(redis, self.key, consumer="a", dead_key=self.dead_key)
        self.box = LateOutbox(stream)

    def outbox(self, consumer: str = "a") -> Outbox:
        """Return the one there is."""
        del consumer
        return self.box


@pytest.mark.parametrize("kind", [Desk, PromptDesk])
async def test_what_is_settled_while_it_is_claimed_is_not_told_again(
    redis: RedisClient, tag: str, kind: type[Desk]
) -> None:
    """It would come behind its own end, and leave the retained state of the alert firing."""
    post, desk = LatePost(redis, tag), kind()
    fired = transition()
    rows = [fired, resolved(fired)]
    desk.gate.clear()
    await post.append(*rows)
    async with post.relay({"desk": desk}, touch_every_s=0.01, claim_idle_ms=0):
        await wait_until(post.box.answered.is_set, "the letters to be claimed")
        desk.gate.set()
        await post.until_empty()
        post.box.go.set()
        await wait_until(post.box.read_at_last.is_set, "the answer to be read")
        other = transition(key="OTHER")
        await post.append(other)
        await post.until_empty()
    assert ids(desk.got) == ids([*rows, other])
