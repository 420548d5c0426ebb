"""Channels put together: their secrets, their way over HTTP, and a message to try one with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alerts.channels.base import (
    Action,
    Channel,
    ChannelContext,
    HttpAnswer,
    Message,
    Previews,
    Stage,
)
from alerts.channels.buttons import Press, pressing, token_of
from alerts.channels.catalogue import open_channel
from alerts.model import Severity
from monitor import __version__
from monitor.core.clock import HOUR, MINUTE, SECOND, Clock, Millis, SystemClock
from monitor.core.errors import ConfigError
from monitor.core.yamltext import read_document
from monitor.feeds.credentials import secret_text
from monitor.web.outbound import LIMIT_S, outbound

RULE, KEY = "push-test", "TEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a test is to say.

    Attributes:
        stage: of the alert.
        severity: of it.
        thread: messages of one thread take each other's place.
        earlier: the receipt of the thread's last message.

    """

    stage: Stage = Stage.FIRING
    severity: Severity = Severity.WARNING
    thread: str = "trial"
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class ChannelFile:
    """A channel as the file `name` describes it: `kind`, and beside it the settings of that kind."""

    name: str
    kind: str
    settings: Mapping[str, object]

    def opened(self, context: ChannelContext) -> AbstractAsyncContextManager[Channel]:
        """Return the channel, to be entered.

        Raises:
            ConfigError: it cannot be opened; names the file too.

        """
        try:
            return open_channel(context, self.kind, self.settings)
        except ConfigError as error:
            where = f"{self.name}: {error.where}"
            raise ConfigError(error.message, where=where, hint=error.hint) from error


def read_channel(path: Path) -> ChannelFile:
    """Return the channel that the file describes.

    Raises:
        ConfigError: no YAML, or no mapping with a `kind`; names the line.

    """
    document = read_document(path)
    if not isinstance(document.data, dict):
        raise ConfigError("no settings of a channel", where=document.where(), hint="kind: ntfy")
    settings = dict(document.data)
    kind = settings.pop("kind", "")
    if not isinstance(kind, str) or not kind:
        raise ConfigError("it has no kind", where=document.where("kind"), hint="kind: ntfy")
    return ChannelFile(str(path), kind, settings)


def secrets_of(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return what finds a channel's secret: the variable of its name, or the file of its twin."""

    def find(name: str) -> str:
        return secret_text(name, environ, needs="this channel needs it", otherwise="or drop it")

    return find


@asynccontextmanager
async def channel_context(
    environ: Mapping[str, str], clock: Clock | None = None, limit_s: float = LIMIT_S
) -> AsyncIterator[ChannelContext]:
    """Keep what channels need while the block runs: open them within it."""
    async with outbound(limit_s) as post:
        yield ChannelContext(
            clock=SystemClock() if clock is None else clock,
            version=__version__,
            secret=secrets_of(environ),
            post=post,
        )


async def try_channel(found: ChannelFile, message: Message, environ: Mapping[str, str]) -> str:
    """Send `message` through a channel; return the other side's own name for it.

    Raises:
        ConfigError: the channel cannot be opened.
        DeliveryError: the message was not taken.

    """
    async with channel_context(environ) as context, found.opened(context) as channel:
        return await channel.send(message)


async def preview(found: ChannelFile, message: Message) -> Mapping[str, object]:
    """Return what would be sent of `message`, with names in the place of secrets. Nothing is sent.

    Raises:
        ConfigError: the channel cannot be opened.

    """

    async def show(url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        raise _Shown(url, body, headers)

    def named(name: str) -> str:
        return f"{{{name}}}"

    context = ChannelContext(clock=SystemClock(), version=__version__, secret=named, post=show)
    opened = found.opened(context)
    if isinstance(opened, Previews):
        return opened.preview(message)
    try:
        async with opened as channel:
            await channel.send(message)
    except _Shown as shown:
        told: Any = json.loads(shown.body)
        return {"method": "POST", "url": shown.url, "headers": dict(shown.headers), "body": told}
    return {}


def trial(user: str, wanted: Wanted, now: Millis, actions: tuple[Action, ...] = ()) -> Message:
    """Return a message that says it is a test: nothing happened."""
    stage, severity = wanted.stage, wanted.severity
    over = stage is Stage.RESOLVED
    return Message(
        id=f"{wanted.thread}|{stage}|{now}",
        thread=wanted.thread,
        user=user,
        stage=stage,
        at=now,
        severity=severity,
        rule=RULE,
        key=KEY,
        title=f"[TEST] {severity} {stage}: {KEY}",
        text="This is a test of the channel. Nothing happened.",
        tags=(severity.value, stage.value, "test"),
        link=next((it.url for it in actions if it.kind == "view"), ""),
        actions=() if over else actions,
        test=True,
        alert_id=f"{RULE}-{now}",
        started_at=now - MINUTE,
        ended_at=now if over else None,
        earlier=wanted.earlier,
    )


def trial_buttons(user: str, base_url: str, key: str, now: Millis) -> tuple[Action, ...]:
    """Return real buttons of an alert that there is not: who presses hears that it does not fire."""
    base = base_url.rstrip("/")
    press = partial(Press, user=user, rule=RULE, key=KEY, since=now, ends_s=(now + HOUR) // SECOND)
    return (
        pressing("Acknowledge", "ack", base, token_of(press(verb="ack"), key)),
        pressing("Snooze 30 min", "snooze", base, token_of(press(verb="snooze"), key)),
        Action(kind="view", label="Open chart", url=f"{base}/", headers={}),
    )


def sample_buttons() -> tuple[Action, ...]:
    """Return buttons to look at, with a word in the place of their tokens."""
    base = "https://hashhedge.example.org"
    return (
        pressing("Acknowledge", "ack", base, "{token}"),
        pressing("Snooze 30 min", "snooze", base, "{token}"),
        Action(kind="view", label="Open chart", url=f"{base}/d/overview", headers={}),
    )


class _Shown(Exception):
    """Carries what would have been posted out of a channel that believes to post it."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.url = url
        self.body = body
        self.headers = headers
