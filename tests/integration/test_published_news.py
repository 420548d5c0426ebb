"""Every message of a service with users and commands is what the published contract says (D20, F01, F30)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.commanding import BASE, Room, commanded, order
from tests.listeners import Heard
from tests.publishing import Contract
from tests.servers import TestBroker, TestRedis

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CONTRACT = Contract()
USERS = """\
users:
  - name: bob
"""


@pytest.fixture
async def room(own_redis: TestRedis, mosquitto: TestBroker, tmp_path: Path) -> AsyncIterator[Room]:
    """Give a service that tells bob of everything in his inbox, and anna who commands."""
    file = tmp_path / "users.yaml"
    file.write_text(USERS, encoding="utf-8")
    async with commanded(own_redis, mosquitto, tmp_path, users=file) as found:
        yield found


def meets_the_contract(message: Heard) -> bool:
    """Tell whether a message is one, and only one, of those that its topic may have."""
    (channel,) = CONTRACT.channels_of(message.topic)
    cleared = message.payload == b""
    return cleared or len(CONTRACT.message_of(channel, message.payload)) == 1


async def test_a_drill_is_what_the_contract_says(room: Room) -> None:
    """On the alert's own topic, in an inbox, and in the answer (rows D20, F01)."""
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
