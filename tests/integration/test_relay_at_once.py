"""A sink that takes letters without anybody waiting: the same order, retries and settlement."""

from __future__ import annotations

import asyncio

import pytest

from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient
from tests.relaying import Desk, Diary, Post, PromptDesk, ids, retriable
from tests.transitions import resolved, transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def post(redis: RedisClient, tag: str) -> Post:
    """Give an empty outbox."""
    return Post(redis, tag)


async def test_a_whole_lane_goes_without_a_task(post: Post) -> None:
    """Fire, resolve and fire again, each after the acknowledgement before, written down once."""
    desk, diary = PromptDesk(), Diary()
    fired = transition()
    rows = [fired, resolved(fired), transition(number=3)]
    await post.append(*rows)
    async with post.relay({"desk": desk, "diary": diary}):
        await post.until_empty()
    assert ids(desk.got) == ids(diary.noted) == ids(rows)
    assert desk.offered == [(row.id, True) for row in rows]
    assert desk.most_at_once == 1
    assert post.counts.seen["delivered", "desk"] == 3


async def test_what_fails_is_tried_again_and_its_later_news_waits(post: Post) -> None:
    """A retry is made by a task, with its waits; each failed try is counted, the line not again."""
    desk, diary = PromptDesk(), Diary()
    desk.fault = lambda item, tries: retriable(item, tries) if tries < 4 else None
    fired = transition()
    await post.append(fired, resolved(fired))
    async with post.relay({"desk": desk, "diary": diary}):
        await post.until_empty()
    assert ids(desk.got) == ids(diary.noted) == [fired.id, resolved(fired).id]
    assert post.counts.seen["failed", "desk", "not_connected"] == 6
    assert post.counts.seen["delivered", "desk"] == 2


async def test_one_alerts_trouble_holds_up_no_other(post: Post) -> None:
    """Offered at once or tried again: alerts do not wait for each other."""
    desk, mended = PromptDesk(), asyncio.Event()
    stuck, free = transition(key="STUCK"), transition(key="FREE")
    desk.fault = lambda item, tries: (
        retriable(item, tries) if item.id == stuck.id and not mended.is_set() else None
    )
    await post.append(stuck, resolved(stuck), free, resolved(free))
    async with post.relay({"desk": desk}):
        await wait_until(lambda: len(desk.got) == 2, "the free alert")
        assert ids(desk.got) == [free.id, resolved(free).id]
        mended.set()
        await post.until_empty()
    assert ids(desk.got)[2:] == [stuck.id, resolved(stuck).id]


async def test_a_lasting_refusal_is_a_dead_letter(post: Post) -> None:
    """It is put aside with its reason, told once, and the lane goes on."""
    desk = PromptDesk()
    bad = transition()
    desk.fault = lambda item, _tries: (
        DeliveryError("x", retriable=False, reason="too_large") if item.id == bad.id else None
    )
    await post.append(bad, resolved(bad))
    async with post.relay({"desk": desk}):
        await post.until_empty()
    (letter,) = await post.dead()
    assert letter[b"reason"] == b"too_large"
    assert ids(desk.got) == [resolved(bad).id]
    assert desk.tries[bad.id] == 1


async def test_a_sink_that_cannot_now_is_waited_for(post: Post) -> None:
    """Busy, or with a bug in its offer: a task publishes, and meets whatever is wrong."""
    desk = PromptDesk()
    desk.busy, desk.bug = True, "BUG"
    await post.append(transition(), transition(key="BUG"))
    async with post.relay({"desk": desk}):
        await post.until_empty()
    assert sorted(ids(desk.got)) == sorted([transition().id, transition(key="BUG").id])
    assert not desk.offered


async def test_what_is_not_told_brings_the_state_up_to_date(post: Post) -> None:
    """Muted news changes the kept state alone, is counted as not sent, and not written down."""
    desk, diary = PromptDesk(), Diary()
    quiet = transition(muted_by="silence:1")
    await post.append(quiet)
    async with post.relay({"desk": desk, "diary": diary}):
        await post.until_empty()
    assert (desk.offered, ids(desk.states)) == ([(quiet.id, False)], [quiet.id])
    assert (desk.got, diary.noted) == ([], [])
    assert post.counts.seen["not_sent", "muted"] == 1


async def test_with_a_second_sink_both_are_waited_for(post: Post) -> None:
    """What two sinks must take is settled by the later acknowledgement, so a task waits for both."""
    desk, other = PromptDesk(), Desk()
    await post.append(transition())
    async with post.relay({"desk": desk, "other": other}):
        await post.until_empty()
    assert ids(desk.got) == ids(other.got) == [transition().id]
    assert not desk.offered


async def test_an_answer_after_the_end_changes_nothing(post: Post) -> None:
    """A relay that was cancelled lets its letters lie, for its successor to send again."""
    desk = PromptDesk()
    desk.gate.clear()
    desk.fault = retriable
    await post.append(transition())
    async with post.relay({"desk": desk}, clean=False):
        await wait_until(lambda: desk.most_at_once == 1, "the letter to be under way")
    desk.gate.set()
    await wait_until(lambda: desk.tries, "the desk to refuse it")
    desk.fault = lambda _item, _tries: None
    async with post.relay({"desk": desk}, consumer="heir"):
        await post.until_empty()
    assert ids(desk.got) == [transition().id]
