"""What the channels over HTTP share: one JSON body to one address, and words of bounded length. Hop 9."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from alerts.channels.answers import MAX_SAID
from alerts.channels.base import Action, ChannelContext, HttpAnswer
from monitor.core.errors import DeliveryError

_ELLIPSIS = "…"
_NOT_SHOWN = "[redacted]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """Posts JSON for one channel.

    Attributes:
        kind: of the channel.
        context: has the way over HTTP, and the clock.
        headers: sent each time; may hold the key.
        secret: taken out of what the other side says; empty: there is none.

    """

    kind: str
    context: ChannelContext
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)

    async def post(self, url: str, body: object) -> HttpAnswer:
        """Post `body` as JSON and return the answer, whatever it is.

        Raises:
            DeliveryError: unreachable or timeout.

        """
        return await self.post_bytes(url, msgspec.json.encode(body), {})

    async def post_bytes(self, url: str, body: bytes, more: Mapping[str, str]) -> HttpAnswer:
        """Post the bytes of a JSON text, with `more` headers."""
        sent = {
            "Content-Type": "application/json",
            "User-Agent": f"hashhedge/{self.context.version}",
            **self.headers,
            **more,
        }
        try:
            return await self.context.post(url, body, sent)
        except DeliveryError as error:
            raise DeliveryError(
                f"channel {self.kind}: {error}",
                retriable=error.retriable,
                reason=error.reason,
                hint=error.hint,
            ) from None

    def said(self, text: str) -> str:
        """Return what the other side said, without the key: some print it back."""
        return text.replace(self.secret, _NOT_SHOWN)[:MAX_SAID] if self.secret else text[:MAX_SAID]


def cut(text: str, max_bytes: int) -> str:
    """Return `text`, shortened to `max_bytes` of UTF-8 and marked where it was longer."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= max_bytes:
        return raw.decode()
    kept = raw[: max_bytes - len(_ELLIPSIS.encode())]
    return kept.decode("utf-8", "ignore") + _ELLIPSIS


def notice_id(thread: str) -> str:
    """Return a name for a thread that every other side accepts: 32 hex digits."""
    return hashlib.sha256(thread.encode("utf-8", "replace")).hexdigest()[:32]


def web_link(text: str) -> str:
    """Return `text` where it is an address that a browser opens, else an empty text."""
    return text if text.startswith(("https://", "http://")) else ""


def page_of(action: Action) -> str:
    """Return what a browser opens to do `action`; empty: nothing does."""
    return web_link(action.url if action.kind == "view" else action.page)
