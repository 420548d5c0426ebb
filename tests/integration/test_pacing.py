"""How often people are told, from the tick to their phone: a real Redis, a real Mosquitto.

The clock of the market is the test's; at each of its moments all that is due is computed, committed
and delivered before the next one comes. Half-way through each story the computing process is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from alerts.desk.user_rules import UserRule
from alerts.outbox import Outbox
from alerts.relay import Relay, RelayOptions
from alerts.rulebook import load_rulebook
from alerts.rules.threshold import ThresholdRule
from alerts.sinks.mqtt import open_mqtt
from monitor.compute.step import Step
from monitor.compute.worker import ComputeWorker
from monitor.core.clock import DAY, HOUR, MINUTE, SECOND, ManualClock, SystemClock, iso
from monitor.domain.commands import AckAlert, Action, Command, DrillAlert
from monitor.nyse import nyse_calendar
from monitor.store.client import RedisClient
from monitor.store.codec import encode_tick
from monitor.store.commands import SCHEMA, encode_command
from monitor.store.commit import Committer
from monitor.store.keys import Keys
from monitor.store.leases import Leases
from monitor.store.outbox_stream import OutboxStream
from monitor.store.ticks import TickReader
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.listeners import Heard, Listener, listening
from tests.servers import TestBroker
from tests.sinks import QUICK, note, settings
from tests.transitions import transition
from tests.worlds import CATALOGUE, NOON, firms, quote

pytestmark = pytest.mark.integration

ROLE = "compute"
FRESH = 10 * DAY
VENUES = ("kraken", "coinbase", "bitstamp")
"""A leap of bitcoin needs more than one witness."""


class Shown(SystemClock):
    """Shows the moment of the market, yet waits in real time."""

    moment = NOON

    def now(self) -> int:
        """Return the moment."""
        return self.moment


class House:
    """A worker, a relay and a phone on real servers."""

    def __init__(self, redis: RedisClient, tag: str, rules: Path, listener: Listener) -> None:
        self._redis = redis
        self._keys = Keys(tag)
        self.clock = Shown()
        self._book = load_rulebook(rules, [ThresholdRule])
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        self.tell_marker: Callable[[], Any] = lambda: None

    def _build(self, _users: Mapping[str, UserRule]) -> Step:
        book = self._book
        return Step(firms(), CATALOGUE, book.rules, nyse_calendar(), book=book.desk)

    async def begin(self) -> None:
        """Start a computing process; the one before is lost where it stands."""
        await self.end()
        await self._redis.delete(self._keys.lease(ROLE))
        lease = await Leases(self._redis, self._keys).acquire(ROLE, "test")
        assert lease is not None
        worker = ComputeWorker(
            Committer(self._redis, self._keys),
            TickReader(self._redis, self._keys),
            build=self._build,
            clock=ManualClock(0),
            counts=Instruments(Known(), version="0"),
        )
        self._task = asyncio.create_task(worker.work(lease))

    async def end(self) -> None:
        """Lose the computing process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def relay(self, sink: Any) -> Relay:
        """Return the relay of this house."""
        stream = OutboxStream(
            self._redis, self._keys.outbox, consumer="a", dead_key=self._keys.dead_letters
        )
        options = RelayOptions(block_ms=20, retry=QUICK, drain_s=0.2)
        return Relay(Outbox(stream), {"mqtt": sink}, self.clock, options=options)

    async def at(self, moment: int, **prices: float) -> None:
        """Let it be `moment`, with these prices; names have `_` for `-`."""
        self.clock.moment = moment
        said = prices or {"CLOCK": 1.0}
        quotes = [
            quote(name.replace("_", "-"), value, moment, fresh_ms=FRESH, source=venue)
            for name, value in said.items()
            for venue in (VENUES if name == "BTC_USD" else VENUES[:1])
        ]
        await self._done(encode_tick(quotes, moment))

    async def acknowledge(self, moment: int, rule: str, key: str) -> None:
        """Let somebody take an alert on."""
        await self.command(moment, AckAlert(rule=rule, key=key))

    async def command(self, moment: int, action: Action) -> None:
        """Let somebody ask for something."""
        self.clock.moment = moment
        wish = Command(id=f"c{moment}", by="ana", action=action)
        entry = {"v": SCHEMA.encode(), "c": encode_command(wish), "at": str(moment).encode()}
        await self._done(entry)

    async def _done(self, entry: dict[str, bytes]) -> None:
        """Send an entry; come back when it is committed and all of it delivered."""
        cursor = await self._redis.xadd(self._keys.ticks, entry)  # type: ignore[arg-type]  # redis-py's dict is invariant
        async with asyncio.timeout(20):
            while await self._redis.hget(self._keys.state, "cursor") != cursor:
                assert self._task is not None
                assert not self._task.done(), self._task.exception()
            while await self._redis.xlen(self._keys.outbox):
                pass
        assert await self._redis.xlen(self._keys.rejected) == 0

    async def cells(self) -> dict[bytes, bytes]:
        """Return what is remembered of alerts, standings and pace: all that a notice could move."""
        cells: dict[bytes, bytes] = await self._redis.hgetall(self._keys.state)  # type: ignore[assignment]  # bytes, as the client was told
        passing = (b"now", b"cursor", b"entries_read", b"quote")
        return {name: body for name, body in cells.items() if not name.startswith(passing)}

    async def heard(self) -> list[Heard]:
        """Return all messages in order, when everything sent so far has arrived."""
        before = len(self._listener.on("/marker/RIOT/event"))
        await self.tell_marker()
        await self._listener.wait_for("/marker/RIOT/event", before + 1)
        return [message for message in self._listener.heard if "/marker/" not in message.topic]

    async def events(self) -> list[dict[str, Any]]:
        """Return the events and what came to inboxes, in order, with their topics' ends."""
        found = []
        for message in await self.heard():
            level = message.topic.split("/", 3)[3]
            if level.endswith(("/event", "/inbox")):
                assert not message.retain
                found.append({**message.json, "topic": level})
        return found


NewHouse: TypeAlias = Callable[[str], Any]


@pytest.fixture
async def new_house(
    redis: RedisClient, mosquitto: TestBroker, tag: str, tmp_path: Path
) -> AsyncIterator[NewHouse]:
    """Give a maker of one house with a rulebook."""
    async with AsyncExitStack() as stack:

        async def make(rules: str) -> House:
            path = tmp_path / "rules.yaml"
            path.write_text(rules, encoding="utf-8")
            topic = f"hashhedge/v1/{tag}/#"
            listener = await stack.enter_async_context(listening(mosquitto.url, topic))
            house = House(redis, tag, path, listener)
            sink = await stack.enter_async_context(
                open_mqtt(settings(mosquitto.url, tag), clock=house.clock)
            )
            house.tell_marker = lambda: sink.publish(note(transition(rule="marker")))
            await stack.enter_async_context(_relaying(house.relay(sink)))
            stack.push_async_callback(house.end)
            await house.begin()
            return house

        yield make


@asynccontextmanager
async def _relaying(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await task


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return when and why each was told."""
    return [(event["time"], event["notice"]) for event in events]


EIGHT = """\
groups:
  - {name: market, by: []}
notify: {group: market}
rules:
"""


async def test_one_move_of_the_market_is_one_push(
    new_house: NewHouse, mosquitto: TestBroker, tag: str
) -> None:
    """BTC -5 % fires 8 rules: 1 grouped push with 8 lines, 8 retained states (row E29)."""
    rules = "".join(
        f"  - {{id: btc-{n}, type: threshold, on: BTC-USD, below: {95_500 + n}}}\n"
        for n in range(8)
    )
    house = await new_house(EIGHT + rules)
    await house.at(NOON, BTC_USD=100_000)
    await house.at(NOON + MINUTE, BTC_USD=95_000)
    await house.begin()
    await house.at(NOON + MINUTE + 29 * SECOND)
    assert await house.events() == []
    await house.at(NOON + 2 * MINUTE)
    (digest,) = await house.events()
    assert digest["topic"] == "alert/digest/market/event"
    assert digest["notice"] == "digest"
    assert digest["time"] == iso(NOON + MINUTE + 30 * SECOND)
    assert [line["rule"] for line in digest["lines"]] == [f"btc-{n}" for n in range(8)]
    async with listening(mosquitto.url, f"hashhedge/v1/{tag}/alert/+/+/state") as late:
        states = [m.json for m in await late.wait_for("/state", 8) if "marker" not in m.topic]
    ids = {state["rule"]: state["id"] for state in states if state["rule"] != "margin-low"}
    # from a line to its single alert, and from there to why nobody rang for it alone
    assert {line["rule"]: line["id"] for line in digest["lines"]} == ids
    assert {state["muted_by"] for state in states if state["rule"] in ids} == {"group:market"}


async def test_a_hundred_alerts_in_a_minute(new_house: NewHouse) -> None:
    """At cap 10: 10 sent, 1 summary "90 held", criticals all sent (row E30)."""
    text = "caps:\n  - {name: phone, limit: 10, window: 1m}\nrules:\n"
    for n in range(1, 101):
        text += f"  - {{id: w{n}, type: threshold, on: X, above: {n}}}\n"
    for n in range(10, 101, 10):
        text += f"  - {{id: c{n}, type: threshold, on: Y, above: {n}, severity: critical}}\n"
    house = await new_house(text)
    for second in range(50):
        await house.at(NOON + second * SECOND, X=2 * second + 2.5, Y=2 * second + 2.5)
    await house.begin()
    await house.at(NOON + 5 * MINUTE)
    events = await house.events()
    by_severity = [e["severity"] for e in events if e["notice"] == "new"]
    assert (by_severity.count("warning"), by_severity.count("critical")) == (10, 10)
    (summary,) = [event for event in events if event["notice"] == "overflow"]
    assert (summary["topic"], len(events)) == ("alert/overflow/phone-all/event", 21)
    assert summary["summary"].startswith("90 held")
    assert len(summary["lines"]) + summary["more"] == 90


async def test_a_nervous_alert_is_told_twice(new_house: NewHouse) -> None:
    """10 toggles in 10 min: one "flapping", mute, one "stable" (row E09)."""
    house = await new_house(
        "rules:\n  - {id: up, type: threshold, on: X, above: 10, notify: {flap: {}}}\n"
    )
    for minute in range(10):
        await house.at(NOON + minute * MINUTE, X=11 if minute % 2 == 0 else 9)
    await house.begin()
    for hour in (1, 2, 24):
        await house.at(NOON + hour * HOUR)
    words = [event["notice"] for event in await house.events()]
    assert words == ["new", "resolved"] * 4 + ["flapping", "stable"]


async def test_repeats_grow_apart_until_acknowledged(new_house: NewHouse) -> None:
    """Repeats at 1 h, 2 h, 4 h unless acked (row E31)."""
    house = await new_house(
        "rules:\n  - {id: up, type: threshold, on: X, above: 10, notify: {repeat: {}}}\n"
    )
    await house.at(NOON, X=11)
    for hour in range(1, 6):
        await house.at(NOON + hour * HOUR + 1, X=11 + hour)
        if hour == 3:
            await house.begin()
    await house.acknowledge(NOON + 6 * HOUR, "up", "X")
    await house.at(NOON + 20 * HOUR, X=9)
    events = await house.events()
    assert told(events) == [
        (iso(NOON), "new"),
        (iso(NOON + HOUR), "repeat"),
        (iso(NOON + 2 * HOUR), "repeat"),
        (iso(NOON + 4 * HOUR), "repeat"),
        (iso(NOON + 20 * HOUR), "resolved"),
    ]
    assert [event["value"] for event in events] == [11, 11, 12, 14, 9], "the value of its moment"
    assert {event["count"] for event in events} == {1}


CHAIN = """\
escalations:
  - name: night
    steps: [{after: 5m, to: lead}]
notify: {escalate: night}
rules:
  - {id: up, type: threshold, on: X, above: 10}
  - {id: down, type: threshold, on: X, below: 20}
"""


async def test_nobody_acknowledges(new_house: NewHouse) -> None:
    """No ack for 5 min: second topic gets it once; ack stops the chain (row E26)."""
    house = await new_house(CHAIN)
    await house.at(NOON, X=11)
    await house.acknowledge(NOON + 4 * MINUTE, "down", "X")
    await house.begin()
    await house.at(NOON + 6 * MINUTE)
    await house.at(NOON + 3 * HOUR)
    events = await house.events()
    (escalated,) = [event for event in events if event["topic"].startswith("user/")]
    assert escalated["topic"] == "user/lead/inbox"
    assert (escalated["rule"], escalated["notice"]) == ("up", "escalation")
    assert escalated["time"] == iso(NOON + 5 * MINUTE)
    assert "acknowledged" in escalated["summary"]


async def test_once_per_session(new_house: NewHouse) -> None:
    """5 crossings in a day send 1; the next session 1 more (row E07)."""
    house = await new_house(
        "rules:\n  - {id: up, type: threshold, on: X, above: 10, "
        "notify: {trigger: once_per_session}}\n"
    )
    opens = NOON + 90 * MINUTE + 10_000  # 09:30 in New York, and a little
    for day in (0, DAY):
        for turn in range(5):
            await house.at(opens + day + turn * HOUR, X=11)
            await house.at(opens + day + turn * HOUR + MINUTE, X=9)
        await house.begin()
    events = await house.events()
    assert told(events) == [
        (iso(opens), "new"),
        (iso(opens + MINUTE), "resolved"),
        (iso(opens + DAY), "new"),
        (iso(opens + DAY + MINUTE), "resolved"),
    ]
    counts = [m.json["count"] for m in await house.heard() if m.topic.endswith("/up/X/state")]
    assert counts[-1] == 10, "the state counts every fire (row E28)"


async def test_an_expired_rule_says_so_once(new_house: NewHouse) -> None:
    """At its end a rule tells that, once, and nothing after (row E07)."""
    house = await new_house(
        'rules:\n  - {id: up, type: threshold, on: X, above: 10, notify: {expires: "2025-07-17"}}\n'
    )
    await house.at(NOON)
    for day in (1, 2):
        await house.at(NOON + day * DAY - 12 * HOUR + MINUTE)
        await house.at(NOON + day * DAY, X=9)
        await house.begin()
        await house.at(NOON + day * DAY + MINUTE, X=11)
    events = await house.events()
    assert [(event["topic"], event["notice"]) for event in events] == [
        ("alert/up/expired/event", "expired")
    ]


async def test_a_drill_goes_the_whole_way_and_leaves_nothing(
    new_house: NewHouse, mosquitto: TestBroker, tag: str
) -> None:
    """It arrives with `test`, a text that says so, and no state changes (row E38)."""
    house = await new_house(
        "rules:\n"
        "  - {id: up, type: threshold, on: X, above: 10, severity: critical}\n"
        "  - {id: down, type: threshold, on: X, below: 1, recover: 10, for: 10m}\n"
    )
    await house.at(NOON, X=11)
    remembered = await house.cells()
    await house.command(NOON + MINUTE, DrillAlert(rule="down"))
    await house.command(NOON + 2 * MINUTE, DrillAlert(rule="up", key="X"))
    await house.begin()
    fire, *tests = await house.events()
    assert (fire["rule"], fire["test"]) == ("up", False)
    assert [(it["rule"], it["key"], it["test"], it["notice"]) for it in tests] == [
        ("down", "X", True, "drill"),
        ("up", "X", True, "drill"),
    ]
    assert [it["topic"] for it in tests] == ["alert/down/X/event", "alert/up/X/event"]
    assert {it["summary"].partition(":")[0] for it in tests} == {"TEST, nothing happened"}
    assert tests[0]["summary"].endswith("is 11, level 1.")
    assert [it["number"] for it in tests] == [0, 0]
    assert (tests[1]["severity"], tests[1]["value"], tests[1]["threshold"]) == ("critical", 11, 10)
    assert await house.cells() == remembered
    async with listening(mosquitto.url, f"hashhedge/v1/{tag}/alert/+/+/state") as late:
        states = {m.json["rule"]: m.json for m in await late.wait_for("/state", 2)}
    assert states["up"]["id"] == fire["id"]
    assert "down" not in states
