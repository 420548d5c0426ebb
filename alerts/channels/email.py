"""E-mail over SMTP, by apprise: the messages of one alert are one thread in the reader's mailbox. Hop 9.

A mail cannot be edited. Its `References` name the alert's episode instead, so that a mail program
shows its end below its fire.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from msgspec import Meta, Struct

from alerts.channels.apprise import AppriseService
from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.channels.posting import notice_id
from alerts.channels.settings import read_settings, secret, where
from monitor.core.errors import ConfigError
from monitor.core.hosts import is_host, is_loopback

KIND = "email"
CONNECT_S, READ_S = 8, 8
_Address = Annotated[str, Meta(pattern=r"^[^\s@<>,;]{1,64}@[A-Za-z0-9.-]{1,253}$")]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel is told.

    Attributes:
        host: of the mail server.
        port: of it; None: 465 with `ssl`, else 587.
        security: `ssl` from the first byte, `starttls` after a word in the clear, or `none`.
        sender: the address in `From`.
        to: who gets it.
        user: at the mail server; empty: it asks for none.
        password: name of the secret with the user's password.

    """

    host: str
    sender: _Address
    to: Annotated[list[_Address], Meta(min_length=1, max_length=20)]
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    security: Literal["ssl", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = ""


def open_channel(
    context: ChannelContext, told: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel; see `ChannelSpec.open`."""
    settings = read_settings(KIND, told, Settings)
    if not is_host(settings.host):
        raise ConfigError("no name of a host", where=where(KIND, "host"), hint="smtp.example.org")
    if bool(settings.user) is not bool(settings.password):
        raise ConfigError(
            "user and password go together", where=where(KIND, "user"), hint="give both or none"
        )
    if settings.password and settings.security == "none" and not is_loopback(settings.host):
        raise ConfigError(
            "the password would go unencrypted to another machine",
            where=where(KIND, "security"),
            hint="security: starttls, or ssl",
        )
    password = secret(context, KIND, "password", settings.password) if settings.password else ""
    shown_as, sent_as = f"{{{settings.password}}}", quote(password, safe="")
    shown, sent = _address(settings, shown_as), _address(settings, sent_as)
    return AppriseService(KIND, "host", shown, sent, _thread)


CHANNEL = ChannelSpec(kind=KIND, open=open_channel)


def _address(settings: Settings, encoded: str) -> str:
    """Return apprise's address of a mail server (https://appriseit.com/services/email/)."""
    scheme = "mailto" if settings.security == "none" else "mailtos"
    who = f"{quote(settings.user, safe='')}:{encoded}@" if settings.user else ""
    port = settings.port or (465 if settings.security == "ssl" else 587)
    how = {
        "from": settings.sender,
        "to": ",".join(settings.to),
        "smtp": settings.host,
        "mode": "insecure" if settings.security == "none" else settings.security,
        "format": "text",
        "cto": str(CONNECT_S),
        "rto": str(READ_S),
    }
    return f"{scheme}://{who}{settings.host}:{port}?{urlencode(how)}"


def _thread(message: Message) -> str:
    name = quote(f"<{notice_id(message.thread)}@hashhedge>", safe="")
    return f"&+References={name}&+In-Reply-To={name}"
