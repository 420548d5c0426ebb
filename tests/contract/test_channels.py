"""What holds for every channel, found by its place: taken, or the one named failure, and no key shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from alerts.channels.base import ChannelSpec, Message, Stage
from alerts.channels.catalogue import find_channels, open_channel
from alerts.model import Severity
from monitor.core.discovery import declared
from monitor.core.errors import ConfigError, DeliveryError
from monitor.web.outbound import outbound
from tests.channels import KEY, Far, context, far, mail_server, message, raw
from tests.waiting import wait_until

CHANNELS = find_channels()
LIMIT_S = 1.5
"""Of our own client in these tests; it has 10 s in life. apprise has its own, in the address."""


@dataclass(frozen=True)
class Side:
    """What a channel's other side says when all is well, and when it is not."""

    settings: dict[str, Any]
    good: bytes = b"{}"
    bad: str = '{"error": "%s"}'
    garbage_is_taken: bool = False
    receipt: str = ""

    def told(self, port: int) -> dict[str, Any]:
        """Return the settings for a server on `port` of this machine."""
        url = f"http://127.0.0.1:{port}"
        filled = {"URL": url, "PLACE": f"127.0.0.1:{port}"}
        return {
            name: text.format(**filled) if isinstance(text, str) else text
            for name, text in self.settings.items()
        }


SIDES = {
    "ntfy": Side(
        {"topic": "ana", "url": "{URL}", "token": "THE_KEY"},
        good=b'{"id": "hwQ2YpKdmg", "event": "message", "topic": "ana"}',
        bad='{"code": 40101, "http": 401, "error": "unauthorized: %s", "link": "https://ntfy.sh"}',
        receipt="hwQ2YpKdmg",
    ),
    "homeassistant": Side(
        {"url": "{URL}", "service": "mobile_app_anas_phone", "token": "THE_KEY"},
        good=b"[]",
        bad='{"message": "Service not found: %s"}',
    ),
    "telegram": Side(
        {"chat": 42, "token": "THE_KEY", "url": "{URL}"},
        good=b'{"ok": true, "result": {"message_id": 17}}',
        bad='{"ok": false, "error_code": 401, "description": "Unauthorized %s"}',
        receipt="17",
    ),
    "webhook": Side(
        {"url": "{URL}/hook", "secret": "THE_KEY"},
        good=b'{"id": "job-7"}',
        garbage_is_taken=True,
        receipt="job-7",
    ),
    "alertmanager": Side(
        {"url": "{URL}", "token": "THE_KEY"},
        good=b"",
        bad='"bad request: %s"',
        garbage_is_taken=True,
    ),
    "apprise": Side(
        {"url": "json://ana:{{THE_KEY}}@{PLACE}/x?cto=1&rto=1"}, good=b"ok", garbage_is_taken=True
    ),
}
"""Those that speak HTTP."""
ELSEWHERE = {"email", "inbox"}
"""Those that do not: SMTP further down, and the broker, which the tests of users hear."""
HTTP = sorted(SIDES)
FAILURES = [
    (400, {}, "refused", False, None),
    (401, {}, "auth", False, None),
    (403, {}, "auth", False, None),
    (413, {}, "too_large", False, None),
    (429, {}, "rate_limited", True, None),
    (429, {"Retry-After": "7"}, "rate_limited", True, 7_000),
    (429, {"Retry-After": "Mon, 12 Jan 2026 14:57:00 GMT"}, "rate_limited", True, 60_000),
    (429, {"Retry-After": "9999999"}, "rate_limited", True, 21_600_000),
    (500, {}, "server_error", True, None),
    (502, {}, "server_error", True, None),
    (503, {"Retry-After": "30"}, "server_error", True, 30_000),
    (504, {}, "timeout", True, None),
]


@asynccontextmanager
async def sending(kind: str, told: dict[str, Any]) -> AsyncIterator[Any]:
    """Open a channel over our own client; nothing that it says of itself holds the key."""
    async with outbound(LIMIT_S) as post:
        opened = open_channel(context(post), kind, told)
        async with opened as channel:
            assert KEY not in repr(channel)
            yield channel


async def failed(kind: str, told: dict[str, Any], what: Message | None = None) -> DeliveryError:
    """Return what a channel raises; nothing in it holds the key, and it says how to mend it."""
    async with sending(kind, told) as channel:
        with pytest.raises(DeliveryError) as raised:
            await channel.send(message() if what is None else what)
    error = raised.value
    seen: BaseException | None = error
    while seen is not None:
        assert KEY not in f"{seen!s} {seen!r}"
        seen = seen.__cause__
    assert error.hint
    assert "broker" not in error.hint
    return error


def test_every_channel_has_another_side_here() -> None:
    """A new channel is named like its file, and put into the list above."""
    assert set(HTTP) <= set(CHANNELS) <= {*HTTP, *ELSEWHERE}
    assert all(
        name == spec.kind for name, spec in declared("alerts.channels", "CHANNEL", ChannelSpec)
    )


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize("stage", Stage)
async def test_a_message_is_taken(kind: str, stage: Stage) -> None:
    """Whatever stage and severity, with all or with nothing beside the title; and again."""
    side = SIDES[kind]
    bare = {"text": "", "tags": (), "link": "", "actions": (), "rule": "", "key": "", "earlier": ""}
    async with far(body=side.good) as there, sending(kind, side.told(there.port)) as channel:
        for severity in Severity:
            assert await channel.send(message(stage, severity=severity)) == side.receipt
        assert await channel.send(message(stage, **bare)) == side.receipt
    assert len(there.received) == 4
    assert all(json.loads(it.body) for it in there.received)


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize(("status", "headers", "reason", "again", "wait_ms"), FAILURES)
async def test_a_refusal_has_its_reason(
    kind: str,
    status: int,
    headers: dict[str, str],
    reason: str,
    again: bool,
    wait_ms: int | None,
) -> None:
    """The status decides; the other side may print our key back, and we do not."""
    side = SIDES[kind]
    body = (side.bad % f"key {KEY} is wrong").encode() if "%s" in side.bad else b""
    async with far(status=status, headers=headers, body=body) as there:
        error = await failed(kind, side.told(there.port))
    assert (error.reason, error.retriable) == (reason, again)
    if kind != "apprise":  # it does not tell
        assert error.retry_after_ms == wait_ms
    assert str(status) in str(error)


@pytest.mark.parametrize("kind", HTTP)
async def test_a_redirect_is_not_followed(kind: str) -> None:
    """Nobody can send a key or a token elsewhere by an answer."""
    side = SIDES[kind]
    async with far(body=side.good) as elsewhere:
        moved = {"Location": f"{elsewhere.url}/there"}
        told = side.told(0)
        async with far(status=307, headers=moved) as there:
            told = side.told(there.port)
            if kind == "apprise":
                told = {"url": f"{told['url']}&redirect=no"}
            error = await failed(kind, told)
    assert error.reason == "refused"
    assert elsewhere.received == []


@pytest.mark.parametrize("kind", HTTP)
async def test_who_does_not_answer_is_not_waited_for(kind: str) -> None:
    """It takes the request and falls silent: timeout, worth another try."""
    side = SIDES[kind]
    async with far(slow=True) as there:
        error = await failed(kind, side.told(there.port))
    assert (error.reason, error.retriable) == ("timeout", True)


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize("says", [b"", b"\x16\x03\x01 no HTTP at all\r\n\r\n", b"HTTP/1.1 2"])
async def test_what_is_no_http_is_unreachable(kind: str, says: bytes) -> None:
    """It hangs up, or speaks something else."""
    async with raw(says) as port:
        error = await failed(kind, SIDES[kind].told(port))
    assert (error.reason, error.retriable) == ("unreachable", True)


@pytest.mark.parametrize("kind", HTTP)
async def test_where_nobody_listens_it_is_unreachable(kind: str) -> None:
    """The port was free a moment ago."""
    async with raw(b"") as port:
        pass
    error = await failed(kind, SIDES[kind].told(port))
    assert (error.reason, error.retriable) == ("unreachable", True)


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize(
    "body", [b"<html>Log in to the hotel</html>", b"[[[[", b"null", b"\xff\xfe"]
)
async def test_success_from_a_stranger_is_none(kind: str, body: bytes) -> None:
    """A portal's page with status 200 delivers nothing, where the real side would say more."""
    side = SIDES[kind]
    async with far(body=body) as there:
        told = side.told(there.port)
        if side.garbage_is_taken:
            async with sending(kind, told) as channel:
                assert await channel.send(message()) == ""
        else:
            error = await failed(kind, told)
            assert (error.reason, error.retriable) == ("server_error", True)


@pytest.mark.parametrize("kind", [kind for kind in HTTP if kind != "apprise"])
async def test_an_answer_without_end_is_not_read_to_it(kind: str) -> None:
    """Sixty-four KiB say all that there is to say."""
    async with far(status=500, body=b"x" * 20_000_000) as there:
        error = await failed(kind, SIDES[kind].told(there.port))
    assert error.reason == "server_error"


@pytest.mark.parametrize("kind", HTTP)
async def test_whatever_is_in_a_message_it_is_bounded(kind: str) -> None:
    """Text without end, in four bytes a letter, and characters that are none."""
    wild = "🚀" * 50_000 + "\x00\ud800\u202e"
    side = SIDES[kind]
    what = message(title=wild[:2_000], text=wild, tags=("a,b", "ü"))
    async with far(body=side.good) as there, sending(kind, side.told(there.port)) as channel:
        assert await channel.send(what) == side.receipt
    (got,) = there.received
    assert len(got.body) < 140_000
    assert "…" in json.dumps(got.json, ensure_ascii=False)


async def test_a_cancelled_message_leaves_nothing_running() -> None:
    """Whoever stops the service does not wait for the other side."""
    async with far(slow=True) as there, outbound(60) as post:
        opened = open_channel(context(post), "ntfy", SIDES["ntfy"].told(there.port))
        async with opened as channel:
            task = asyncio.create_task(channel.send(message()))
            await wait_until(lambda: there.received, "it is asked")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


MAIL = {
    "sender": "watch@example.org",
    "to": ["ana@example.org"],
    "user": "watch",
    "security": "none",
}


def mail(port: int) -> dict[str, Any]:
    """Return the settings for a mail server on `port` of this machine."""
    return {**MAIL, "host": "127.0.0.1", "port": port, "password": "THE_KEY"}


@pytest.mark.parametrize(
    ("told", "reason", "again"),
    [
        ({"auth": "535 5.7.8 no such user"}, "auth", False),
        ({"rcpt": "550 5.1.1 no such mailbox"}, "refused", False),
        ({"rcpt": "450 4.2.0 greylisted"}, "rate_limited", True),
        ({"data": "552 5.3.4 too big"}, "too_large", False),
        ({"data": "451 4.3.0 local error"}, "server_error", True),
        ({"data": "554 5.7.1 looks like spam"}, "refused", False),
    ],
)
async def test_a_mail_is_refused_with_its_reason(
    told: dict[str, str], reason: str, again: bool
) -> None:
    """The reply code decides."""
    async with mail_server(**told) as (box, port):
        error = await failed("email", mail(port))
    assert (error.reason, error.retriable) == (reason, again)
    assert box.mails == []


async def test_a_mail_server_that_is_none_is_unreachable() -> None:
    """It hangs up at once, or nobody listens."""
    async with raw(b"") as port:
        assert (await failed("email", mail(port))).reason == "unreachable"
    assert (await failed("email", mail(port))).reason == "unreachable"


@pytest.mark.parametrize("kind", [*HTTP, "email"])
def test_settings_are_read_strictly(kind: str) -> None:
    """An unknown word has its neighbour named; nothing at all says what is missing."""
    told = mail(25) if kind == "email" else SIDES[kind].told(80)

    def opened(settings: dict[str, Any]) -> str:
        with pytest.raises(ConfigError) as raised:
            open_channel(context(nobody), kind, settings)
        return str(raised.value)

    async def nobody(*_: Any) -> Any:
        raise AssertionError("nothing is sent")

    first = next(iter(told))
    wrong = {f"{name}x" if name == first else name: value for name, value in told.items()}
    assert f"did you mean `{first}`?" in opened(wrong) or "missing field" in opened(wrong)
    assert "missing field" in opened({})
    assert f"channel {kind}" in opened({})
    for name in ("token", "secret", "password"):
        if name in told:
            said = opened(told | {name: KEY})
            assert KEY not in said
            assert "name of a secret" in said


def test_an_unknown_kind_has_its_neighbour_named() -> None:
    """Who writes `nfty` is told."""
    with pytest.raises(ConfigError, match="did you mean `ntfy`"):
        open_channel(context(Far().handle), "nfty", {})  # type: ignore[arg-type]
