"""What wakes a phone: ntfy, Home Assistant's companion app, Telegram."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.channels.base import Message, Stage
from alerts.channels.catalogue import open_channel
from alerts.channels.notifier import tone_of
from alerts.model import Severity
from monitor.core.errors import ConfigError
from monitor.web.outbound import outbound
from tests.channels import HOOK, KEY, Far, Received, context, far, message

NTFY = {"topic": "ana", "token": "THE_KEY"}
COMPANION = {"service": "mobile_app_anas_phone", "token": "THE_KEY"}
TELEGRAM = {"chat": 42, "token": "THE_KEY"}
TOLD: dict[str, dict[str, Any]] = {
    "ntfy": {**NTFY},
    "homeassistant": {**COMPANION},
    "telegram": {**TELEGRAM},
}
PRESSED = f"{HOOK}/press#h1.claims.signature"
SNOOZED = f"{HOOK}/press#h1.other.signature"
CHART = f"{HOOK}/d/riot"


async def sent(kind: str, told: dict[str, Any], there: Far, *what: Message) -> list[str]:
    """Send these messages, and return the receipts."""
    async with (
        outbound() as post,
        open_channel(context(post), kind, {**told, "url": there.url}) as channel,
    ):
        return [await channel.send(it) for it in what]


async def test_ntfy_has_title_priority_tags_link_and_token() -> None:
    """The local ntfy receives all that a phone shows (row F17)."""
    async with far(body=b'{"id": "a1"}') as there:
        assert await sent("ntfy", NTFY, there, message()) == ["a1"]
    (got,) = there.received
    assert got.path == "/"
    assert got.headers["Authorization"] == f"Bearer {KEY}"
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"] == "hashhedge/9"
    told = got.json
    assert told["topic"] == "ana"
    assert told["title"] == "RIOT mining margin 8 % is below 10 %"
    assert told["message"].startswith("8.0 %, level 10 %.")
    assert told["priority"] == 4
    assert told["tags"] == ["warning", "firing", "RIOT"]
    assert told["click"] == CHART
    assert KEY not in got.body.decode()


async def test_a_notice_of_ntfy_is_edited_in_place() -> None:
    """Fire, worsen, resolve: one sequence id three times, and another for the next episode (F18)."""
    story = [
        message(),
        message(Stage.WORSENED, severity=Severity.CRITICAL),
        message(Stage.RESOLVED, severity=Severity.CRITICAL),
        message(thread="ana|riot|2"),
    ]
    async with far(body=b'{"id": "a1"}') as there:
        await sent("ntfy", NTFY, there, *story)
    names = [it.json["sequence_id"] for it in there.received]
    assert names[0] == names[1] == names[2] != names[3]
    assert all(len(name) == 32 and name.isalnum() for name in names)
    assert [it.json["priority"] for it in there.received] == [4, 5, 3, 4]
    assert [it.json["tags"][0] for it in there.received] == [
        "warning",
        "rotating_light",
        "white_check_mark",
        "warning",
    ]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("severity", Severity)
async def test_only_what_is_critical_and_not_over_wakes_anybody(
    stage: Stage, severity: Severity
) -> None:
    """Priority 5, `interruption-level: critical`, and Android's alarm for that alone (F19)."""
    what = message(stage, severity=severity)
    async with far(body=b'{"id": "a1"}') as ntfy, far(body=b"[]") as home:
        await sent("ntfy", NTFY, ntfy, what)
        await sent("homeassistant", COMPANION, home, what)
    loud = severity is Severity.CRITICAL and stage not in {Stage.RESOLVED, Stage.DIGEST}
    assert (ntfy.received[0].json["priority"] == 5) is loud
    data = home.received[0].json["data"]
    assert (data["push"]["interruption-level"] == "critical") is loud
    assert ("sound" in data["push"]) is loud
    assert (data.get("ttl") == 0) is loud
    assert (data.get("priority") == "high") is loud
    assert (data.get("channel") == "alarm_stream") is loud


@pytest.mark.parametrize("severity", Severity)
async def test_an_escalation_is_as_loud_as_can_be(severity: Severity) -> None:
    """Nobody acknowledged: the next is woken, whatever the alert's own severity (E26)."""
    what = message(Stage.REPEATED, severity=severity, escalated=True)
    async with far(body=b'{"id": "a1"}') as ntfy, far(body=b"[]") as home:
        await sent("ntfy", NTFY, ntfy, what)
        await sent("homeassistant", COMPANION, home, what)
    data = home.received[0].json["data"]
    assert ntfy.received[0].json["priority"] == 5
    assert (data["push"]["interruption-level"], data["channel"]) == ("critical", "alarm_stream")
    assert tone_of(what) == "failure"


async def test_ntfy_has_three_buttons() -> None:
    """Two post their token by themselves, one opens the chart (F20)."""
    async with far(body=b'{"id": "a1"}') as there:
        await sent("ntfy", NTFY, there, message())
    press, snooze, chart = there.received[0].json["actions"]
    assert press == {
        "action": "http",
        "label": "Acknowledge",
        "url": f"{HOOK}/api/v1/press",
        "method": "POST",
        "headers": {"Content-Type": "text/plain"},
        "body": "h1.claims.signature",
        "clear": True,
    }
    assert snooze["body"] == "h1.other.signature"
    assert chart == {"action": "view", "label": "Open chart", "url": CHART}


async def test_the_companion_app_is_called_by_its_service() -> None:
    """One `tag` from fire to end; buttons open the page that presses (F18, F20)."""
    async with far(body=b"[]") as there:
        await sent("homeassistant", COMPANION, there, message(), message(Stage.RESOLVED))
    first, last = there.received
    assert first.path == "/api/services/notify/mobile_app_anas_phone"
    assert first.headers["Authorization"] == f"Bearer {KEY}"
    assert first.json["title"] == "RIOT mining margin 8 % is below 10 %"
    data = first.json["data"]
    assert data["tag"] == last.json["data"]["tag"]
    assert (data["url"], data["clickAction"], data["group"]) == (CHART, CHART, "hashhedge")
    assert data["actions"] == [
        {"action": "URI", "title": "Acknowledge", "uri": PRESSED},
        {"action": "URI", "title": "Snooze 30 min", "uri": SNOOZED},
        {"action": "URI", "title": "Open chart", "uri": CHART},
    ]
    assert "actions" not in last.json["data"]


def bot(got: Received) -> tuple[int, bytes]:
    """Answer as the Bot API does: it knows message 17, and has forgotten 16."""
    number = got.json.get("message_id")
    if number == 16:
        text = b"Bad Request: message to edit not found"
        return 400, b'{"ok": false, "error_code": 400, "description": "%s"}' % text
    if number == 18:
        text = b"Bad Request: message is not modified: specified new content is the same"
        return 400, b'{"ok": false, "error_code": 400, "description": "%s"}' % text
    return 200, b'{"ok": true, "result": {"message_id": %d}}' % (number or 17)


async def test_telegram_closes_what_it_opened() -> None:
    """The end is an edit without a sound; what is worse is a new message that answers the first."""
    async with far(answers=bot) as there:
        receipts = await sent(
            "telegram",
            TELEGRAM,
            there,
            message(),
            message(Stage.WORSENED, earlier="17"),
            message(Stage.RESOLVED, earlier="17"),
        )
    assert receipts == ["17", "17", "17"]
    fire, worse, end = there.received
    assert fire.path == f"/bot{KEY}/sendMessage"
    assert fire.json["chat_id"] == 42
    assert fire.json["text"].startswith("RIOT mining margin 8 % is below 10 %\n\n8.0 %")
    (row,) = fire.json["reply_markup"]["inline_keyboard"]
    assert [it["url"] for it in row] == [PRESSED, SNOOZED, CHART]
    assert worse.json["reply_parameters"]["message_id"] == 17
    assert end.path == f"/bot{KEY}/editMessageText"
    assert "reply_markup" not in end.json  # which takes the buttons away
    assert end.json["text"].endswith(f"\n\n{CHART}")


async def test_telegram_writes_anew_what_it_cannot_edit() -> None:
    """The message was deleted: the end is told all the same; made already: it is done."""
    ends = [message(Stage.RESOLVED, earlier=number) for number in ("16", "18", "", "x")]
    async with far(answers=bot) as there:
        assert await sent("telegram", TELEGRAM, there, *ends) == ["17", "18", "17", "17"]
    assert [it.path.rpartition("/")[2] for it in there.received] == [
        "editMessageText",
        "sendMessage",
        "editMessageText",
        "sendMessage",
        "sendMessage",
    ]


async def test_telegram_gets_no_button_that_it_would_refuse() -> None:
    """It turns down a whole message with a link to this machine or to a bare name."""
    near = [
        it.__class__(
            **{name: getattr(it, name) for name in it.__slots__} | {"page": page, "url": page}
        )
        for it, page in zip(
            message().actions,
            ("http://127.0.0.1/press#t", "http://nas:9464/press#t", CHART),
            strict=True,
        )
    ]
    async with far(answers=bot) as there:
        await sent("telegram", TELEGRAM, there, message(actions=tuple(near)))
    (row,) = there.received[0].json["reply_markup"]["inline_keyboard"]
    assert [it["text"] for it in row] == ["Open chart"]


@pytest.mark.parametrize("kind", ["ntfy", "homeassistant", "telegram"])
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://push.example.org", "unencrypted"),
        ("https://ana:pw@push.example.org", "without user"),
        ("https://push.example.org/?auth=abc", "without user"),
        ("ftp://push.example.org", "no http"),
        ("push.example.org", "no http"),
        ("https://", "no http"),
        ("https://push.example.org:99999", "no http"),
    ],
)
def test_an_address_is_judged_before_a_key_goes_there(kind: str, url: str, why: str) -> None:
    """Unencrypted only to this machine, or where somebody says `insecure`; no key in the address."""
    told = TOLD[kind]

    async def nobody(*_: Any) -> Any:
        raise AssertionError("nothing is sent")

    with pytest.raises(ConfigError) as raised:
        open_channel(context(nobody), kind, {**told, "url": url})
    assert why in str(raised.value)
    assert f"channel {kind}: url" in str(raised.value)
    assert "pw" not in str(raised.value)
    if url.startswith("http:"):
        open_channel(context(nobody), kind, {**told, "url": url, "insecure": True})
