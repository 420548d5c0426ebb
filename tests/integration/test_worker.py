"""The compute loop on a real Redis: each entry once, whatever dies, whatever is written."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Collection

import pytest

from monitor.compute.prepared import Prepared
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.core.clock import HOUR, MINUTE, SECOND
from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.domain.events import Tick
from monitor.store.client import RedisClient, connect
from monitor.store.codec import encode_tick
from monitor.store.commit import Commit, Committer
from monitor.store.keys import Keys
from monitor.store.leases import Lease
from monitor.store.ticks import TickReader
from tests.servers import TestRedis
from tests.shards import RULES, Shard, x
from tests.waiting import wait_for, wait_until
from tests.worlds import CATALOGUE, NOON, OpenCalendar, firms, make_step, quote, states, threshold

pytestmark = pytest.mark.integration


@pytest.fixture
def shard(any_redis: RedisClient, tag: str) -> Shard:
    """Give an empty shard."""
    return Shard(any_redis, tag)


async def test_ticks_become_transitions_once(shard: Shard) -> None:
    """Ticks that wait when the worker comes, and those that come later, are all computed in order."""
    await shard.add(x(11), at=NOON)
    async with shard.working() as worker:
        last = await shard.add(x(4, NOON + 1), at=NOON + 1)
        await shard.settled(last)
        await wait_until(lambda: shard.told.ticks == 2, "two ticks to be counted")
    assert states(await shard.transitions()) == [("up", "X", "firing"), ("up", "X", "resolved")]
    assert await shard.client.xlen(shard.keys.outbox) == 2
    assert shard.told.transitions == [("firing", "breached"), ("resolved", "recovered")]
    assert shard.told.rules > 0
    assert (worker.cursor.id, worker.cursor.entries_read) == (last, 2)
    assert await TickReader(shard.client, shard.keys).lag() == 0


async def test_the_same_event_five_times_is_one_alert(shard: Shard) -> None:
    """One quote written five times with XADD changes one state and raises one alert (row D04)."""
    async with shard.working():
        names = [await shard.add(x(11), at=NOON) for _ in range(5)]
        await shard.settled(names[-1])
    assert states(await shard.transitions()) == [("up", "X", "firing")]


class Noting(Committer):
    """A committer that notes how far each commit came."""

    def __init__(self, client: RedisClient, keys: Keys, committed: list[str]) -> None:
        super().__init__(client, keys)
        self._committed = committed

    async def commit(self, lease: Lease, batch: Commit) -> None:
        """Commit, and note it."""
        await super().commit(lease, batch)
        self._committed.append(batch.cursor)


async def test_a_heavy_past_is_committed_in_parts(shard: Shard) -> None:
    """Eight days of a backfill are too much for one commit; the lease is renewed in between."""
    past = [quote(f"P{n}", n + 1, NOON, fresh_ms=HOUR) for n in range(400)]
    heavy = [await shard.add(*past, at=NOON) for _ in range(8)]
    last = await shard.add(x(11), at=NOON)
    worker, committed = shard.worker(), list[str]()
    worker._committer = Noting(shard.client, shard.keys, committed)
    async with shard.working(worker):
        await shard.settled(last)
        await shard.counted(9)
    assert (committed.pop(), shard.told.rejected) == (last, Counter())
    assert set() < set(committed) < set(heavy)
    assert states(await shard.transitions()) == [("up", "X", "firing")]


async def test_malformed_entries_are_put_aside_with_their_reason(shard: Shard) -> None:
    """What cannot be read is kept with its id and why, is counted, and stops nothing."""
    bad = [
        {"v": "2", "q": "[]"},
        {"hello": "world"},
        {"v": "1", "q": "[{}]"},
        {"v": "1", "q": '[{"instrument":"X","value":"1","observed_at":1,"source":"s"}]', "at": "z"},
    ]
    names = [await shard.client.xadd(shard.keys.ticks, fields) for fields in bad]  # type: ignore[arg-type]  # redis-py's dict is invariant
    async with shard.working():
        await shard.settled(await shard.add(x(11), at=NOON))
        await wait_until(lambda: shard.told.ticks == 5, "all to be counted")
    found = await shard.client.xrange(shard.keys.rejected)
    letters = [fields or {} for _, fields in found or []]
    assert [letter[b"id"] for letter in letters] == names
    assert all(len(letter[b"reason"]) > 5 for letter in letters)
    assert states(await shard.transitions()) == [("up", "X", "firing")]
    assert shard.told.rejected == {("ingest", "malformed"): 4}


async def test_an_id_from_the_future_does_not_blind_the_service(shard: Shard) -> None:
    """It is put aside with its reason; what feeds write after it counts, at its own moment."""
    far = encode_tick([x(1)])
    await shard.client.xadd(shard.keys.ticks, far, id="99999999999999-0")  # type: ignore[arg-type]  # redis-py's dict is invariant
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(11), at=NOON))
        await wait_until(lambda: shard.told.ticks == 2, "both to be counted")
        await worker.trim()
        assert worker.step is not None
        assert worker.step.now == NOON
    (put_aside,) = [
        fields or {} for _, fields in await shard.client.xrange(shard.keys.rejected) or []
    ]
    assert put_aside[b"id"] == b"99999999999999-0"
    assert b"ahead of Redis" in put_aside[b"reason"]
    assert [(t.to_state, t.at) for t in await shard.transitions()] == [("firing", NOON)]


class Fragile(Step):
    """A step with a fault of its own: it breaks half way through a tick worth 13."""

    def process(self, tick: Tick) -> None:
        """Take the tick, then break on 13."""
        super().process(tick)
        if any(item.value == 13 for item in tick.quotes):
            raise ArithmeticError("13")


async def test_an_entry_that_breaks_the_step_is_put_aside_and_stops_nothing(shard: Shard) -> None:
    """A fault of ours must not come again at each start for ever, nor leave half a tick behind."""
    worker = shard.worker()
    worker._build = lambda _users: Fragile(firms(), CATALOGUE, shard.rules, OpenCalendar())
    await shard.add(x(4), at=NOON)
    poison = [await shard.add(x(13, NOON + n), at=NOON + n) for n in (1, 2)]
    async with shard.working(worker):
        await shard.settled(await shard.add(x(11, NOON + 3), at=NOON + 3))
        await wait_until(lambda: shard.told.ticks == 4, "all to be counted")
    found = [fields or {} for _, fields in await shard.client.xrange(shard.keys.rejected) or []]
    assert [fields[b"id"] for fields in found] == [name.encode() for name in poison]
    assert all(b"ArithmeticError" in fields[b"reason"] for fields in found)
    assert [(t.to_state, t.at) for t in await shard.transitions()] == [("firing", NOON + 3)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing that is news to nobody be committed by itself."""
    monkeypatch.setattr("monitor.compute.worker.QUIET_S", 60)


@pytest.mark.usefixtures("patient")
async def test_what_is_news_to_nobody_is_committed_with_what_is(shard: Shard) -> None:
    """Quiet ticks share the commit of an alert; a crash before it computes them again, once."""
    for n in (1, 2):
        await shard.add(x(n, NOON + n), at=NOON + n)
    async with shard.working():
        await shard.counted(2)
        assert await shard.client.hget(shard.keys.state, "cursor") is None
    async with shard.working() as worker:
        await shard.counted(4)
        assert worker.cursor.id == ""
        last = await shard.add(x(11, NOON + 3), at=NOON + 3)
        await shard.settled(last)
    assert await shard.client.hget(shard.keys.state, "entries_read") == b"3"
    assert [(t.to_state, t.at) for t in await shard.transitions()] == [("firing", NOON + 3)]


@pytest.mark.usefixtures("patient")
async def test_a_step_that_breaks_takes_nothing_with_it_that_was_not_committed(
    shard: Shard,
) -> None:
    """What came before the poison is read again, though its step is thrown away."""
    worker = shard.worker()
    worker._build = lambda _users: Fragile(firms(), CATALOGUE, shard.rules, OpenCalendar())
    async with shard.working(worker):
        for n, value in enumerate((4, 5), 1):
            await shard.add(x(value, NOON + n), at=NOON + n)
            await shard.counted(n)
        poison = await shard.add(x(13, NOON + 3), at=NOON + 3)
        await shard.settled(poison)
    (letter,) = [fields or {} for _, fields in await shard.client.xrange(shard.keys.rejected) or []]
    assert letter[b"id"] == poison.encode()
    state = read_cells(await Committer(shard.client, shard.keys).load(), shard.keys.state)
    assert [quote.value for quote in state.quotes] == [5]
    assert state.entries_read == 3


async def test_refused_quotes_are_counted_by_source(shard: Shard) -> None:
    """A zero price stops nothing and is counted with its source and reason."""
    async with shard.working():
        zero = quote("RIOT", 0, NOON, source="yahoo")
        await shard.settled(await shard.add(zero, x(11), at=NOON))
        await wait_until(lambda: shard.told.ticks == 1, "the tick to be counted")
    assert shard.told.rejected == {("yahoo", "zero_price"): 1}
    assert states(await shard.transitions()) == [("up", "X", "firing")]


class Interrupted(Committer):
    """A committer whose process dies on the way: before Redis heard it, or after."""

    def __init__(self, client: RedisClient, keys: Keys, *, heard: bool) -> None:
        super().__init__(client, keys)
        self.heard = heard
        self.dead = asyncio.Event()

    async def commit(self, lease: Lease, batch: object) -> None:
        """Let the first batch with entries through or not, then never come back."""
        if self.heard or not getattr(batch, "cursor", ""):
            await super().commit(lease, batch)  # type: ignore[arg-type]  # handed through
        if getattr(batch, "cursor", ""):
            self.dead.set()
            await asyncio.Event().wait()


@pytest.mark.parametrize("heard", [False, True])
async def test_what_a_dead_worker_had_read_is_computed_once(shard: Shard, heard: bool) -> None:
    """Killed between reading and committing, or just after: the next computes what is left, once."""
    entries = [await shard.add(x(value, NOON + n), at=NOON + n) for n, value in enumerate((11, 4))]
    dying = Interrupted(shard.client, shard.keys, heard=heard)
    first = shard.worker()
    first._committer = dying
    async with shard.working(first):
        await asyncio.wait_for(dying.dead.wait(), 10)
    async with shard.working():
        last = await shard.add(x(12, NOON + 5), at=NOON + 5)
        await shard.settled(last)
    found = await shard.transitions()
    assert states(found) == [
        ("up", "X", "firing"),
        ("up", "X", "resolved"),
        ("up", "X", "firing"),
    ]
    assert len({transition.id for transition in found}) == 3
    assert await shard.client.hget(shard.keys.state, "entries_read") == b"3"
    assert len(entries) == 2


async def test_an_old_holder_that_wakes_up_does_no_harm(shard: Shard) -> None:
    """A worker whose lease was taken ends at its next commit, and has written nothing."""
    old = shard.worker()
    task = asyncio.create_task(old.work(await shard.lease("old")))
    first = await shard.add(x(11), at=NOON)
    await shard.settled(first)
    await shard.lease("new")
    before = await shard.client.hgetall(shard.keys.state)
    await shard.add(x(4, NOON + 1), at=NOON + 1)
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(task, 10)
    assert await shard.client.hgetall(shard.keys.state) == before
    assert states(await shard.transitions()) == [("up", "X", "firing")]


async def test_a_firing_alert_survives_a_restart(shard: Shard) -> None:
    """No second notice, the same `since`, and the end is still told (row D08)."""
    async with shard.working():
        await shard.settled(await shard.add(x(11), at=NOON))
    async with shard.working():
        await shard.settled(await shard.add(x(12, NOON + 9), at=NOON + 9))
        await shard.settled(await shard.add(x(4, NOON + 10), at=NOON + 10))
    fired, resolved = await shard.transitions()
    assert (fired.to_state, resolved.to_state) == ("firing", "resolved")
    assert fired.since == resolved.since == NOON
    assert (fired.number, resolved.number) == (1, 2)


async def test_a_pending_alert_fires_at_its_time_though_nobody_was_there(shard: Shard) -> None:
    """A wait goes on while the process is down; it ends at its own moment, not at the restart's."""
    shard.rules = [threshold(id="wait", on="X", above=10.0, **{"for": "5m"})]
    async with shard.working():
        await shard.settled(await shard.add(x(11), at=NOON))
    shard.clock.advance_to(NOON + 20 * MINUTE)
    async with shard.working():
        # the worker before may have been stopped between its commit and telling of it
        await wait_until(
            lambda: [told for told in shard.told.transitions if told[0] == "firing"],
            "the alert to fire",
        )
    pending, firing = await shard.transitions()
    assert (pending.to_state, firing.to_state) == ("pending", "firing")
    assert firing.at == NOON + 5 * MINUTE


async def test_a_reload_ends_alerts_of_rules_that_are_gone(shard: Shard) -> None:
    """New rules are at work from the next batch on; a fire of an old rule is ended aloud."""
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(11), at=NOON))
        shard.rules = [threshold(id="other", on="X", above=3.0)]
        worker.reload()
        await shard.settled(await shard.add(x(12, NOON + 1), at=NOON + 1))
        begun = [("firing", "breached")] * 2
        await wait_until(
            lambda: [t for t in shard.told.transitions if t[0] == "firing"] == begun, "both to fire"
        )
    assert [(t.rule, t.to_state.value, t.reason.value) for t in await shard.transitions()] == [
        ("up", "firing", "breached"),
        ("up", "resolved", "rule_removed"),
        ("other", "firing", "breached"),
    ]
    saved = read_cells(await Committer(shard.client, shard.keys).load())
    assert [alert.name for alert in saved.alerts] == ["other|X"]


class Judged(Step):
    """A step that is not judged before `shown` is set."""

    shown: threading.Event

    def judge(self, same: Collection[str] = ()) -> None:
        """Wait for it; in vain, and the test fails on what is not there."""
        self.shown.wait(20)
        super().judge(same)


async def test_what_ticks_tell_does_not_wait_for_the_judgement(shard: Shard) -> None:
    """An alert of a tick that came during a reload is committed before new rules are judged."""
    new = threshold(id="new", on="X", above=3.0)
    fresh = Judged(firms(), CATALOGUE, [*RULES, new], OpenCalendar())
    fresh.shown = threading.Event()
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(9), at=NOON))
        worker.reload(Prepared(fresh, frozenset({"up"}), await worker.read_ahead(fresh)))
        cursor = await shard.add(x(11, NOON + 1), at=NOON + 1)
        await shard.settled(cursor)
        told = states(await shard.transitions())
        fresh.shown.set()
        await wait_until(lambda: len(shard.told.transitions) == 2, "both to fire")
    assert told == [("up", "X", "firing")]
    assert states(await shard.transitions()) == [*told, ("new", "X", "firing")]


async def test_a_state_read_ahead_is_brought_up_to_date(shard: Shard) -> None:
    """What was committed after the state was read for a reload is not lost by it."""
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(11), at=NOON))
        fresh = make_step(RULES)
        read = await worker.read_ahead(fresh)
        await shard.settled(await shard.add(x(4, NOON + 1), at=NOON + 1))
        worker.reload(Prepared(fresh, frozenset({"up"}), read))
        await shard.settled(await shard.add(x(12, NOON + 2), at=NOON + 2))
    told = [("up", "X", word) for word in ("firing", "resolved", "firing")]
    assert states(await shard.transitions()) == told


async def test_the_time_is_kept_while_nothing_happens(shard: Shard) -> None:
    """A total outage of the feeds is no absence of the service: its time goes on in the state."""
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(9), at=NOON))
        shard.clock.advance_to(NOON + 5 * MINUTE)
        await wait_until(
            lambda: ((worker.step and worker.step.now) or 0) > NOON + MINUTE, "time to go on"
        )

        async def kept() -> bool:
            return int(await shard.client.hget(shard.keys.state, "now") or 0) > NOON + MINUTE

        await wait_for(kept, "the time to be kept")


async def test_a_state_that_cannot_be_read_ahead_is_read_when_it_counts(
    shard: Shard,
) -> None:
    """Reading ahead saves time and is no condition: a reload does without it."""
    worker, nobody = shard.worker(), connect("redis://127.0.0.1:1")
    worker._committer = Committer(nobody, shard.keys)
    assert await worker.read_ahead(make_step(RULES)) == {}
    await nobody.aclose()


async def test_a_new_rule_does_not_fire_on_what_is_stale_by_now(shard: Shard) -> None:
    """A rule added while nobody was there is judged on the present, where the value is no more."""
    async with shard.working():
        item = quote("X", 9, NOON, fresh_ms=10 * SECOND)
        await shard.settled(await shard.add(item, at=NOON))
    shard.clock.advance_to(NOON + MINUTE)
    shard.rules = [threshold(id="up", on="X", above=7.0)]
    async with shard.working() as worker:
        await wait_until(lambda: worker.step and not worker.step.unjudged, "rules to be judged")
        assert worker.step is not None
        assert worker.step.watch.counts == {("warning", "no_data", "live"): 1}
    assert await shard.transitions() == []


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_new_rule_fires_at_the_present_moment(shard: Shard, waiting: bool) -> None:
    """News of a rule has the time at which it began to judge, so that it is still worth sending.

    That also where ticks wait which are as old as the engine's time.
    """
    async with shard.working():
        old = quote("X", 9, NOON, fresh_ms=3 * HOUR)
        await shard.settled(await shard.add(old, at=NOON))
    shard.clock.advance_to(NOON + 2 * HOUR)
    shard.rules = [threshold(id="up", on="X", above=7.0)]
    if waiting:
        await shard.add(quote("Y", 1, NOON), at=NOON)
    async with shard.working():
        await wait_until(lambda: shard.told.transitions, "the rule to fire")
    (fired,) = await shard.transitions()
    assert (fired.to_state, fired.at, fired.quality) == ("firing", NOON + 2 * HOUR, "ok")


async def test_small_batches_give_what_large_ones_give(shard: Shard) -> None:
    """How many entries one read brings must not show in the result."""
    values = [11, 4, 12, 6, 3, 20, 1]
    names = [await shard.add(x(v, NOON + n), at=NOON + n) for n, v in enumerate(values)]
    async with shard.working(shard.worker(count=1)):
        await shard.settled(names[-1])
    single = await shard.transitions()
    twin = Shard(shard.client, f"{shard.keys.tag}b")
    names = [await twin.add(x(v, NOON + n), at=NOON + n) for n, v in enumerate(values)]
    async with twin.working():
        await twin.settled(names[-1])
    assert await twin.transitions() == single
    assert len(single) == 6


async def test_committed_ticks_are_forgotten_after_an_hour(shard: Shard) -> None:
    """Trimming never takes an entry that was not committed or is younger than an hour."""
    old = [
        await shard.client.xadd(shard.keys.ticks, encode_tick([x(1)]), id=f"{n}-0")  # type: ignore[arg-type]  # redis-py's dict is invariant
        for n in range(NOON, NOON + 300)
    ]
    assert len(old) == 300
    async with shard.working() as worker:
        recent = await shard.add(x(2, NOON + 1))
        await shard.settled(recent)
        await wait_until(lambda: worker.cursor.id == recent, "the cursor to move")
        await worker.trim()
    left = [name for name, _ in await shard.client.xrange(shard.keys.ticks) or []]
    assert recent.encode() in left
    assert len(left) < 300
    assert shard.told.trimmed == 301 - len(left)


async def test_a_worker_without_redis_says_so(own_redis: TestRedis, tag: str) -> None:
    """When Redis goes away the loop ends with StoreUnavailable, for the holder to start over."""
    client = connect(own_redis.url, blocking=True)
    shard = Shard(client, tag)
    worker = shard.worker()
    task = asyncio.create_task(worker.work(await shard.lease()))
    await wait_until(lambda: worker.step, "the worker to begin")
    own_redis.kill()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(task, 10)
    await client.aclose()
