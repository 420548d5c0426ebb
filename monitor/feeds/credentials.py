"""A feed's key, read where the operator put it and shown to nobody. Hop 2.

The environment variable named in the declaration holds the key, or its `_FILE` twin names a file
that does (a mounted Kubernetes or Docker secret).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        """Return `text` without the key: providers like to print it back in their errors."""
        return text.replace(self.value, REDACTED)


def read_secret(credential: Credential, environ: Mapping[str, str]) -> Secret:
    """Return the key of `credential`.

    Raises:
        ConfigError: it is nowhere, in both places, cannot be read, or is no header value.

    """
    name, twin = credential.env, f"{credential.env}_FILE"
    text, path = environ.get(name, ""), environ.get(twin, "")
    hint = f"set {name} to the key, or {twin} to a file that holds it; or disable the feed"
    if text and path:
        raise ConfigError(f"{name} and {twin} are both set", where=name, hint="keep one of them")
    if path:
        text = _read(Path(path), twin)
    text = text.strip()
    if not text:
        raise ConfigError("this feed needs a key and there is none", where=name, hint=hint)
    if not (text.isascii() and text.isprintable()):
        where = twin if path else name
        raise ConfigError("the key holds characters that no HTTP header may carry", where=where)
    return Secret(text)


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
