"""Questions over MQTT and HTTP: the news of before for whoever was away, and how things stand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.questions import MAX_HISTORY
from tests.commanding import BOB, KEYS, RULES, Room, commanded, enveloped, order, stamped
from tests.servers import TestBroker, TestRedis
from tests.waiting import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

MORE = RULES + "  - {id: x-higher, type: threshold, on: X, above: 20, recover: 15}\n"


@pytest.fixture
async def room(own_redis: TestRedis, mosquitto: TestBroker, tmp_path: Path) -> AsyncIterator[Room]:
    """Give a service whose alerts have fired and ended many times."""
    async with commanded(own_redis, mosquitto, tmp_path, rules=MORE) as found:
        for _ in range(6):
            await found.price(21)
            await found.price(1)
        await found.price(11)
        yield found


def told(room: Room, rule: str = "") -> list[str]:
    """Return the ids of the events that a listener heard, in order."""
    events = [it.json for it in room.listener.on("/X/event")]
    return [it["id"] for it in events if not rule or it["rule"] == rule]


async def ask(room: Room, name: str, verb: str = "history", **wish: Any) -> dict[str, Any]:
    """Ask anna's question on its own topic."""
    body = json.dumps({"id": name, "verb": verb, "wish": wish}).encode()
    return await room.ask(body, verb=verb)


async def history(room: Room, name: str, **wish: Any) -> list[dict[str, Any]]:
    """Ask for news; they may come in parts."""
    body = json.dumps({"id": name, "verb": "history", "wish": wish}).encode()
    parts = await room.ask_all(body, verb="history")
    assert {(it["accepted"], it["verb"], it["by"]) for it in parts} == {(True, "history", "anna")}
    return [news for part in parts for news in part["history"]]


async def test_the_last_twenty_come_in_order_with_their_ids(room: Room) -> None:
    """What a client missed, the oldest first, each under the id of its event (row F29)."""
    await room.listener.wait_for("/X/event", 25)
    length = await room.redis.xlen(KEYS.ticks)
    news = await history(room, "1")
    assert len(news) == 20
    times = [it["time"] for it in news]
    assert times == sorted(times)
    assert {it["id"] for it in news} <= set(told(room))
    last = [it for it in news if it["rule"] == "x-high"][-3:]
    assert [it["id"] for it in last] == told(room, "x-high")[-3:]
    assert [it["state"] for it in last] == ["firing", "resolved", "firing"]
    assert await room.redis.xlen(KEYS.ticks) == length  # nothing has gone among the prices

    answer = await ask(room, "2", rule="x-higher", count=3)
    assert [it["id"] for it in answer["history"]] == told(room, "x-higher")[-3:]
    assert (await ask(room, "3", company="RIOT"))["history"] == []
    everything = await history(room, "4", count=MAX_HISTORY, key="X")
    assert {it["id"] for it in everything} == set(told(room))
    assert (await ask(room, "5", count=MAX_HISTORY + 1))["error"] == "malformed"


async def test_over_http_and_in_3_1_1_it_is_the_same(room: Room, mosquitto: TestBroker) -> None:
    """A page answers 200 with the list; a payload of 3.1.1 is answered in its room."""
    body = json.dumps({"id": "h", "verb": "history", "wish": {"count": 2}}).encode()
    async with room.session.post("/api/v1/command", data=body, headers=stamped(body)) as page:
        answer = await page.json()
    assert (page.status, answer["accepted"], len(answer["history"])) == (200, True, 2)
    before = len(room.replies())
    await room.publish(enveloped(body, correlation="mine"), verb="history", reply_to="")
    heard = (await room.replied(before + 1))[-1].json
    assert (heard["correlation"], heard["history"]) == ("mine", answer["history"])
    await room.publish(body, verb="history", reply_to="")  # not signed
    counts = await room.counted()
    assert counts["done"] == 2


async def test_nobody_hears_of_another_users_rules(room: Room) -> None:
    """Bob's own rule and its news are his; anna's list and report have neither."""
    rule = {"id": "mine", "type": "threshold", "on": "X", "above": 30, "recover": 25}
    body = order("r", "rule.set", rule=rule)
    await room.publish(body, stamped(body, "bob", BOB), verb="rule.set", reply_to="")
    await room.listener.wait_for("/user/bob/reply")
    await room.price(31)
    await room.listener.wait_for("/user/bob/event/mine.X")
    hers = await history(room, "1", count=MAX_HISTORY)
    assert {it["rule"] for it in hers} == {"x-high", "x-higher"}
    assert (await ask(room, "2", mine=True))["history"] == []
    report = await ask(room, "3", verb="report")
    assert {it["rule"] for it in report["report"]["firing"]} == {"x-high", "x-higher"}
    question = json.dumps({"id": "q", "verb": "history", "wish": {"mine": True}}).encode()
    signed = stamped(question, "bob", BOB)
    async with room.session.post("/api/v1/command", data=question, headers=signed) as page:
        his = await page.json()
    assert {it["rule"] for it in his["history"]} == {"bob.mine"}


async def test_a_report_says_how_things_stand(room: Room) -> None:
    """What fires, which feeds are not well, and the headline of each company (row F13)."""
    await room.listener.wait_for("/X/event", 25)
    await room.listener.wait_for("/company/RIOT/state", timeout=30)
    # the broker may have kept that state of another test's service: ask when this one has shown it
    await wait_for(lambda: room.redis.scard(KEYS.companies), "the companies to be shown")
    answer = await ask(room, "1", verb="report")
    report = answer["report"]
    assert [(it["rule"], it["key"], it["state"]) for it in report["firing"]] == [
        ("x-high", "X", "firing")
    ]
    assert answer["firing"] == 1
    assert set(report["companies"]) >= {"RIOT", "HIVE", "CORZ"}
    assert report["companies"]["RIOT"]["mining_margin_ratio"] is None  # no market here: not 0
    assert "mining_margin_ratio" not in report["companies"]["CRWV"]
    assert report["market"] == {"BTC-USD": None, "hashprice_usd_ph_day": None}
    assert (report["feeds"], report["unwell"]) == (0, {})
    assert answer["text"].startswith("1 alert fires; 0 of 0 feeds")
