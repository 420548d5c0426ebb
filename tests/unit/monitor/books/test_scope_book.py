"""What is left out on purpose: each row that the feature list marks so has its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.books import load_scope

FEATURES = Path(__file__).resolve().parents[4].parent / "shared" / "features.md"


def test_every_reason_is_a_sentence() -> None:
    """In our own words, and the order of the ids."""
    scope = load_scope()
    assert list(scope) == sorted(scope)
    for item in scope.values():
        assert item.reason.endswith(".")


@pytest.mark.skipif(not FEATURES.exists(), reason="the feature list is not at hand")
def test_every_row_marked_out_is_there() -> None:
    """A person who looks for it finds the reason."""
    rows = re.findall(r"^\| ([A-Z]\d\d) \|.*\| Out \|", FEATURES.read_text(), re.MULTILINE)
    assert rows
    assert set(rows) <= set(load_scope())
