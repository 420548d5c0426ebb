"""The words that say why something happened, and why it is sent, are closed lists that people can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.reasons import NoticeReason, Reason

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "words"),
    [("rules.md", [it.value for it in Reason]), ("alerts.md", [it.value for it in NoticeReason])],
)
def test_every_word_is_on_its_page(page: str, words: list[str]) -> None:
    """Who filters by a reason or a notice finds each of them there (row E32)."""
    written = set(re.findall(r"`([a-z_]+)`", (DOCS / page).read_text(encoding="utf-8")))
    assert sorted(set(words) - written) == []
