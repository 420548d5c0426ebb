"""Every message of a service with users and commands is what the published contract says (D20, F01, F30)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from alerts.schemas.sizes import MAX_BYTES
from monitor.core.clock import SystemClock, iso
from monitor.domain.questions import MAX_HISTORY
from monitor.store.ticks import append_raw
from tests.commanding import BASE, HOUR, KEYS, RULES, Room, commanded, order, stamped
from tests.listeners import Heard
from tests.publishing import Contract
from tests.servers import TestBroker, TestRedis
from tests.waiting import wait_for
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CONTRACT = Contract()
USERS = """\
users:
  - name: bob
"""
SHARES = [f"SHARE-{place:02}" for place in range(40)]
MANY = (
    "groups:\n  - {name: market, by: [], wait: 1s}\n"
    + RULES
    + "".join(
        f"  - {{id: {name.lower()}-is-high, type: threshold, on: {name}, above: 10, recover: 5,"
        f" notify: {{{'group: market' if place % 2 else ''}}}}}\n"
        for place, name in enumerate(SHARES)
    )
)


def asleep() -> str:
    """Return the users while it is bob's night."""
    now = SystemClock().now()
    begin, end = (iso(now + hours * HOUR)[11:16] for hours in (-1, 2))
    return f'{USERS}    quiet: [{{from: "{begin}", to: "{end}"}}]\n'


@pytest.fixture
async def room(own_redis: TestRedis, mosquitto: TestBroker, tmp_path: Path) -> AsyncIterator[Room]:
    """Give a service that tells bob of everything in his inbox, and anna who commands."""
    file = tmp_path / "users.yaml"
    file.write_text(asleep(), encoding="utf-8")
    async with commanded(own_redis, mosquitto, tmp_path, rules=MANY, users=file) as found:
        yield found


def meets_the_contract(message: Heard) -> bool:
    """Tell whether a message is one, and only one, of those that its topic may have."""
    (channel,) = CONTRACT.channels_of(message.topic)
    cleared = message.payload == b""
    return cleared or len(CONTRACT.message_of(channel, message.payload)) == 1


async def tell(room: Room, value: float) -> None:
    """Tell the price of all shares at once."""
    at = SystemClock().now()
    quotes = [quote(name, value, at, fresh_ms=HOUR) for name in SHARES]
    await append_raw(room.redis, KEYS, quotes, at)
    await room.settled()


async def holds(room: Room, name: str, count: int) -> bool:
    """Tell whether so many letters wait for a user."""
    found: Any = await room.redis.hkeys(KEYS.held(name))
    return len(found) == count


async def ask(room: Room, name: str, verb: str, **wish: Any) -> dict[str, Any]:
    """Ask anna's question over MQTT."""
    body = json.dumps({"id": name, "verb": verb, "wish": wish}).encode()
    return await room.ask(body, verb=verb)


async def over_http(room: Room, name: str, verb: str, **wish: Any) -> dict[str, Any]:
    """Ask the same of a page, where an answer is as long as it is."""
    body = json.dumps({"id": name, "verb": verb, "wish": wish}).encode()
    async with room.session.post("/api/v1/command", data=body, headers=stamped(body)) as page:
        answer: dict[str, Any] = await page.json()
        return answer


async def test_a_drill_is_what_the_contract_says(room: Room) -> None:
    """On the alert's own topic, in an inbox, and in the answer (rows D20, F01)."""
    (room.book.parent / "users.yaml").write_text(USERS, encoding="utf-8")
    await room.price(11)
    await room.listener.wait_for("/user/bob/inbox")
    answer = await room.ask(order("d", "alert.drill"), verb="alert.drill")
    events = await room.listener.wait_for("/alert/x-high/X/event", 2)
    letters = await room.listener.wait_for("/user/bob/inbox", 2)
    assert [(it.json["test"], it.json["number"]) for it in events] == [(False, 1), (True, 0)]
    assert [it.json["id"] for it in letters] == [it.json["id"] for it in events]
    assert (answer["matched"], answer["firing"]) == (1, 1)
    heard = room.listener.heard
    assert {it.topic.removeprefix(f"{BASE}/") for it in heard} >= {
        "alert/x-high/X/event",
        "alert/x-high/X/state",
        "cmd/alert.drill",
        "status/detail",
        "user/anna/reply/phone",
        "user/bob/inbox",
    }
    assert [it for it in heard if not meets_the_contract(it)] == []


async def test_no_message_is_too_large_for_a_watch(room: Room) -> None:
    """Forty alerts at once: digests and answers have what fits, and say how much more there is (F30)."""
    listener = room.listener
    for value in (11, 1, 12):
        await tell(room, value)
    (together, *_) = await listener.wait_for("/alert/digest/market/event")
    await wait_for(lambda: holds(room, "bob", 61), "all is held", 30)
    (room.book.parent / "users.yaml").write_text(USERS, encoding="utf-8")
    (letter,) = await listener.wait_for("/user/bob/inbox", timeout=30)
    for digest, alerts in ((together.json, 20), (letter.json, 21)):
        assert len(digest["lines"]) + digest["more"] == alerts
        assert len(digest["lines"]) == len(digest["members"])
        assert 8 <= len(digest["lines"]) < alerts

    whole = (await over_http(room, "h", "history", count=MAX_HISTORY))["history"]
    asked = json.dumps({"id": "p", "verb": "history", "wish": {"count": MAX_HISTORY}}).encode()
    parts = await room.ask_all(asked, verb="history")
    assert len(parts) > 3
    assert [it for part in parts for it in part["history"]] == whole
    assert len(json.dumps(whole)) > 3 * MAX_BYTES
    tail = await ask(room, "t", "history", before=whole[-1]["id"], count=3)
    assert tail["history"] == whole[-4:-1]
    lost = await ask(room, "lost", "history", before="0" * 32)
    assert (lost["accepted"], lost["hint"]) == (False, "ask anew without `before`")

    everything = (await over_http(room, "r", "report"))["report"]
    short = (await ask(room, "s", "report"))["report"]
    for name in ("firing", "companies"):
        assert len(short[name]) + short["more"].get(name, 0) == len(everything[name])
    assert short["firing"] == everything["firing"][-len(short["firing"]) :]
    assert everything["more"] == {}
    one = await ask(room, "o", "report", company="RIOT")
    assert (list(one["report"]["companies"]), one["report"]["more"]) == (["RIOT"], {})

    sent = [it for it in listener.heard if "/cmd/" not in it.topic]
    assert [it for it in sent if len(it.payload) > MAX_BYTES] == []
    assert [it for it in sent if not meets_the_contract(it)] == []
