"""The other sides of the channels: servers that answer as the real ones do, well or badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from alerts.channels.base import Action, ChannelContext, Message, Post, Stage
from alerts.model import Severity
from monitor.core.clock import Clock, ManualClock
from monitor.core.errors import ConfigError
from tests.tcp import serving
from tests.transitions import AT
from tests.waiting import wait_until

KEY = "tk_s3cret.of-the-Test"
"""What no error, log line or payload that is shown may hold."""
HOOK = "https://alerts.example.org"


def actions() -> tuple[Action, ...]:
    """Return the three buttons of a message."""
    kinds = (("ack", "Acknowledge", "claims"), ("snooze", "Snooze 30 min", "other"))
    pressing = [
        Action(
            kind="post",
            label=label,
            url=f"{HOOK}/api/v1/press",
            verb=verb,
            body=f"h1.{claims}.signature",
            headers={"Content-Type": "text/plain"},
            page=f"{HOOK}/press#h1.{claims}.signature",
        )
        for verb, label, claims in kinds
    ]
    chart = Action(kind="view", label="Open chart", url=f"{HOOK}/d/riot", headers={})
    return (*pressing, chart)


def message(stage: Stage = Stage.FIRING, **changes: Any) -> Message:
    """Return what a user is told of an alert, with its three buttons while it stands."""
    over = stage is Stage.RESOLVED
    fields: dict[str, Any] = {
        "id": f"ana|riot|{stage}",
        "thread": "ana|riot|1",
        "user": "ana",
        "stage": stage,
        "at": AT,
        "severity": Severity.WARNING,
        "rule": "margin-low",
        "key": "RIOT",
        "title": "RIOT mining margin 8 % is below 10 %",
        "text": "8.0 %, level 10 %. Hashprice 41.2 USD/PH/day, 2 s old.",
        "tags": ("warning", str(stage), "RIOT"),
        "link": f"{HOOK}/d/riot",
        "actions": () if over else actions(),
        "alert_id": "f00d",
        "started_at": AT - 60_000,
        "ended_at": AT if over else None,
    }
    return Message(**(fields | changes))


def context(post: Post, clock: Clock | None = None) -> ChannelContext:
    """Return what a channel is opened with; the one secret there is goes by the name THE_KEY."""

    def secret(name: str) -> str:
        if name != "THE_KEY":
            raise ConfigError("there is none", where=name)
        return KEY

    return ChannelContext(
        clock=ManualClock(AT) if clock is None else clock, version="9", secret=secret, post=post
    )


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.body)


@dataclass
class Far:
    """A server that answers as it is told, and remembers what it was asked.

    Attributes:
        status, headers, body: of each answer.
        slow: it takes the request and never answers.
        received: what arrived.

    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    slow: bool = False
    received: list[Received] = field(default_factory=list)
    answers: Callable[[Received], tuple[int, bytes]] | None = None
    url: str = ""

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.url.rpartition(":")[2])

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        got = Received(request.path, dict(request.headers), await request.read())
        self.received.append(got)
        if self.slow:
            await asyncio.Event().wait()
        status, body = (self.status, self.body) if self.answers is None else self.answers(got)
        return web.Response(status=status, body=body, headers=self.headers)


@asynccontextmanager
async def far(**told: Any) -> AsyncIterator[Far]:
    """Run such a server."""
    found = Far(**told)
    app = web.Application(client_max_size=1_000_000)
    app.router.add_route("*", "/{path:.*}", found.handle)
    server = TestServer(app, handler_cancellation=True, shutdown_timeout=0.1)
    async with server:
        found.url = f"http://127.0.0.1:{server.port}"
        yield found


@asynccontextmanager
async def raw(says: bytes) -> AsyncIterator[int]:
    """Run a server that says this to whoever connects, and hangs up; yield its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        await writer.drain()
        writer.write_eof()
        await reader.read()  # until the other side hangs up too, so that nothing is reset
        writer.close()

    async with serving(handle) as port:
        yield port


@dataclass
class Mailbox:
    """A mail server that takes mail or refuses it, by the reply that each step is told to give."""

    auth: str = ""
    rcpt: str = ""
    data: str = ""
    mails: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # the library's name and form
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse the mail."""
        if self.data:
            return self.data
        content = envelope.content or b""
        self.mails.append(content.decode() if isinstance(content, bytes) else content)
        return "250 OK"

    def authenticate(self, *_: Any) -> AuthResult:
        """Take or refuse the user."""
        return AuthResult(success=not self.auth, handled=not self.auth, message=self.auth or None)


@asynccontextmanager
async def mail_server(**told: Any) -> AsyncIterator[tuple[Mailbox, int]]:
    """Run a real SMTP server; yield what it takes, and its port."""
    box = Mailbox(**told)
    sessions: list[SMTP] = []

    def session() -> SMTP:
        made = SMTP(
            box, hostname="mail.test", authenticator=box.authenticate, auth_require_tls=False
        )
        sessions.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    async with server:
        yield box, server.sockets[0].getsockname()[1]
        for made in sessions:
            if made.transport is not None:
                made.transport.close()
        await wait_until(lambda: not any(it.transport for it in sessions), "all have hung up")
