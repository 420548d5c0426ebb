"""Keys: from the variable or its file, and never on show."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.feeds.base import Credential
from monitor.feeds.credentials import Secret, read_secret

KEY = Credential(env="VENUE_KEY", header="X-Key")


def test_the_variable_holds_the_key() -> None:
    """Blanks and newlines around it are not part of it."""
    assert read_secret(KEY, {"VENUE_KEY": " abc\n"}).value == "abc"


def test_the_file_holds_the_key(tmp_path: Path) -> None:
    """A mounted secret works the same."""
    file = tmp_path / "key"
    file.write_text("from-file\n")
    assert read_secret(KEY, {"VENUE_KEY_FILE": str(file)}).value == "from-file"


@pytest.mark.parametrize(
    ("environ", "content"),
    [
        ({}, None),
        ({"VENUE_KEY": "   "}, None),
        ({"VENUE_KEY": "a\r\nX-Evil: 1"}, None),
        ({"VENUE_KEY": "schlüssel"}, None),
        ({"VENUE_KEY_FILE": "{file}"}, None),
        ({"VENUE_KEY_FILE": "{file}"}, b""),
        ({"VENUE_KEY_FILE": "{file}"}, b"\xff\xfe"),
        ({"VENUE_KEY_FILE": "{file}"}, b"x" * 5_000),
        ({"VENUE_KEY": "a", "VENUE_KEY_FILE": "{file}"}, b"b"),
    ],
)
def test_what_is_no_key_is_refused_by_name(
    environ: dict[str, str], content: bytes | None, tmp_path: Path
) -> None:
    """Missing, empty, doubled, unreadable or no header value: the variable is named."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="VENUE_KEY"):
        read_secret(KEY, {name: value.format(file=file) for name, value in environ.items()})


def test_a_secret_does_not_show_itself() -> None:
    """Its repr hides it and it is cut out of foreign text."""
    secret = Secret("abc123")
    assert "abc123" not in repr(secret)
    assert secret.redact("bad key abc123!") == "bad key [redacted]!"
