"""Plug-ins are found by their place, in one order, and a wrong declaration is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.discovery import declared


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """Give a package of its own, forgotten afterwards."""
    folder = tmp_path / "plugged_seam"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    sys.path.insert(0, str(tmp_path))
    yield folder
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugged_seam"]:
        del sys.modules[name]


def test_a_plug_in_is_one_file(package: Path) -> None:
    """Modules that declare the name are found in alphabetical order; others are left alone."""
    for name, text in (("zeta", "THING = 3"), ("alpha", "THING = 1"), ("base", "class Base: ...")):
        (package / f"{name}.py").write_text(text)
    (package / "notes.txt").write_text("THING = 9")
    assert list(declared("plugged_seam", "THING", int)) == [("alpha", 1), ("zeta", 3)]


def test_a_wrong_declaration_names_its_module(package: Path) -> None:
    """A name bound to something else is a mistake of the file, and says which."""
    (package / "odd.py").write_text("THING = 'one'")
    with pytest.raises(TypeError, match=r"plugged_seam\.odd\.THING is a str"):
        list(declared("plugged_seam", "THING", int))
