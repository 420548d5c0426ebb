"""The channel seam: one message to one person's or team's device, and back when it was taken. Hop 9.

A sink carries every notification to the broker; a channel carries a `Message` that routing made for
one user. A channel file binds `CHANNEL` to a `ChannelSpec`. A channel is an async context manager;
it raises only `DeliveryError`, whose `reason` is one of `Failure`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from alerts.model import Severity, Transition
from monitor.core.clock import Clock, Millis
from monitor.core.errors import DeliveryError

Failure = Literal[
    "auth", "rate_limited", "unreachable", "timeout", "refused", "too_large", "server_error"
]
"""Why a channel did not take a message: a closed set, a metric label."""


class Stage(StrEnum):
    """What a message says of its alert; with `thread` it lets a channel edit a notice in place."""

    FIRING = "firing"
    WORSENED = "worsened"
    REPEATED = "repeated"
    RESOLVED = "resolved"
    NOTED = "noted"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button below a message.

    Attributes:
        kind: `view` opens `url` in a browser; `post` sends `body` to it.
        verb: the command behind it (`ack`, `snooze`), empty for `view`.
        headers: of a `post`; may hold a token, so it is never logged.
        page: of a `post`, where a person can do the same in a browser, for a device that cannot
            post by itself; empty: nowhere. The token in it stands behind `#`, which no server sees.

    """

    kind: Literal["view", "post"]
    label: str
    url: str
    verb: str = ""
    body: str = ""
    headers: Mapping[str, str]
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one user is told through one channel, worded and ready.

    Attributes:
        id: of this message at this user: the same at every try and after any crash.
        thread: of the alert's episode at this user: the same from fire to resolve.
        user: whom it is for.
        stage: what it says of the alert.
        at: event time, ms UTC.
        severity: of the alert.
        rule: the rule's id, empty in a digest.
        key: the alert's subject, empty in a digest.
        title: one line in the user's language.
        text: the body in the user's language; plain text.
        tags: closed words for symbols: severity, stage, company.
        link: the dashboard around the event, or empty.
        actions: at most three buttons.
        test: a drill: nothing happened.
        language: `en` or `zh-CN`, of `title` and `text`.
        alert_id: of the transition, as every other consumer sees it; empty in a digest.
        started_at: when the episode began, ms UTC.
        ended_at: when it ended, None while it lasts.
        earlier: what `send` returned for the last message of this thread through this channel, for
            a channel that edits by the other side's own name; empty: none, or nobody knows.
        escalated: nobody acknowledged, so that it is the turn of the next.
        alert: the transition itself, for a channel that programs read; a digest has a line each.

    """

    id: str
    thread: str
    user: str
    stage: Stage
    at: Millis
    severity: Severity
    rule: str
    key: str
    title: str
    text: str
    tags: tuple[str, ...] = ()
    link: str = ""
    actions: tuple[Action, ...] = ()
    test: bool = False
    language: str = "en"
    alert_id: str = ""
    started_at: Millis
    ended_at: Millis | None = None
    alert: Transition | None = None
    earlier: str = ""
    escalated: bool = False

    @property
    def urgency(self) -> Severity:
        """Return how loud it sounds: an escalation as what is critical, whatever its alert is.

        Whoever was told first slept through the alert's own loudness.
        """
        return Severity.CRITICAL if self.escalated else self.severity

    @property
    def loud(self) -> bool:
        """Tell whether it may break through do-not-disturb: urgent, and neither over nor a list."""
        return self.urgency is Severity.CRITICAL and self.stage not in _QUIET


_QUIET = frozenset({Stage.RESOLVED, Stage.DIGEST})


class Channel(Protocol):
    """A way to a device, open."""

    async def send(self, message: Message) -> str:
        """Hand over `message`; return the other side's own name for it, or an empty text.

        Raises:
            DeliveryError: not taken; `reason` is one of `Failure`, `retriable` says whether trying
                again can help, `retry_after_ms` of it how long the other side asked to wait.

        """
        ...


@runtime_checkable
class Previews(Protocol):
    """A channel that sends by other means than `ChannelContext.post`, and shows what it would send."""

    def preview(self, message: Message) -> Mapping[str, object]:
        """Return what `send` would hand over, as plain data without a secret."""
        ...


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the other side said.

    Attributes:
        status: of HTTP.
        headers: their names in small letters.
        body: of bounded length; what is longer was not read to its end.

    """

    status: int
    headers: Mapping[str, str]
    body: bytes


Post: TypeAlias = Callable[[str, bytes, Mapping[str, str]], Awaitable[HttpAnswer]]
"""POST a body with headers to a URL, once, following no redirect, in bounded time.

It raises `DeliveryError` where there is no complete answer: `unreachable` or `timeout`.
"""


async def no_post(url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
    """Refuse: the process has no HTTP client for channels."""
    del url, body, headers
    raise DeliveryError("this process has no HTTP client", retriable=False, reason="unreachable")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelContext:
    """What a channel may need to open.

    Attributes:
        clock: wall time.
        version: of this release.
        secret: the text of a key by its name, from the environment or a file; raises `ConfigError`.
        post: the way over HTTP, of the shell: a channel has no client of its own.
        publish: hands an alert to the inbox topic of a user; None where there is no broker.

    """

    clock: Clock
    version: str
    secret: Callable[[str], str]
    post: Post = no_post
    publish: Callable[[str, Transition], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """A kind of channel.

    Attributes:
        kind: the word in the configuration, and a metric label.
        open: returns the channel of these settings, to be entered; raises `ConfigError` that names
            the setting, where and how to mend it, and so may entering. Settings are plain data from
            the users' file; keys in them are names of secrets, never the secrets.
        edits: it edits by the other side's own name, so it is told that in `Message.earlier`.

    """

    kind: str
    open: Callable[[ChannelContext, Mapping[str, object]], AbstractAsyncContextManager[Channel]]
    edits: bool = False
