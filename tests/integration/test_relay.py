"""From a real outbox through the relay: nothing lost, nothing doubled but by id, in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alerts import codec
from alerts.model import Severity
from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt
from monitor.core.backoff import Backoff
from monitor.core.clock import HOUR, ManualClock
from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient, connect, connected
from tests.listeners import listening
from tests.proxies import PUBACK, proxy_to
from tests.relaying import QUICK, Board, Desk, Diary, Post, Shown, ids, retriable
from tests.servers import TestBroker, TestRedis
from tests.transitions import AT, resolved, transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def post(redis: RedisClient, tag: str) -> Post:
    """Give an empty outbox."""
    return Post(redis, tag)


async def test_delivered_letters_are_settled(post: Post) -> None:
    """What was there before the start and what comes later must reach every sink once."""
    desk, other = Desk(), Desk()
    await post.append(transition(key="A"))
    async with post.relay({"desk": desk, "other": other}):
        await wait_until(lambda: len(desk.got) == 1, "the first letter")
        await post.append(transition(key="B"))
        await post.until_empty()
    assert ids(desk.got) == ids(other.got) == ids([transition(key="A"), transition(key="B")])
    assert post.counts.seen == {("delivered", "desk"): 2, ("delivered", "other"): 2}


async def test_nothing_is_settled_before_every_acknowledgement(post: Post) -> None:
    """A letter must stay in Redis until the last sink has acknowledged it."""
    fast, slow = Desk(), Desk()
    slow.gate.clear()
    await post.append(transition())
    async with post.relay({"fast": fast, "slow": slow}) as relay:
        await wait_until(lambda: fast.got, "the fast sink")
        assert (await post.depth(), relay.held) == (1, 1)
        slow.gate.set()
        await post.until_empty()
    assert len(fast.got) == len(slow.got) == 1


async def test_a_retry_asks_only_the_sink_that_failed(post: Post) -> None:
    """A failing sink must be tried again without bothering the others, and in order."""
    good, weak = Desk(), Desk()
    weak.fault = lambda item, tries: retriable(item, tries) if tries < 4 else None
    fired = transition()
    await post.append(fired, resolved(fired))
    async with post.relay({"good": good, "weak": weak}):
        await post.until_empty()
    assert ids(good.got) == ids(weak.got) == [fired.id, resolved(fired).id]
    assert post.counts.seen["failed", "weak", "not_connected"] == 6


async def test_alerts_do_not_wait_for_each_other_but_keep_their_order(post: Post) -> None:
    """One alert's trouble must not hold up another; its own later news waits for it."""
    desk = Desk()
    stuck, free = transition(key="STUCK"), transition(key="FREE")
    open_at_last = asyncio.Event()
    desk.fault = lambda item, tries: (
        retriable(item, tries) if item.id == stuck.id and not open_at_last.is_set() else None
    )
    await post.append(stuck, resolved(stuck), free, resolved(free))
    async with post.relay({"desk": desk}):
        await wait_until(lambda: len(desk.got) == 2, "the free alert")
        assert ids(desk.got) == [free.id, resolved(free).id]
        open_at_last.set()
        await post.until_empty()
    assert ids(desk.got)[2:] == [stuck.id, resolved(stuck).id]


async def test_a_slow_sink_holds_no_other_back(post: Post) -> None:
    """The first sink named goes first, and one that hangs keeps nobody else from the news."""
    slow, other = Desk(), Desk()
    slow.gate.clear()
    async with post.relay({"slow": slow, "other": other}):
        await post.append(transition())
        await wait_until(lambda: other.got, "the other sink to have the alert")
        assert not slow.got
        assert await post.depth() == 1
        slow.gate.set()
        await wait_until(lambda: slow.got, "the slow sink to have it too")


async def test_many_in_flight(post: Post) -> None:
    """Different alerts must be under way together, not one after the other."""
    desk = Desk()
    desk.gate.clear()
    await post.append(*(transition(key=str(number)) for number in range(100)))
    async with post.relay({"desk": desk}):
        await wait_until(lambda: desk.most_at_once == 100, "all to be in flight")
        desk.gate.set()
        await post.until_empty()
    assert len(desk.got) == 100


async def test_memory_is_bounded_while_a_sink_is_away(post: Post) -> None:
    """However long a sink is away, only `max_held` letters may be in memory; none is lost."""
    desk = Desk()
    away = asyncio.Event()
    desk.fault = lambda item, tries: None if away.is_set() else retriable(item, tries)
    await post.append(*(transition(key=str(number)) for number in range(60)))
    async with post.relay({"desk": desk}, max_held=10) as relay:
        await wait_until(lambda: sum(desk.tries.values()) > 50, "some tries in vain")
        assert relay.held == 10
        assert len(desk.tries) == 10
        assert await post.depth() == 60
        away.set()
        await post.until_empty()
    assert sorted(ids(desk.got)) == sorted(transition(key=str(n)).id for n in range(60))


async def test_a_lasting_refusal_is_a_dead_letter(post: Post) -> None:
    """What a sink can never take must be put aside with the reason; the rest goes on."""
    desk, strict = Desk(), Desk()
    bad = transition(key="BAD")
    strict.fault = lambda item, _tries: (
        DeliveryError("x", retriable=False, reason="too_large") if item.id == bad.id else None
    )
    await post.append(bad, transition(key="GOOD"))
    async with post.relay({"desk": desk, "strict": strict}):
        await post.until_empty()
    (letter,) = await post.dead()
    assert letter[b"reason"] == b"too_large"
    assert codec.decode_transition(letter[b"n"]) == bad
    assert len(desk.got) == 2
    assert ids(strict.got) == [transition(key="GOOD").id]
    assert post.counts.seen["dead", "too_large"] == 1


async def test_a_bug_in_a_sink_stops_nothing_else(post: Post) -> None:
    """An exception that is no DeliveryError must cost its letter only."""
    desk = Desk()
    bad = transition(key="BAD")
    desk.fault = lambda item, _tries: KeyError("bug") if item.id == bad.id else None
    await post.append(bad, transition(key="GOOD"))
    async with post.relay({"desk": desk}):
        await post.until_empty()
    assert ids(desk.got) == [transition(key="GOOD").id]
    assert post.counts.seen["dead", "internal_error"] == 1


async def test_what_is_sent_is_written_down_once(post: Post) -> None:
    """However often it is tried; what is not sent is not written down, and a bug costs its line."""
    desk, diary = Desk(), Diary(fails_on="BAD")
    desk.fault = lambda item, tries: retriable(item, tries) if tries < 3 else None
    bad, good = transition(key="BAD"), transition(key="GOOD")
    await post.append(bad, good, transition(key="QUIET", muted_by="silence:1"))
    async with post.relay({"desk": desk, "diary": diary}):
        await post.until_empty()
    assert sorted(ids(desk.got)) == sorted([bad.id, good.id])
    assert ids(diary.noted) == [good.id]
    assert post.counts.seen["failed", "diary", "internal_error"] == 1
    assert post.counts.seen["delivered", "diary"] == 1
    assert post.counts.seen["not_sent", "muted"] == 1


async def test_an_unreadable_entry_is_a_dead_letter(post: Post) -> None:
    """Entries that are no transition must be put aside, as they are, and stop nothing."""
    desk = Desk()
    await post.redis.xadd(post.key, {codec.FIELD: b"\xff"})
    await post.redis.xadd(post.key, {"other": "field"})
    await post.append(transition())
    async with post.relay({"desk": desk}):
        await post.until_empty()
    letters = await post.dead()
    reasons = [letter[b"reason"].decode() for letter in letters]
    assert reasons[0].startswith("unreadable: outbox entry cannot be read: ")
    assert reasons[1] == "unreadable: no field 'n'"
    assert letters[0][b"n"] == b"\xff"
    assert len(desk.got) == 1


async def test_expired_news_changes_the_state_only(post: Post) -> None:
    """News too old must not ring, but whoever keeps states must hear of it; it is settled."""
    desk, board = Desk(), Board()
    await post.append(transition(severity=Severity.INFO))
    async with post.relay({"desk": desk, "board": board}, clock=Shown(AT + HOUR)):
        await post.until_empty()
    assert (desk.got, board.got) == ([], [])
    assert len(board.states) == 1
    assert post.counts.seen["not_sent", "expired"] == 1


async def test_news_that_expires_while_waiting_is_not_sent(post: Post) -> None:
    """A sink that comes back too late must not get news whose life has ended meanwhile."""
    desk, clock = Desk(), Shown()
    desk.fault = retriable
    await post.append(transition(severity=Severity.INFO))
    async with post.relay({"desk": desk}, clock=clock):
        await wait_until(lambda: sum(desk.tries.values()) > 2, "some tries in vain")
        clock.moment = AT + 2 * HOUR
        await post.until_empty()
    assert desk.got == []
    assert post.counts.seen["not_sent", "expired"] == 1


async def test_after_a_crash_the_successor_sends_what_was_held_in_order(post: Post) -> None:
    """What a dead relay held must come first, in order, from a successor of any name."""
    desk = Desk()
    desk.fault = retriable
    fired = transition()
    await post.append(fired)
    async with post.relay({"desk": desk}, consumer="dead", clean=False):
        await wait_until(lambda: desk.tries[fired.id] > 0, "the first relay to hold it")
    await post.append(resolved(fired))
    desk.fault = lambda _item, _tries: None
    async with post.relay({"desk": desk}, consumer="heir"):
        await post.until_empty()
    assert ids(desk.got) == [fired.id, resolved(fired).id]


async def test_a_stop_finishes_what_is_held(post: Post) -> None:
    """A clean stop must wait for acknowledgements under way and settle them."""
    desk = Desk()
    desk.gate.clear()
    await post.append(transition())
    async with post.relay({"desk": desk}, drain_s=5.0) as relay:
        await wait_until(lambda: desk.most_at_once == 1, "the letter to be under way")
        relay.stop()
        desk.gate.set()
    assert await post.depth() == 0


async def test_redis_restarts_in_the_middle(own_redis: TestRedis, tag: str) -> None:
    """A Redis killed and started again must not lose a letter, nor stop the relay."""
    desk = Desk()
    async with connect(own_redis.url, blocking=True) as client:
        post = Post(client, tag)
        async with post.relay({"desk": desk}):
            await post.append(transition(key="BEFORE"))
            await post.until_empty()
            own_redis.kill()
            own_redis.start()
            async with connected(own_redis.url) as fresh:
                await Post(fresh, tag).append(transition(key="AFTER"))
                await Post(fresh, tag).until_empty()
    assert ids(desk.got) == [transition(key="BEFORE").id, transition(key="AFTER").id]


def mqtt(url: str, tag: str, **changes: Any) -> MqttSettings:
    """Return settings with short waits."""
    values = {"instance": tag, "reconnect": QUICK, "ack_timeout_s": 0.3, "will_delay_s": 0}
    return MqttSettings(url=MqttUrl.parse(url), **{**values, **changes})


async def test_broker_down_alert_restart_broker_up(
    post: Post, own_mosquitto: TestBroker, tag: str
) -> None:
    """Broker down, alert fires, process restarts, broker up: one message, original event time."""
    own_mosquitto.stop()
    settings = mqtt(own_mosquitto.url, tag)
    async with open_mqtt(settings) as sink, post.relay({"mqtt": sink}, clean=False) as relay:
        await post.append(transition())
        await wait_until(lambda: relay.held == 1, "the relay to hold the alert")
    own_mosquitto.start()
    async with listening(own_mosquitto.url, f"hashhedge/v1/{tag}/#") as listener:
        later = Shown(AT + HOUR)
        async with (
            open_mqtt(settings, clock=later) as sink,
            post.relay({"mqtt": sink}, clock=later),
        ):
            await post.until_empty()
            await post.append(transition(key="MARKER"))
            await listener.wait_for("/MARKER/event")
        (event,) = listener.on("/RIOT/event")
    assert event.json["id"] == transition().id
    assert event.json["time"] == "2026-01-12T14:56:00.000Z"
    assert event.json["sent_at"] == "2026-01-12T15:56:00.000Z"


async def test_lost_acknowledgement_means_again_with_the_same_id(
    post: Post, mosquitto: TestBroker, tag: str
) -> None:
    """Without PUBACK a letter must stay in the outbox and be sent again under its id."""
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener,
        proxy_to(mosquitto.url) as proxy,
        open_mqtt(mqtt(proxy.url, tag)) as sink,
        post.relay({"mqtt": sink}),
    ):
        await listener.wait_for("/status")
        await wait_until(lambda: proxy.connections == 1, "the connection")
        await post.append(transition(key="FIRST"))
        await post.until_empty()
        proxy.swallow = PUBACK
        await post.append(transition())
        await wait_until(lambda: proxy.connections >= 3, "the sink to try again")
        assert await post.depth() == 1
        proxy.swallow = None
        await post.until_empty()
        events = await listener.wait_for("/RIOT/event", 2)
    assert {event.json["id"] for event in events} == {transition().id}


async def test_broker_killed_under_load(post: Post, own_mosquitto: TestBroker, tag: str) -> None:
    """Of many alerts none may be lost when the broker is killed among them, each in order."""
    async with (
        open_mqtt(mqtt(own_mosquitto.url, tag)) as sink,
        post.relay({"mqtt": sink}, max_held=64),
    ):
        pairs = [transition(key=str(number)) for number in range(150)]
        await post.append(*pairs[:75])
        await wait_until(lambda: post.counts.seen["delivered", "mqtt"] > 20, "some to arrive")
        own_mosquitto.kill()
        await post.append(*pairs[75:], *(resolved(item) for item in pairs))
        own_mosquitto.start()
        await post.until_empty()
        async with listening(own_mosquitto.url, f"hashhedge/v1/{tag}/alert/+/+/state") as late:
            await wait_until(lambda: len(late.heard) == 150, "all states")
    assert {message.json["state"] for message in late.heard} == {"resolved"}
    assert len({message.json["id"] for message in late.heard}) == 150


async def test_backoff_runs_on_the_clock(post: Post) -> None:
    """Between two tries the relay must wait on its clock, not spin."""
    desk, clock = Desk(), ManualClock(AT)
    desk.fault = retriable
    slow = Backoff(base_s=30.0, cap_s=30.0)
    await post.append(transition())
    async with post.relay({"desk": desk}, clock=clock, retry=slow, clean=False):
        await wait_until(lambda: desk.tries.total() == 1, "the first try")
        for _ in range(5):
            clock.advance(0.0)
            await asyncio.sleep(0)
        assert desk.tries.total() == 1
        clock.advance(30.0)
        await wait_until(lambda: desk.tries.total() == 2, "the second try")
