"""Who may command, and the key that each of them signs with: a file of a name and a key a line. Hop 2.

The file is looked at again when somebody commands, so a key that is taken out counts no more, and a
new one at once. A file that has become wrong changes nothing and is told in the log. No error, no
log and no text of an object here has a key in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import structlog

from monitor.core.errors import ConfigError
from monitor.core.marks import marks_of

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
MIN_KEY, MAX_KEY = 16, 4_096
MAX_FILE_BYTES = 262_144
_HINT = 'write one a line, as "anna 6f1c…"; openssl rand -hex 32 makes a key'

log = structlog.get_logger(__name__)


class Users:
    """The users of one file.

    Raises:
        ConfigError: the file cannot be used; names the line.

    """

    def __init__(self, path: Path, where: str) -> None:
        self._path = path
        self._where = where
        self._marks = marks_of([path])
        self._keys = self._read()

    def key_of(self, name: str) -> str | None:
        """Return the key of a user; None: there is no such user."""
        marks = marks_of([self._path])
        if marks != self._marks:
            self._marks = marks
            try:
                self._keys = self._read()
            except ConfigError as error:
                log.error("commands.users_refused", why=str(error))  # noqa: TRY400  # a person's, no bug
            else:
                log.info("commands.users_read", users=len(self._keys))
        return self._keys.get(name)

    def _read(self) -> Mapping[str, str]:
        try:
            with self._path.open("rb") as stream:
                body = stream.read(MAX_FILE_BYTES + 1)
            text = body.decode()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise self._fault(f"the file {self._path} cannot be read: {reason}") from None
        if len(body) > MAX_FILE_BYTES:
            raise self._fault(f"the file {self._path} has more than {MAX_FILE_BYTES} bytes")
        keys: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            fault = _line_fault(words, keys)
            if fault:
                raise self._fault(f"{self._path}:{number}: {fault}")
            keys[words[0]] = words[1]
        if not keys:
            raise self._fault(f"the file {self._path} names nobody")
        return keys

    def _fault(self, message: str) -> ConfigError:
        return ConfigError(message, where=self._where, hint=_HINT)


def _line_fault(words: list[str], known: Mapping[str, str]) -> str:
    """Return what is wrong with a line, without a word of it that may be a key."""
    if len(words) != 2:  # noqa: PLR2004  # a name and a key
        return f"a name and a key, not {len(words)} words"
    name, key = words
    if not NAME.fullmatch(name):
        return "the name: lower-case letters, digits, - and _, at most 32"
    if name in known:
        return f"{name} has a key already"
    if not MIN_KEY <= len(key) <= MAX_KEY:
        return f"the key of {name}: {MIN_KEY} to {MAX_KEY} characters"
    return ""
