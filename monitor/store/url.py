"""Where Redis is: the one reading of its address, and what of it may be shown.

redis-py takes almost anything: a database that is no number becomes 0, an unknown option is a
TypeError at the first command, and its errors repeat the text. So an address is read here first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit

from monitor.core.errors import ConfigError
from monitor.core.hosts import is_host

PORT = 6379
_SCHEMES = ("redis", "rediss", "unix")
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_OPTIONS = {"redis": ("db",), "rediss": ("db", *_TLS_FILES), "unix": ("db",)}
_DATABASE = re.compile(r"[0-9]{1,6}")
_EXAMPLE = (
    "write redis://[user:password@]host:6379/0, rediss://… for TLS or unix:///path/redis.sock"
)


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """The address of a Redis, printed without user, password and options.

    Attributes:
        scheme: `redis`, `rediss` (TLS) or `unix`.
        place: host and port, or the path of the socket.
        database: its number.
        text: the whole address, as redis-py takes it; may hold a password.

    """

    scheme: str
    place: str
    database: int
    text: str = field(repr=False)

    def __str__(self) -> str:
        database = f"/{self.database}" if self.database and self.scheme != "unix" else ""
        return f"{self.scheme}://{self.place}{database}"

    @classmethod
    def parse(cls, text: str, *, where: str = "HASHHEDGE_REDIS_URL") -> RedisUrl:
        """Read `redis://[user[:password]@]host[:port][/database]`, `rediss://…` or `unix://…`.

        `?db=` may name the database instead; `rediss` also takes the paths `ssl_ca_certs`,
        `ssl_certfile` and `ssl_keyfile` after the `?`. `where` is the setting's name.

        Raises:
            ConfigError: it is no such address. The message repeats nothing that may be a secret.

        """
        text = text.strip()
        why, parts = _split(text)
        if parts is None:
            raise _unusable(why, where)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        place, why = _socket(parts) if parts.scheme == "unix" else _host(parts)
        database = "0" if parts.scheme == "unix" else parts.path.strip("/") or "0"
        why = why or _options(parts, options)
        database = options.get("db", database)
        if not why and not _DATABASE.fullmatch(database):
            why = "the database after host and port is no number"
        if why:
            raise _unusable(why, where)
        return cls(parts.scheme, place, int(database), text)


def _split(text: str) -> tuple[str, SplitResult | None]:
    """Return the parts of an address, or why there are none."""
    scheme, found, rest = text.partition("://")
    if not found or scheme not in _SCHEMES:
        return f"it must begin with {', '.join(f'{name}://' for name in _SCHEMES)}", None
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        return "there is a space or a control character in it", None
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme != "unix" and "@" in rest[len(authority) :]:
        return "in user and password, write `/` as %2F, `?` as %3F, `#` as %23 and `@` as %40", None
    if "#" in rest:
        return "there must be no `#` in it", None
    try:
        return "", urlsplit(text)
    except ValueError:  # its words repeat the text
        return "host and port cannot be read; in a password, write `[` as %5B and `]` as %5D", None


def _socket(parts: SplitResult) -> tuple[str, str]:
    if parts.netloc.rpartition("@")[2]:
        return "", "a socket has no host: three slashes, unix:///path"
    return parts.path, "" if parts.path.strip("/") else "there is no path"


def _host(parts: SplitResult) -> tuple[str, str]:
    """Return host and port as they are shown, and what is wrong with them."""
    try:
        port = parts.port
    except ValueError:  # its words repeat what may be a password
        port = 0
    host = parts.hostname or ""
    if not is_host(host):
        return "", "the host is no host's name" if host else "there is no host"
    if port == 0:
        return "", "the port is no number from 1 to 65535"
    return f"{f'[{host}]' if ':' in host else host}:{port or PORT}", ""


def _options(parts: SplitResult, options: dict[str, str]) -> str:
    """Return what is wrong with what stands after the `?`; empty if nothing."""
    known = _OPTIONS[parts.scheme]
    if not options.keys() <= set(known):
        return f"after the `?`, {parts.scheme}:// knows {', '.join(known)} only"
    if "db" in options and parts.scheme != "unix" and parts.path.strip("/"):
        return "the database is given twice"
    return ""


def _unusable(why: str, where: str) -> ConfigError:
    return ConfigError(f"not a Redis address: {why}", where=where, hint=_EXAMPLE)
