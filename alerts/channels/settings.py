"""A channel's settings: plain data from a person's file, read strictly and told back by its field. Hop 9."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from alerts.channels.base import ChannelContext
from monitor.core.errors import ConfigError
from monitor.core.hosts import is_host, is_loopback
from monitor.core.mends import known_words, nearest, steps_of

T = TypeVar("T", bound=msgspec.Struct)

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_SCHEMES = ("http", "https")


def where(kind: str, field: str = "") -> str:
    """Return the place that an error of this setting names."""
    return f"channel {kind}: {field}" if field else f"channel {kind}"


def read_settings(kind: str, told: Mapping[str, object], form: type[T]) -> T:
    """Return the settings as `form`, which forbids unknown fields.

    Raises:
        ConfigError: a field is unknown, missing or of the wrong type.

    """
    try:
        return msgspec.convert(dict(told), form)
    except msgspec.ValidationError as error:
        message, _, tail = str(error).partition(" - at `")
        place = steps_of(tail.rstrip("`"))
        quoted = re.search(r"`([^`]+)`", message)
        word = quoted[1] if quoted else ""
        hint = "docs/push.md has the settings of each channel"
        if "unknown field" in message:
            message, hint = f"unknown field `{word}`", nearest(word, known_words(form, place))
        elif "missing required" in message:
            message, hint = f"missing field `{word}`", f"add `{word}:`"
        field = ".".join(str(step) for step in place)
        raise ConfigError(message, where=where(kind, field), hint=hint) from None


def secret(context: ChannelContext, kind: str, field: str, name: str) -> str:
    """Return the secret that is called `name`.

    Raises:
        ConfigError: that is no name, perhaps the secret itself, so it is not shown; or it is nowhere.

    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "it is the name of a secret that belongs here, as NTFY_TOKEN; never the secret itself",
            where=where(kind, field),
            hint="set the environment variable NTFY_TOKEN, or NTFY_TOKEN_FILE to a file that holds it",
        )
    return context.secret(name)


def base_url(kind: str, field: str, url: str, *, keyed: bool, insecure: bool) -> str:
    """Return `url` without a slash at its end.

    `keyed` says that a secret goes there, `insecure` that it may go unencrypted.

    Raises:
        ConfigError: no http or https address, one with a key in it, or unencrypted with a secret.

    """
    place = where(kind, field)
    parts = _split(url, place)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            "an address without user, password, ? and # is wanted",
            where=place,
            hint="put a key into its own setting, by name",
        )
    host = parts.hostname or ""
    if keyed and parts.scheme == "http" and not (insecure or is_loopback(host)):
        raise ConfigError(
            "the key would go unencrypted to another machine",
            where=place,
            hint="use https, or set `insecure: true` if the way there is your own",
        )
    return url.rstrip("/")


def _split(url: str, place: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = SplitResult("", "", "", "", ""), False
    if parts.scheme not in _SCHEMES or not port_is_fine or not is_host(parts.hostname or ""):
        raise ConfigError("no http or https address", where=place, hint="https://ntfy.sh")
    return parts
