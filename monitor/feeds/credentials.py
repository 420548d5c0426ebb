"""A feed's keys, read where the operator put them and shown to nobody. Hop 2.

The environment variable named in the declaration holds the key, or its `_FILE` twin names a file
that does (a mounted Kubernetes or Docker secret, bitcoind's cookie).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.feeds.base import Credential

MAX_SECRET_BYTES = 4_096
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that does not show itself in a repr, a log line or a traceback's message."""

    value: str = field(repr=False)

    def redact(self, text: str) -> str:
        """Return `text` without the key: providers like to print it back in their errors.

        As a URL, a JSON text or a Basic header writes it, it is taken out as well.
        """
        text = text.replace(self.value, REDACTED).replace(self._encoded, REDACTED)
        # a long body is searched for the escaped forms only where it has an escape at all
        return _escaped(self.value).sub(REDACTED, text) if "%" in text or "\\" in text else text

    @property
    def basic(self) -> str:
        """Return it as the value of a Basic authorization header."""
        return f"Basic {self._encoded}"

    @property
    def _encoded(self) -> str:
        return b64encode(self.value.encode()).decode()


@lru_cache(maxsize=64)
def _escaped(value: str) -> re.Pattern[str]:
    """Return what finds `value` with any of its characters escaped, as URLs and JSON do."""
    forms = [
        rf"(?:%(?:25)?{ord(letter):02x}|\\u{ord(letter):04x}|\\?{re.escape(letter)})"
        for letter in value
    ]
    return re.compile("".join(forms), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one feed and where they go. Its repr shows none."""

    held: tuple[tuple[Credential, Secret], ...] = ()

    def headers(self) -> dict[str, str]:
        """Return the headers that carry a key."""
        sent = {}
        for credential, secret in self.held:
            if credential.basic:
                sent["Authorization"] = secret.basic
            elif credential.header:
                sent[credential.header] = f"{credential.prefix}{secret.value}"
        return sent

    def query(self) -> dict[str, str]:
        """Return the query parameters that carry a key; for the request only, never to show."""
        return {key.query: secret.value for key, secret in self.held if key.query}

    def redact(self, text: str) -> str:
        """Return `text` without any of the keys."""
        for _, secret in self.held:
            text = secret.redact(text)
        return text


def missing_keys(credentials: Sequence[Credential], environ: Mapping[str, str]) -> list[str]:
    """Return the variables of the keys that are needed and that nobody has set."""
    return [key.env for key in credentials if not key.optional and not _is_set(key, environ)]


def key_places(credentials: Sequence[Credential], environ: Mapping[str, str]) -> list[str]:
    """Return the variables that hold the keys or name their files; never a key itself."""
    places = [name for key in credentials for name in (key.env, f"{key.env}_FILE")]
    return [name for name in places if name in environ]


def read_keys(credentials: Sequence[Credential], environ: Mapping[str, str]) -> Keyring:
    """Return the keys of a feed; an optional one that is nowhere is left out.

    Raises:
        ConfigError: see `read_secret`.

    """
    return Keyring(
        tuple(
            (credential, read_secret(credential, environ))
            for credential in credentials
            if not credential.optional or _is_set(credential, environ)
        )
    )


def _is_set(credential: Credential, environ: Mapping[str, str]) -> bool:
    # whether it can be read is not asked here
    return credential.env in environ or f"{credential.env}_FILE" in environ


def read_secret(credential: Credential, environ: Mapping[str, str]) -> Secret:
    """Return the key of `credential`.

    Raises:
        ConfigError: it is nowhere, in both places, cannot be read, is no header value, or is no
            user:password where that is wanted.

    """
    name = credential.env
    text = secret_text(
        name, environ, needs="this feed needs a key", otherwise="or disable the feed"
    )
    if credential.basic and not all(text.partition(":")):
        message = "the key is no user:password"
        raise ConfigError(message, where=name, hint="write user and password with a colon between")
    return Secret(text)


def secret_text(name: str, environ: Mapping[str, str], *, needs: str, otherwise: str) -> str:
    """Return the text of the secret `name`, for whoever `needs` it; `otherwise` is another way out.

    Raises:
        ConfigError: it is nowhere, in both places, cannot be read, or is no header value.

    """
    twin = f"{name}_FILE"
    text, path = environ.get(name, ""), environ.get(twin, "")
    hint = f"set {name} to the key, or {twin} to a file that holds it; {otherwise}"
    if text and path:
        raise ConfigError(f"{name} and {twin} are both set", where=name, hint="keep one of them")
    if path:
        text = _read(Path(path), twin)
    text = text.strip()
    if not text:
        raise ConfigError(f"{needs} and there is none", where=name, hint=hint)
    if not (text.isascii() and text.isprintable()):
        where = twin if path else name
        raise ConfigError("the key holds characters that no HTTP header may carry", where=where)
    return text


def _read(path: Path, where: str) -> str:
    hint = "name a small readable text file"
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SECRET_BYTES + 1)
        if len(raw) > MAX_SECRET_BYTES:
            raise ConfigError(f"{path} is larger than a key", where=where, hint=hint)
        return raw.decode()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", where=where, hint=hint) from error
    except UnicodeDecodeError as error:
        # `from None`: the error's own text would quote bytes of the file
        message = f"{path} is not text (byte {error.start})"
        raise ConfigError(message, where=where, hint=hint) from None
