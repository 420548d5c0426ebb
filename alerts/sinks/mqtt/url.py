"""Where the broker is: an address without secrets, and the password from beside it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from monitor.core.errors import ConfigError
from monitor.core.hosts import is_host

Password: TypeAlias = Callable[[], str | None]
"""Asked anew at each connection, so that a changed secret is used without a restart."""

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = "mqtt://broker.example:1883 or mqtts://user@broker.example"


@dataclass(frozen=True, slots=True)
class MqttUrl:
    """A broker's address. It holds no password, so it may be shown anywhere."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{user}{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Tell whether the broker is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @classmethod
    def parse(cls, text: str, *, where: str = "HASHHEDGE_MQTT_URL") -> MqttUrl:
        """Read `mqtt://[user@]host[:port]` or `mqtts://…`; `where` is the setting's name.

        Raises:
            ConfigError: it is no such address, or there is a password in it. The message never
                repeats what may be one.

        """
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError as error:
            raise _unusable("the host or the port cannot be read", where) from error
        if parts.password is not None:
            raise ConfigError(
                "a password in an address ends up in logs and process lists",
                where=where,
                hint="take it out and set HASHHEDGE_MQTT_PASSWORD_FILE or HASHHEDGE_MQTT_PASSWORD",
            )
        if parts.scheme not in _PORTS:
            raise _unusable("it must begin with mqtt:// or mqtts://", where)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise _unusable("there must be nothing after host and port", where)
        host = parts.hostname or ""
        if not is_host(host):
            raise _unusable(f"{host!r} is no host name" if host else "there is no host", where)
        if port == 0:
            raise _unusable("port 0 is no port", where)
        user = unquote(parts.username) if parts.username else None
        return cls(host, port or _PORTS[parts.scheme], parts.scheme == "mqtts", user)


def _unusable(why: str, where: str) -> ConfigError:
    return ConfigError(f"not a broker's address: {why}", where=where, hint=f"write {_EXAMPLE}")


def password_from(value: str | None = None, file: Path | None = None) -> Password:
    """Return the source of the password: `file` if given, else `value`.

    The file is read at each connection; one closing line break in it does not count.
    """
    if file is None:
        return lambda: value

    def read() -> str | None:
        try:
            return file.read_text().removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"the password file cannot be read: {type(error).__name__}",
                where=str(file),
                hint="mount it readable for this user, in UTF-8",
            ) from error

    return read
