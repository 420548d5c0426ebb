"""Home Assistant's companion app: a phone's notice by `notify.mobile_app_…` over the REST API. Hop 9.

What is critical breaks through do-not-disturb: `interruption-level: critical` with a sound on iOS,
the alarm's channel with `ttl` 0 and high priority on Android. Nothing else has these keys. `tag`
makes a later message take the place of the one before. Source:
https://companion.home-assistant.io/docs/notifications/critical-notifications/ and
https://developers.home-assistant.io/docs/api/rest/.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta, Struct

from alerts.channels.answers import check, json_of, strange, text_in
from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.channels.posting import Poster, cut, notice_id, page_of, web_link
from alerts.channels.settings import base_url, read_settings, secret
from alerts.model import Severity

KIND = "homeassistant"
MAX_TEXT_BYTES = 1_800
"""Apple's and Google's push services take 4 KB in all, buttons and their tokens among them."""
MAX_TITLE_BYTES = 200
MAX_ACTIONS = 3
GROUP = "hashhedge"
ALARM_CHANNEL = "alarm_stream"
"""The companion app sounds what is on this channel as an alarm clock, whatever the ringer says."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        url: of Home Assistant, as `https://home.example.org:8123`.
        service: what stands behind `notify.`, as `mobile_app_anas_phone`.
        token: name of the secret with a long-lived access token.
        channel: Android's channel of critical notices.
        insecure: the token may go unencrypted.

    """

    url: str
    service: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,100}$")]
    token: str
    channel: str = ALARM_CHANNEL
    insecure: bool = False


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    token = secret(context, KIND, "token", settings.token)
    url = base_url(KIND, "url", settings.url, keyed=True, insecure=settings.insecure)
    headers = {"Authorization": f"Bearer {token}"}
    poster = Poster(kind=KIND, context=context, headers=headers, secret=token)
    address = f"{url}/api/services/notify/{settings.service}"
    return nullcontext(HomeAssistant(address, settings.channel, poster))


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """One phone at one Home Assistant."""

    address: str
    channel: str
    _poster: Poster = field(repr=False)

    async def send(self, message: Message) -> str:
        """Call the service; Home Assistant has no name for a message. See `Channel.send`."""
        answer = await self._poster.post(self.address, self.body(message))
        found = json_of(answer)
        said = self._poster.said(text_in(found, "message"))
        check(KIND, answer, self._poster.context.clock.now(), said)
        if not isinstance(found, list):
            raise strange(KIND, "as Home Assistant does")
        return ""

    def body(self, message: Message) -> dict[str, Any]:
        """Return the data of the service call for `message`."""
        data: dict[str, Any] = {"tag": notice_id(message.thread), "group": GROUP}
        if link := web_link(message.link):
            data |= {"url": link, "clickAction": link}  # iOS and Android name it differently
        buttons = [(it.label, page_of(it)) for it in message.actions]
        shown = [(label, page) for label, page in buttons if page][:MAX_ACTIONS]
        if shown:
            data["actions"] = [
                {"action": "URI", "title": label, "uri": page} for label, page in shown
            ]
        return {
            "title": cut(message.title, MAX_TITLE_BYTES),
            "message": cut(message.text, MAX_TEXT_BYTES),
            "data": data | self._loudness(message),
        }

    def _loudness(self, message: Message) -> dict[str, Any]:
        if message.loud:
            sound = {"name": "default", "critical": 1, "volume": 1.0}
            push = {"interruption-level": "critical", "sound": sound}
            return {"ttl": 0, "priority": "high", "channel": self.channel, "push": push}
        level = "passive" if message.urgency is Severity.INFO else "active"
        return {"push": {"interruption-level": level}}
