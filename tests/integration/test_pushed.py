"""From a price to a telephone and back: a service, its users' file, and the channels' other sides."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.channels import KEY, Far, far
from tests.command import hashhedge
from tests.commanding import Room, commanded
from tests.servers import TestBroker, TestRedis
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@asynccontextmanager
async def pushing(
    folder: Path, redis: TestRedis, broker: TestBroker, *channels: dict[str, Any]
) -> AsyncIterator[Room]:
    """Run a service whose user anna is reached by these channels, and may command."""
    people = folder / "people.yaml"
    people.write_text(
        json.dumps({"users": [{"name": "anna", "channels": list(channels)}]}), encoding="utf-8"
    )
    public = "https://alerts.example.org"
    async with commanded(redis, broker, folder, users=people, public_url=public) as room:
        yield room


def ntfy(there: Far) -> dict[str, Any]:
    """Return the channel to this ntfy."""
    return {"kind": "ntfy", "topic": "anna", "url": there.url, "token": "NTFY_TOKEN"}


async def kept(room: Room, url: str, rule: str, key: str) -> list[list[tuple[str, str, str]]]:
    """Return what the trail has of an alert, by the command line and by a question over MQTT."""
    trail = ("alert", "history", rule, key, "-o", "json", "--redis-url", url)
    said = await asyncio.to_thread(hashhedge, *trail)
    asked = json.dumps({"id": "h", "verb": "history", "wish": {"rule": rule, "key": key}})
    answer = await room.ask(asked.encode(), verb="history")
    return [
        [(it["event"], it["id"], it["summary"]) for it in said.json],
        [(it["state"], it["id"], it["summary"]) for it in answer["history"]],
    ]


async def got(there: Far, count: int) -> list[Any]:
    """Return what arrived, when there is so much of it."""
    await wait_until(lambda: len(there.received) >= count, f"{count} messages", 20)
    return [it.json for it in there.received]


async def test_a_price_wakes_a_phone_and_a_press_answers(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three buttons or what of them there is; a press acks; the end edits the notice (F17, F18, F20)."""
    monkeypatch.setenv("NTFY_TOKEN", KEY)
    async with (
        far(body=b'{"id": "a1"}') as phone,
        pushing(tmp_path, own_redis, own_mosquitto, ntfy(phone)) as room,
        aiohttp.ClientSession() as session,
    ):
        await room.price(11)
        (told,) = await got(phone, 1)
        assert phone.received[0].headers["Authorization"] == f"Bearer {KEY}"
        assert (told["topic"], told["priority"]) == ("anna", 4)
        ack, snooze = told["actions"][:2]
        assert [it["label"] for it in (ack, snooze)] == ["Acknowledge", "Snooze 30 min"]
        assert ack["url"] == "https://alerts.example.org/api/v1/press"
        async with session.post(
            f"{room.service.url}/api/v1/press", data=ack["body"], headers=ack["headers"]
        ) as answer:
            assert answer.status == 200
            assert (await answer.json())["state"] == "acked"
        assert (await room.state("acked"))["ack"]["by"] == "anna"
        await room.price(1)
        fire, end = await got(phone, 2)
        assert fire["sequence_id"] == end["sequence_id"]
        assert "actions" not in end
        assert end["tags"][0] == "white_check_mark"


async def test_a_key_that_ran_out_hands_over_to_the_next_channel(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ntfy answers 401: reason `auth`, the second channel has it, ops hear it once (row F28)."""
    monkeypatch.setenv("NTFY_TOKEN", KEY)
    monkeypatch.setenv("HOOK", KEY)
    async with (
        far(status=401, body=b'{"code": 40101, "error": "unauthorized"}') as phone,
        far() as desk,
        pushing(
            tmp_path,
            own_redis,
            own_mosquitto,
            ntfy(phone),
            {"kind": "webhook", "url": desk.url, "secret": "HOOK"},
        ) as room,
    ):
        await room.price(11)
        (told,) = await got(desk, 1)
        assert (told["user"], told["rule"], told["stage"]) == ("anna", "x-high", "firing")
        assert len(phone.received) == 1
        (heard,) = await room.listener.wait_for("/channel-failed/ntfy/event")
        assert "auth" in heard.json["summary"]
        told_once = [("noted", heard.json["id"], heard.json["summary"])]
        assert await kept(room, own_redis.url, "channel-failed", "ntfy") == [told_once] * 2
        async with room.session.get("/metrics") as page:
            lines = (await page.text()).splitlines()
        line = 'hashhedge_channel_failures_total{channel="ntfy",reason="auth"} 1.0'
        assert line in lines
        # the key is mended: the next alert goes by the phone again
        phone.status, phone.body = 200, b'{"id": "a1"}'
        monkeypatch.setenv("NTFY_TOKEN", "tk_new")
        begun = time.monotonic()
        await room.price(1)
        await got(phone, 2)
        assert phone.received[-1].headers["Authorization"] == "Bearer tk_new"
        assert time.monotonic() - begun < 20


async def test_a_chat_holds_no_fire_that_nobody_closed(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end edits the very message that told of the fire, whose number is kept in Redis."""
    monkeypatch.setenv("BOT", KEY)
    async with (
        far(body=b'{"ok": true, "result": {"message_id": 17}}') as chat,
        pushing(
            tmp_path,
            own_redis,
            own_mosquitto,
            {"kind": "telegram", "chat": 42, "url": chat.url, "token": "BOT"},
        ) as room,
    ):
        await room.price(11)
        await got(chat, 1)
        await room.price(1)
        fire, end = await got(chat, 2)
        assert [it.path.rpartition("/")[2] for it in chat.received] == [
            "sendMessage",
            "editMessageText",
        ]
        assert end["message_id"] == 17
        (row,) = fire["reply_markup"]["inline_keyboard"]
        assert row[0]["url"].startswith("https://alerts.example.org/press#h1.")
        assert "reply_markup" not in end
        (kept,) = [key async for key in room.redis.scan_iter("*:named:*")]
        assert 0 < await room.redis.pttl(kept) <= 7 * 86_400_000
