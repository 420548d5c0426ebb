"""Alertmanager: an alert for the operators' one inbox, over its API v2. Hop 9.

Its clients are expected to send what still fires again and again, and it resolves what it has not
heard of for five minutes. We tell each change once, so an alert goes out with the end of `hold` as
its `endsAt`, and with its real end when that is known; if we fall silent it ends with `hold`. Every
`repeated` message moves that on. `severity` is a label, for routes go by it; so an alert that has
become worse ends under its lesser severities in the same request.
https://prometheus.io/docs/alerting/latest/alerts_api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta, Struct

from alerts.channels.answers import check, json_of, text_in
from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message, Stage
from alerts.channels.posting import Poster, cut, web_link
from alerts.channels.settings import base_url, read_settings, secret, where
from alerts.model import Severity
from monitor.core.clock import MINUTE, Millis, iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError

KIND = "alertmanager"
PATH = "/api/v2/alerts"
NOTED_MS = 15 * MINUTE
"""What happened at one moment stands so long: longer than a route waits to make a group."""
MAX_TEXT_BYTES = 4_096
_STEPS = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        url: of Alertmanager, with its path prefix if it has one.
        token: name of the secret with a bearer token, for a proxy before it; empty: none is sent.
        hold: how long an alert stands that we say nothing more of.
        labels: more labels of each alert, for its routes.
        insecure: the token may go unencrypted.

    """

    url: str
    token: str = ""
    hold: str = "24h"
    labels: dict[
        Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")],
        Annotated[str, Meta(min_length=1, max_length=200)],
    ] = {}
    insecure: bool = False


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    token = secret(context, KIND, "token", settings.token) if settings.token else ""
    keyed, insecure = bool(token), settings.insecure
    url = base_url(KIND, "url", settings.url, keyed=keyed, insecure=insecure)
    try:
        hold_ms = duration_ms(settings.hold)
    except ValueError as error:
        raise ConfigError(str(error), where=where(KIND, "hold"), hint="hold: 24h") from error
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    poster = Poster(kind=KIND, context=context, headers=headers, secret=token)
    return nullcontext(Alertmanager(url + PATH, hold_ms, settings.labels, poster))


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """One Alertmanager."""

    address: str
    hold_ms: Millis
    labels: Mapping[str, str]
    _poster: Poster = field(repr=False)

    async def send(self, message: Message) -> str:
        """Post the alert; Alertmanager has no name for it but its labels. See `Channel.send`."""
        now = self._poster.context.clock.now()
        answer = await self._poster.post(self.address, self.body(message, now))
        found = json_of(answer)
        # of old it says {"error": …}, now a JSON text alone
        said = found if isinstance(found, str) else text_in(found, "error", "message")
        check(KIND, answer, self._poster.context.clock.now(), self._poster.said(said))
        return ""

    def body(self, message: Message, now: Millis) -> list[dict[str, Any]]:
        """Return the alert, and what it was before it became worse, ended."""
        alerts = [self._alert(message, message.severity, self._end(message, now))]
        if message.stage is Stage.WORSENED:
            lesser = _STEPS[: _STEPS.index(message.severity)]
            alerts += [self._alert(message, severity, message.at) for severity in lesser]
        return alerts

    def _end(self, message: Message, now: Millis) -> Millis:
        if message.stage is Stage.RESOLVED:
            return message.at if message.ended_at is None else message.ended_at
        lasting = message.stage not in {Stage.NOTED, Stage.DIGEST}
        # by our clock: what was held back for a while would be over before it is there
        return max(message.at, now) + (self.hold_ms if lasting else NOTED_MS)

    def _alert(self, message: Message, severity: Severity, end: Millis) -> dict[str, Any]:
        begin = min(message.started_at, end)
        alert: dict[str, Any] = {
            "labels": self._labels(message) | {"severity": severity.value},
            "annotations": {
                "summary": message.title,
                "description": cut(message.text, MAX_TEXT_BYTES),
            },
            "startsAt": iso(begin),
            "endsAt": iso(end),
        }
        if link := web_link(message.link):
            alert["generatorURL"] = link
        return alert

    def _labels(self, message: Message) -> dict[str, str]:
        name = message.rule or f"hashhedge-{message.stage.value}"
        told = {"alertname": name, "key": message.key, "test": "true" if message.test else ""}
        return {name: text for name, text in {**self.labels, **told}.items() if text}
