"""A button of a push that really arrives at a phone's server, pressed at a whole service."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from alerts.channels.base import Action, Stage
from alerts.channels.buttons import LIFE_MS, Buttons, Press, buttons, token_of
from alerts.channels.catalogue import open_channel
from monitor.core.clock import HOUR, MINUTE, SECOND, SystemClock, parse_iso
from monitor.domain.commands import Reply
from monitor.web.outbound import outbound
from monitor.web.press_page import SCRIPT
from tests.channels import context, far, message
from tests.commanding import BOB, KEY, KEYS, Room, commanded, order, stamped
from tests.servers import TestBroker, TestRedis, program
from tests.transitions import transition

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

STAGE = """
const elements = {says: {textContent: ""}, press: {hidden: true, disabled: false}};
globalThis.document = {getElementById: name => elements[name]};
Object.defineProperty(globalThis, "navigator", {value: {language: LANGUAGE}});
globalThis.location = {hash: HASH};
const real = globalThis.fetch;
globalThis.fetch = (url, how) => real(new URL(url, BASE), how);
SCRIPT
(async () => {
  const before = {...elements.says, label: elements.press.textContent, hidden: elements.press.hidden};
  if (elements.press.onclick) { await elements.press.onclick(); }
  console.log(JSON.stringify({before, after: elements}));
})();
"""
"""What a browser gives to the script of a page, as far as it asks for it."""


@pytest.fixture
async def room(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> AsyncIterator[Room]:
    """Give a service whose one alert fires."""
    async with commanded(own_redis, own_mosquitto, tmp_path) as found:
        await found.price(11)
        yield found


async def since(room: Room) -> int:
    """Return when the episode began that fires now, ms UTC."""
    return parse_iso((await room.state("firing"))["since"])


async def offered(room: Room, key: str = KEY, user: str = "anna") -> tuple[Action, ...]:
    """Return the buttons that the courier would put below the alert that fires."""
    made = Buttons(user=user, base_url=room.service.url, key=key)
    fired = transition(rule="x-high", key="X", since=await since(room))
    return buttons(made, fired, SystemClock().now(), "https://grafana.example.org/d/x")


async def pushed(actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    """Send a message through the channel; return the buttons that the fake ntfy got."""
    async with far(body=b'{"id": "a1"}') as ntfy, outbound() as post:
        told = {"topic": "anna", "url": ntfy.url}
        async with open_channel(context(post), "ntfy", told) as channel:
            await channel.send(message(Stage.FIRING, actions=actions))
    shown: list[dict[str, Any]] = ntfy.received[0].json["actions"]
    return shown


async def pressed(button: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Do what a phone does when a button is pressed: the request that the payload describes."""
    async with (
        aiohttp.ClientSession() as phone,
        phone.request(
            button["method"], button["url"], headers=button["headers"], data=button["body"]
        ) as answer,
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return answer.status, await answer.json()


async def test_a_button_takes_an_alert_on(room: Room) -> None:
    """Three buttons; one press acks, another press is the same one, as one snoozes (row F20)."""
    ack, snooze, chart = await pushed(await offered(room))
    assert chart["action"] == "view"
    status, answer = await pressed(ack)
    assert (status, answer["accepted"], answer["state"]) == (200, True, "acked")
    assert (answer["by"], answer["verb"], answer["repeated"]) == ("anna", "alert.ack", False)
    state = await room.state("acked")
    assert (state["ack"]["by"], state["ack"]["until"]) == ("anna", "resolved")
    status, answer = await pressed(ack)
    assert (status, answer["repeated"]) == (200, True)
    now = SystemClock().now()
    status, answer = await pressed(snooze)
    assert (status, answer["accepted"]) == (200, True)
    trail = [it for it in await room.trail() if isinstance(it, Reply)]
    assert len(trail) == 2
    await room.settled()
    until = parse_iso(room.listener.on("/x-high/X/state")[-1].json["ack"]["until"])
    assert now + 29 * MINUTE < until < now + 31 * MINUTE
    assert await room.counted() == {"done": 2, "repeated": 1}


async def test_a_button_of_an_earlier_fire_takes_nothing_on(room: Room) -> None:
    """It has ended and fires again: whoever finds the old notice has not seen the new one."""
    ack = (await pushed(await offered(room)))[0]
    await room.price(1)
    await room.state("resolved")
    status, answer = await pressed(ack)
    assert (status, answer["accepted"]) == (422, False)
    await room.price(11)
    newer = (await pushed(await offered(room)))[0]
    status, answer = await pressed(snooze_of(ack))
    assert (status, answer["accepted"]) == (422, False)
    assert "fires anew" in answer["text"] or "does not fire" in answer["text"]
    assert (await pressed(newer))[0] == 200


def snooze_of(button: dict[str, Any]) -> dict[str, Any]:
    """Return the snooze that stood beside this acknowledgement."""
    said = button["body"].split(".")[1]
    raw = json.loads(base64_of(said))
    press = Press(user=raw[0], verb="snooze", rule=raw[2], key=raw[3], since=raw[4], ends_s=raw[5])
    return {**button, "body": token_of(press, KEY)}


def base64_of(said: str) -> bytes:
    """Return the bytes behind URL-safe base64 without padding."""
    from base64 import urlsafe_b64decode  # noqa: PLC0415  # here alone

    return urlsafe_b64decode(said + "=" * (-len(said) % 4))


async def test_a_bad_button_changes_nothing_and_is_counted(room: Room) -> None:
    """Forged, of another's key, expired, of nobody, no token at all; no key in any log (F14, F20)."""
    good = (await pushed(await offered(room)))[0]
    bobs = (await offered(room, key=BOB))[0]
    nobodys = (await offered(room, user="carl", key="not signed by a user that is known here"))[0]
    began, now = await since(room), SystemClock().now()
    ended = (now - LIFE_MS) // SECOND
    old = Press(user="anna", verb="ack", rule="x-high", key="X", since=began, ends_s=ended)
    length = await room.redis.xlen(KEYS.ticks)
    refused = {
        good["body"][:-2] + "AA": (403, "forbidden"),
        bobs.body: (403, "forbidden"),
        nobodys.body: (403, "forbidden"),
        token_of(old, KEY): (403, "forbidden"),
        "h1.nothing.here": (400, "malformed"),
        "x" * 2_000: (413, "too_large"),
        "": (400, "malformed"),
    }
    with capture_logs() as logs:
        for token, told in refused.items():
            status, answer = await pressed({**good, "body": token})
            assert (status, answer["error"]) == told
            assert not answer["accepted"]
    assert await room.redis.xlen(KEYS.ticks) == length
    assert [it["road"] for it in logs if it["event"] == "command.refused"] == ["button"] * 7
    assert KEY not in str(logs)
    assert BOB not in str(logs)
    assert good["body"] not in str(logs)
    assert (await room.counted()) == {
        "bad_signature": 3,
        "old_timestamp": 1,
        "malformed": 2,
        "too_large": 1,
    }
    assert {it.road for it in await room.refused()} == {"button"}


async def test_a_button_is_no_key_to_the_other_doors(room: Room) -> None:
    """What a push holds signs no command: not for its own verb, not for another."""
    good = (await pushed(await offered(room)))[0]
    body = order("stolen", "rules.reload", rule="")
    for stolen in (good["body"], good["body"].rpartition(".")[2]):
        async with room.session.post(
            "/api/v1/command", data=body, headers=stamped(body, key=stolen)
        ) as answer:
            assert answer.status == 403


async def test_a_key_that_is_taken_out_takes_its_buttons_along(room: Room, tmp_path: Path) -> None:
    """The file of users is read anew: nobody presses with a key that is no more."""
    good = (await pushed(await offered(room)))[0]
    (tmp_path / "users").write_text(f"bob {BOB}\n", encoding="utf-8")
    status, answer = await pressed(good)
    assert (status, answer["error"]) == (403, "forbidden")


async def test_a_link_that_is_only_looked_at_presses_nothing(room: Room) -> None:
    """The page is the same for everybody, says nothing by itself, and lets no other script in."""
    ack = (await offered(room))[0]
    async with room.session.get(ack.page) as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert ack.body not in page
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "sha256-" in policy
    assert (await room.state("firing"))["ack"] is None


async def test_the_page_presses_what_is_in_its_address(room: Room) -> None:
    """Its script, run as a browser would: it shows the alert, and one press acks."""
    ack = (await offered(room))[0]

    async def shown(fragment: str, language: str) -> dict[str, Any]:
        text = STAGE.replace("HASH", json.dumps(f"#{fragment}"))
        text = text.replace("BASE", json.dumps(f"{room.service.url}/press"))
        text = text.replace("LANGUAGE", json.dumps(language)).replace("SCRIPT", SCRIPT)
        ran = await asyncio.to_thread(
            subprocess.run,
            [program("node"), "-e", text],
            capture_output=True,
            timeout=30,
            check=True,
        )
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    nothing = await shown("", "en-GB")
    assert nothing["before"]["textContent"] == "There is no button in this link."
    assert nothing["before"]["hidden"]
    assert (await room.state("firing"))["ack"] is None
    found = await shown(ack.body, "zh-CN")
    assert found["before"] == {"textContent": "x-high · X", "label": "确认", "hidden": False}
    assert found["after"]["says"]["textContent"].startswith("acknowledged x-high for X")
    assert found["after"]["press"]["hidden"]
    assert (await room.state("acked"))["ack"]["by"] == "anna"


def test_a_button_lives_for_a_night() -> None:
    """Long enough to wake up to, short enough to forget."""
    assert 8 * HOUR <= LIFE_MS <= 24 * HOUR
