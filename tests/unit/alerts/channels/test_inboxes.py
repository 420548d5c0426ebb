"""What fills a team's inbox: a signed webhook, e-mail, and whatever apprise knows."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.base import Stage
from alerts.channels.catalogue import open_channel
from alerts.model import Severity
from monitor.core.clock import ManualClock
from monitor.core.errors import ConfigError
from monitor.web.outbound import outbound
from tests.channels import KEY, context, far, mail_server, message
from tests.transitions import AT

SAMPLE = Path(__file__).parents[4] / "docs" / "samples" / "push" / "verify.py"


def sample() -> Any:
    """Return the module that the document gives to receivers."""
    spec = importlib.util.spec_from_file_location("verify", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def nobody(*_: Any) -> Any:
    """Refuse to post: these channels do not."""
    raise AssertionError("nothing is posted")


async def test_a_webhook_is_signed_as_the_document_checks_it() -> None:
    """The document's own lines take it for five minutes, once, and nothing that was changed (I05)."""
    clock = ManualClock(AT)
    told = {"secret": "THE_KEY"}
    async with far() as there, outbound() as post:
        opened = open_channel(context(post, clock), "webhook", told | {"url": f"{there.url}/hook"})
        async with opened as channel:
            await channel.send(message())
            clock.advance(60)
            await channel.send(message())
    first, again = there.received
    verify, now = sample(), AT / 1_000
    headers = dict(first.headers)
    assert verify.is_genuine(headers, first.body, KEY, now)
    assert verify.is_genuine(headers, first.body, KEY, now + 300)
    assert not verify.is_genuine(headers, first.body, KEY, now + 301)
    assert not verify.is_genuine(headers, first.body, KEY, now - 301)
    assert not verify.is_genuine(headers, first.body, KEY)
    assert not verify.is_genuine(headers, first.body + b" ", KEY, now)
    assert not verify.is_genuine(headers, first.body, "another key", now)
    late = str(AT // 1_000 + 200)
    assert not verify.is_genuine(headers | {"X-Hashhedge-Timestamp": late}, first.body, KEY, now)
    assert not verify.is_genuine({}, first.body, KEY, now)
    assert verify.is_genuine(dict(again.headers), again.body, KEY, now + 60)
    once = verify.Once()
    assert first.json["id"] == again.json["id"] == first.headers["X-Hashhedge-Id"]
    assert [once.is_new(it.json["id"], now) for it in (first, again)] == [True, False]
    assert once.is_new(first.json["id"], now + 601)


async def test_a_webhook_has_the_alert_as_data() -> None:
    """Every field of the document; the buttons only where they are asked for."""
    async with far() as there, outbound() as post:
        told: dict[str, Any] = {"url": there.url, "secret": "THE_KEY"}
        for more in ({}, {"actions": True}):
            async with open_channel(context(post), "webhook", told | more) as channel:
                await channel.send(message(Stage.FIRING))
    plain, whole = (it.json for it in there.received)
    assert "actions" not in plain
    assert [it["verb"] for it in whole["actions"]] == ["ack", "snooze", ""]
    assert plain["schema"] == "urn:hashhedge:schema:push:1"
    assert (plain["stage"], plain["severity"], plain["rule"]) == ("firing", "warning", "margin-low")
    assert plain["at"] == "2026-01-12T14:56:00.000Z"
    assert plain["ended_at"] is None
    page = (SAMPLE.parents[2] / "push.md").read_text(encoding="utf-8")
    assert [name for name in whole if f"`{name}`" not in page] == []


async def test_the_mails_of_an_alert_are_one_thread() -> None:
    """Subject, text, links, and one name in `References` from fire to end."""
    async with mail_server() as (box, port):
        told = {
            "host": "127.0.0.1",
            "port": port,
            "sender": "watch@example.org",
            "to": ["ana@example.org", "bob@example.org"],
            "security": "none",
            "user": "watch",
            "password": "THE_KEY",
        }
        async with open_channel(context(nobody), "email", told) as channel:
            assert await channel.send(message()) == ""
            await channel.send(message(Stage.RESOLVED))
            await channel.send(message(thread="ana|riot|2"))
    mails = [message_from_string(it) for it in box.mails]
    assert len(mails) == 6
    assert {it["To"] for it in mails} == {"ana@example.org", "bob@example.org"}
    assert all("watch@example.org" in it["From"] for it in mails)
    assert str(mails[0]["Subject"]) == "RIOT mining margin 8 % is below 10 %"
    text = mails[0].get_payload(decode=True)
    assert isinstance(text, bytes)
    assert b"8.0 %, level 10 %." in text
    assert b"Acknowledge: https://alerts.example.org/press#h1.claims.signature" in text
    names = [it["References"] for it in mails]
    assert names[0] == names[1] == names[2] == names[3] != names[4]
    assert names[0].endswith("@hashhedge>")
    assert mails[0]["In-Reply-To"] == names[0]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"host": "not a host"}, "host"),
        ({"password": ""}, "go together"),
        ({"security": "none"}, "unencrypted"),
        ({"to": []}, "to"),
        ({"to": ["ana@example.org,eve@example.org"]}, "to"),
        ({"sender": "ana"}, "sender"),
        ({"security": "tls"}, "security"),
        ({"port": 0}, "port"),
    ],
)
def test_what_is_wrong_with_mail_settings_is_said(wrong: dict[str, Any], why: str) -> None:
    """By the name of the field."""
    told: dict[str, Any] = {
        "host": "smtp.example.org",
        "sender": "watch@example.org",
        "to": ["ana@example.org"],
        "user": "watch",
        "password": "THE_KEY",
    }
    open_channel(context(nobody), "email", told)
    with pytest.raises(ConfigError) as raised:
        open_channel(context(nobody), "email", told | wrong)
    assert why in str(raised.value)
    assert "channel email" in str(raised.value)


class Heard(logging.Handler):
    """What reaches the root logger, and so a file or a terminal."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Listen to all that is logged."""
    root, handler = logging.getLogger(), Heard()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


async def test_apprise_gets_its_keys_by_name(heard: Heard) -> None:
    """A key with any letter in it arrives whole; nothing of apprise's own log comes out."""
    async with far(body=b"ok") as there:
        url = f"json://ana:{{THE_KEY}}@127.0.0.1:{there.port}/x?rto=2"
        async with open_channel(context(nobody), "apprise", {"url": url}) as channel:
            await channel.send(message(severity=Severity.CRITICAL))
            await channel.send(message(Stage.RESOLVED))
    first, last = (it.json for it in there.received)
    assert (first["title"], first["type"]) == ("RIOT mining margin 8 % is below 10 %", "failure")
    assert last["type"] == "success"
    assert "Open chart: https://alerts.example.org/d/riot" in first["message"]
    assert there.received[0].headers["Authorization"].startswith("Basic ")
    assert [it.getMessage() for it in heard.records if it.name.startswith("apprise")] == []
    assert not any(KEY in it.getMessage() for it in heard.records)


async def test_a_service_that_apprise_does_not_know_is_said_without_its_address() -> None:
    """Only the word before the colon is shown."""
    for url in ("nonsense://{THE_KEY}/x", "slack://{THE_KEY}"):
        with pytest.raises(ConfigError) as raised:
            async with open_channel(context(nobody), "apprise", {"url": url}):
                pass
        assert url.partition(":")[0] in str(raised.value)
        assert KEY not in str(raised.value)
