"""Any of the services that apprise knows: Slack, Discord, Matrix, Pushover, SMS and a hundred more. Hop 9.

An address of apprise holds its keys, so it is written with names of secrets in braces:
`slack://{SLACK_A}/{SLACK_B}/{SLACK_C}/#desk`. Such a service only sends: it edits nothing, has no
buttons and no receipt. What has a file of its own here (ntfy, Telegram, Home Assistant) can do that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import quote

from msgspec import Struct

from alerts.channels import notifier
from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.channels.posting import cut, page_of, web_link
from alerts.channels.settings import read_settings, secret

KIND = "apprise"
MAX_TEXT_BYTES = 16_384
_SECRET = re.compile(r"\{([^{}]*)\}")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        url: an address of apprise, with `{NAME}` where a secret belongs.

    """

    url: str


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)

    def filled(found: re.Match[str]) -> str:
        return quote(secret(context, KIND, "url", found[1]), safe="")

    address = _SECRET.sub(filled, settings.url)
    return AppriseService(KIND, "url", settings.url, address)


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


@dataclass(frozen=True, slots=True)
class AppriseService:
    """One service of apprise.

    Attributes:
        kind: of the channel.
        setting: the setting that a wrong address comes of.
        url: the address without secrets, to be shown.
        ends: what a message adds to the address.

    """

    kind: str
    setting: str
    url: str
    _address: str = field(repr=False)
    ends: Callable[[Message], str] = lambda _message: ""

    async def __aenter__(self) -> Self:
        await notifier.load(self.kind, self.setting, self._address)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave nothing open: each message has a connection of its own."""

    async def send(self, message: Message) -> str:
        """Hand it to apprise, which has no name for it. See `Channel.send`."""
        address = self._address + self.ends(message)
        await notifier.hand_over(self.kind, address, message, text_of(message))
        return ""

    def preview(self, message: Message) -> Mapping[str, object]:
        """Return what apprise is given."""
        return {
            "url": self.url + self.ends(message),
            "title": message.title,
            "body": text_of(message),
            "type": notifier.tone_of(message),
        }


def text_of(message: Message) -> str:
    """Return the text with its links below, for what has no buttons; apprise takes no empty one."""
    pages = [(it.label, page_of(it)) for it in message.actions]
    links = [f"{label}: {page}" for label, page in pages if page]
    if web_link(message.link) and not any(it.kind == "view" for it in message.actions):
        links.append(message.link)
    below = "\n".join(links)
    text = cut(message.text or message.title, MAX_TEXT_BYTES)
    return f"{text}\n\n{below}" if below else text
