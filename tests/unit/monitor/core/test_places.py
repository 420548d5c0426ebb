"""Places to write to: what is wrong with one is said before anything is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.places import check_file, made_folder, unwritable


def test_a_folder_is_made_for_its_owner(tmp_path: Path) -> None:
    """It is made with its parents, and one that is there does."""
    made = made_folder(tmp_path / "a" / "b", "")
    assert made_folder(made, "") == made
    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("path", ["/dev/null", "/dev/null/x", "/proc/nothing/here"])
def test_a_place_that_is_none_is_refused_with_the_mend(path: str) -> None:
    """A file in the way and a system that refuses are both the person's to mend."""
    with pytest.raises(ConfigError) as caught:
        made_folder(Path(path), "choose another")
    assert (caught.value.where, caught.value.hint) == (path, "choose another")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    """What would fail later is known without trying."""
    tmp_path.chmod(0o500)
    assert "may not write" in (unwritable(tmp_path / "new") or "")


def test_looking_makes_nothing(tmp_path: Path) -> None:
    """A place that could be made is fine and is not made; a dangling link is no place."""
    assert unwritable(tmp_path / "a" / "b") is None
    assert not list(tmp_path.iterdir())
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert unwritable(tmp_path / "link" / "x") is not None


def test_a_file_that_is_there_keeps_what_it_holds(tmp_path: Path) -> None:
    """To look whether it can be written changes nothing in it."""
    file = tmp_path / "file"
    file.write_text("kept")
    check_file(file, "--transitions")
    assert file.read_text() == "kept"
    with pytest.raises(ConfigError, match=r"^--transitions: "):
        check_file(tmp_path, "--transitions")
