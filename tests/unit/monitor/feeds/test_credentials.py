"""Keys: from the variable or its file, and never on show."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.feeds.base import Credential
from monitor.feeds.credentials import Secret, missing_keys, read_keys, read_secret

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


@pytest.mark.parametrize(
    "written",
    ["a+b/c=&d%25", "a%2Bb/c%3D%26d%2525", "a%2bb%2fc%3d%26d%2525", "a+b\\/c=\\u0026d%25"],
)
def test_a_secret_is_found_as_urls_and_json_write_it(written: str) -> None:
    """Escaped by any of their rules, it is cut out all the same; what stands around it stays."""
    secret = Secret("a+b/c=&d%25")
    assert secret.redact(f"x%20=<{written}>\\n") == "x%20=<[redacted]>\\n"
    assert secret.redact(f"sent {secret.basic}.") == "sent Basic [redacted]."


@pytest.mark.parametrize("text", ["", "user", "user:"])
def test_basic_needs_user_and_password(text: str) -> None:
    """Half of it is no key, and the hint says what is missing."""
    with pytest.raises(ConfigError, match="RPC"):
        read_secret(Credential(env="RPC", basic=True), {"RPC": text})


def test_an_optional_key_is_not_missed() -> None:
    """Nowhere is fine for it; broken is not."""
    extra = Credential(env="EXTRA", header="X-E", optional=True)
    assert missing_keys((KEY, extra), {}) == ["VENUE_KEY"]
    assert read_keys((extra,), {}).headers() == {}
    assert read_keys((extra,), {"EXTRA": "abc"}).headers() == {"X-E": "abc"}
    with pytest.raises(ConfigError, match="EXTRA"):
        read_keys((extra,), {"EXTRA": "ü"})


def test_a_ring_of_keys_shows_none() -> None:
    """Its repr names the variables alone."""
    ring = read_keys((KEY, Credential(env="ID", query="id")), {"VENUE_KEY": "abc", "ID": "xyz"})
    assert (ring.headers(), ring.query()) == ({"X-Key": "abc"}, {"id": "xyz"})
    assert "abc" not in repr(ring)
    assert "xyz" not in repr(ring)
    assert ring.redact("abc xyz") == "[redacted] [redacted]"
