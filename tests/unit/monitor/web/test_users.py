"""The file of who may command: what it may say, and that no error repeats a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.web.users import MAX_FILE_BYTES, Users

KEY = "sixteen-or-more-characters"


def written(folder: Path, text: str | bytes) -> Path:
    """Return a file of that text."""
    path = folder / "users"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_names_and_keys(tmp_path: Path) -> None:
    """Remarks and empty lines do not matter; nobody else has a key."""
    users = Users(written(tmp_path, f"# us\n\nanna  {KEY}\nbob-2 {KEY}2\n"), "X")
    assert (users.key_of("anna"), users.key_of("bob-2")) == (KEY, f"{KEY}2")
    assert users.key_of("#") is None
    assert users.key_of("") is None
    assert KEY not in repr(users)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "names nobody"),
        ("# nobody\n", "names nobody"),
        (f"anna {KEY}\n{KEY}\n", "users:2: a name and a key, not 1 words"),
        (f"anna {KEY} more\n", "users:1: a name and a key, not 3 words"),
        (f"Anna {KEY}\n", "users:1: the name"),
        (f"anna/+ {KEY}\n", "users:1: the name"),
        (f"anna {KEY}\nanna {KEY}\n", "users:2: anna has a key already"),
        ("anna sixteen-or-less", "16 to 4096 characters"),
        (b"anna \xff\xfe", "no text in UTF-8"),
        ("#" * (MAX_FILE_BYTES + 1), "more than"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str | bytes, expected: str) -> None:
    """The place, what is wrong, how to mend it; never a key."""
    with pytest.raises(ConfigError) as caught:
        Users(written(tmp_path, text), "HASHHEDGE_COMMAND_USERS")
    said = str(caught.value)
    assert expected in said
    assert "HASHHEDGE_COMMAND_USERS" in said
    assert "openssl rand" in said
    assert KEY not in said
    assert "sixteen" not in said


def test_no_file_at_all(tmp_path: Path) -> None:
    """The path and the reason."""
    with pytest.raises(ConfigError, match="nowhere cannot be read: No such file"):
        Users(tmp_path / "nowhere", "X")
