"""ntfy: a phone's notice by ntfy.sh or a server of one's own, edited in place. Hop 9.

JSON publishing: https://docs.ntfy.sh/publish/#publish-as-json. A notice of the same `sequence_id`
takes the place of the one before; servers from 2.16 and the Android app from 1.22 do that, older
ones show a new notice. An answer has the message's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from alerts.channels.answers import check, json_of, strange, text_in
from alerts.channels.base import Action, Channel, ChannelContext, ChannelSpec, Message, Stage
from alerts.channels.posting import Poster, cut, notice_id, web_link
from alerts.channels.settings import base_url, read_settings, secret
from alerts.model import Severity

KIND = "ntfy"
PRIORITIES: Mapping[Severity, int] = MappingProxyType(
    {Severity.CRITICAL: 5, Severity.WARNING: 4, Severity.INFO: 2}
)
"""5 breaks through do-not-disturb where the phone lets it; 4 rings, 2 makes no sound."""
CALM = 3
"""The end of an alert and a list of several ring at most as an ordinary message."""
MAX_TEXT_BYTES = 3_500
"""ntfy takes 4,096 bytes as a message and makes a file of more."""
MAX_TITLE_BYTES = 250
MAX_ACTIONS = 3
_SYMBOLS: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "rotating_light",
        Severity.WARNING: "warning",
        Severity.INFO: "information_source",
    }
)
"""Words that ntfy shows as pictures."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        topic: whoever knows it can read it, unless the server asks for a token.
        url: of the server.
        token: name of the secret with an access token; empty: none is sent.
        insecure: the token may go unencrypted.

    """

    topic: str
    url: str = "https://ntfy.sh"
    token: str = ""
    insecure: bool = False


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    token = secret(context, KIND, "token", settings.token) if settings.token else ""
    keyed, insecure = bool(token), settings.insecure
    url = base_url(KIND, "url", settings.url, keyed=keyed, insecure=insecure)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    poster = Poster(kind=KIND, context=context, headers=headers, secret=token)
    return nullcontext(Ntfy(settings.topic, url, poster))


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


@dataclass(frozen=True, slots=True)
class Ntfy:
    """One topic of one server."""

    topic: str
    url: str
    _poster: Poster = field(repr=False)

    async def send(self, message: Message) -> str:
        """Publish; return ntfy's id of the message. See `Channel.send`."""
        answer = await self._poster.post(self.url, self.body(message))
        found = json_of(answer)
        said = self._poster.said(text_in(found, "error"))
        check(KIND, answer, self._poster.context.clock.now(), said)
        name = text_in(found, "id")
        if not name:
            raise strange(KIND, "as ntfy does")
        return name

    def body(self, message: Message) -> dict[str, Any]:
        """Return what is published of `message`."""
        body: dict[str, Any] = {
            "topic": self.topic,
            "title": cut(message.title, MAX_TITLE_BYTES),
            "message": cut(message.text, MAX_TEXT_BYTES),
            "priority": priority_of(message),
            "tags": list(dict.fromkeys((_symbol(message), *message.tags))),
            "sequence_id": notice_id(message.thread),
        }
        if link := web_link(message.link):
            body["click"] = link
        if message.actions:
            body["actions"] = [_button(it) for it in message.actions[:MAX_ACTIONS]]
        return body


def priority_of(message: Message) -> int:
    """Return ntfy's priority: 5 only for what is critical or escalated, and not over."""
    found = PRIORITIES[message.urgency]
    return min(found, CALM) if message.stage in {Stage.RESOLVED, Stage.DIGEST} else found


def _symbol(message: Message) -> str:
    return "white_check_mark" if message.stage is Stage.RESOLVED else _SYMBOLS[message.severity]


def _button(action: Action) -> dict[str, Any]:
    if action.kind == "view":
        return {"action": "view", "label": action.label, "url": action.url}
    return {
        "action": "http",
        "label": action.label,
        "url": action.url,
        "method": "POST",
        "headers": dict(action.headers),
        "body": action.body,
        "clear": True,
    }
