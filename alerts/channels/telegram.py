"""Telegram: a bot writes into a chat, and edits what it wrote when the alert is over. Hop 9.

The Bot API itself and not a library of notifiers: those only send, so that a chat would hold a fire
that nobody closes, and they tell neither how long to wait nor the message's number. An edit makes no
sound, so it closes an alert; what is to be heard, a worse or a repeated fire, is a new message that
answers the first. A button opens the page behind it: a bot hears a press only by a loop of its own.
https://core.telegram.org/bots/api#sendmessage, #editmessagetext.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from alerts.channels.answers import check, failure, json_of, strange, text_in
from alerts.channels.base import (
    Channel,
    ChannelContext,
    ChannelSpec,
    HttpAnswer,
    Message,
    Stage,
)
from alerts.channels.posting import Poster, cut, page_of, web_link
from alerts.channels.settings import base_url, read_settings, secret
from alerts.model import Severity
from monitor.core.hosts import is_loopback

KIND = "telegram"
MAX_TEXT_BYTES = 4_000
"""Telegram takes 4,096 characters; no character has less than a byte."""
_AS_IT_WAS = "message is not modified"
"""Telegram's word for an edit that was made before: after a lost answer, say."""
_CANNOT_EDIT = ("message to edit not found", "message can't be edited")
"""It was deleted, or is too old."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        chat: number of a chat, or `@name` of a channel.
        token: name of the secret with the bot's token.
        url: of the Bot API; a server of one's own has another.
        insecure: the token may go unencrypted.

    """

    chat: int | str
    token: str
    url: str = "https://api.telegram.org"
    insecure: bool = False


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    token = secret(context, KIND, "token", settings.token)
    url = base_url(KIND, "url", settings.url, keyed=True, insecure=settings.insecure)
    poster = Poster(kind=KIND, context=context, secret=token)
    # the address holds the token, as Telegram wants it: it is never shown
    return nullcontext(Telegram(settings.chat, f"{url}/bot{token}", poster))


CHANNEL = ChannelSpec(kind=KIND, open=open_channel, edits=True)


@dataclass(frozen=True, slots=True)
class Telegram:
    """One chat of one bot."""

    chat: int | str
    _address: str = field(repr=False)
    _poster: Poster = field(repr=False)

    async def send(self, message: Message) -> str:
        """Write or edit; return the message's number in the chat. See `Channel.send`."""
        earlier = int(message.earlier) if message.earlier.isdecimal() else 0
        if earlier and message.stage is Stage.RESOLVED:
            edited = self.body(message) | {"message_id": earlier}
            answer = await self._poster.post(f"{self._address}/editMessageText", edited)
            said = _said(answer)
            if answer.status == HTTPStatus.BAD_REQUEST and _AS_IT_WAS in said:
                return message.earlier
            if not (
                answer.status == HTTPStatus.BAD_REQUEST and any(it in said for it in _CANNOT_EDIT)
            ):
                return self._taken(answer)
        body = self.body(message)
        body["disable_notification"] = message.urgency is Severity.INFO
        if earlier:
            answers = {"message_id": earlier, "allow_sending_without_reply": True}
            body["reply_parameters"] = answers
        return self._taken(await self._poster.post(f"{self._address}/sendMessage", body))

    def body(self, message: Message) -> dict[str, Any]:
        """Return what is written of `message`, new or edited."""
        text = f"{message.title}\n\n{message.text}" if message.text else message.title
        buttons = [(it.label, page_of(it)) for it in message.actions]
        if not any(it.kind == "view" for it in message.actions) and web_link(message.link):
            text = f"{cut(text, MAX_TEXT_BYTES - len(message.link.encode()) - 2)}\n\n{message.link}"
        row = [{"text": label, "url": page} for label, page in buttons if _opens(page)]
        body: dict[str, Any] = {
            "chat_id": self.chat,
            "text": cut(text, MAX_TEXT_BYTES),
            "link_preview_options": {"is_disabled": True},
        }
        return body | ({"reply_markup": {"inline_keyboard": [row]}} if row else {})

    def _taken(self, answer: HttpAnswer) -> str:
        found = json_of(answer)
        asked = found.get("parameters") if isinstance(found, Mapping) else None
        wait_s = asked.get("retry_after") if isinstance(asked, Mapping) else None
        if isinstance(wait_s, int) and wait_s >= 0:
            answer = replace(answer, headers={**answer.headers, "retry-after": str(wait_s)})
        if answer.status == HTTPStatus.NOT_FOUND:
            message = "answered 404: Telegram knows no bot with this token"
            raise failure(KIND, "auth", message, retriable=False)
        now = self._poster.context.clock.now()
        check(KIND, answer, now, self._poster.said(_said(answer)))
        result = found.get("result") if isinstance(found, Mapping) else None
        number = result.get("message_id") if isinstance(result, Mapping) else None
        if not isinstance(number, int):
            raise strange(KIND, "as Telegram does")
        return str(number)


def _opens(page: str) -> bool:
    """Tell whether Telegram takes a button to `page`: one to a bare name fails the whole message."""
    host = urlsplit(page).hostname or ""
    return "." in host and not is_loopback(host)


def _said(answer: HttpAnswer) -> str:
    return text_in(json_of(answer), "description")
