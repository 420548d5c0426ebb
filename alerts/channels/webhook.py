"""A webhook: the alert as JSON to an address of one's own, signed as what we take in is. Hop 9.

`X-Hashhedge-Signature` is the HMAC-SHA256 of time, point and body under a secret that both sides
hold; docs/push.md has the few lines that check it. The time is that of the sending, so a receiver
refuses what is older than five minutes, and `id` is the same at each try, so it takes each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from alerts.channels.answers import check, json_of, text_in
from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.channels.posting import Poster, cut, notice_id
from alerts.channels.settings import base_url, read_settings, secret
from monitor.core.clock import SECOND, iso
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of

KIND = "webhook"
SCHEMA = "urn:hashhedge:schema:push:1"
MESSAGE_ID = "X-Hashhedge-Id"
MAX_TEXT_BYTES = 8_192
MAX_RECEIPT = 128


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        url: where the alert is posted.
        secret: name of the secret that it is signed with.
        actions: whether the buttons go along; their tokens let the receiver press them.
        insecure: it may go unencrypted.

    """

    url: str
    secret: str
    actions: bool = False
    insecure: bool = False


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    key = secret(context, KIND, "secret", settings.secret)
    # the key stays here, but what is told is nobody else's business
    url = base_url(KIND, "url", settings.url, keyed=True, insecure=settings.insecure)
    poster = Poster(kind=KIND, context=context, secret=key)
    return nullcontext(Webhook(url, settings.actions, key, poster))


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address."""

    url: str
    actions: bool
    _secret: str = field(repr=False)
    _poster: Poster = field(repr=False)

    async def send(self, message: Message) -> str:
        """Post it signed; return the `id` of the answer where it has one. See `Channel.send`."""
        now = self._poster.context.clock.now()
        body = msgspec.json.encode(self.body(message))
        timestamp = str(now // SECOND)
        signed = {
            TIMESTAMP: timestamp,
            SIGNATURE: signature_of(self._secret, timestamp, body),
            MESSAGE_ID: notice_id(message.id),
        }
        answer = await self._poster.post_bytes(self.url, body, signed)
        found = json_of(answer)
        said = self._poster.said(text_in(found, "message", "error"))
        check(KIND, answer, self._poster.context.clock.now(), said)
        return self._poster.said(text_in(found, "id"))[:MAX_RECEIPT]

    def body(self, message: Message) -> dict[str, Any]:
        """Return the alert as data; docs/push.md says what each field is."""
        body: dict[str, Any] = {
            "schema": SCHEMA,
            "id": notice_id(message.id),
            "thread": notice_id(message.thread),
            "alert_id": message.alert_id,
            "user": message.user,
            "stage": message.stage.value,
            "severity": message.severity.value,
            "rule": message.rule,
            "key": message.key,
            "title": message.title,
            "text": cut(message.text, MAX_TEXT_BYTES),
            "language": message.language,
            "tags": list(message.tags),
            "link": message.link,
            "at": iso(message.at),
            "started_at": iso(message.started_at),
            "ended_at": None if message.ended_at is None else iso(message.ended_at),
            "test": message.test,
        }
        if self.actions:
            body["actions"] = [
                {
                    "kind": it.kind,
                    "label": it.label,
                    "verb": it.verb,
                    "url": it.url,
                    "headers": dict(it.headers),
                    "body": it.body,
                }
                for it in message.actions
            ]
        return body
