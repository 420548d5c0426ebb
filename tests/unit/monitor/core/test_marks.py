"""Changed files are seen, whatever way they change."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.core.marks import marks_of


def test_what_changes_is_seen_and_what_does_not_is_not(tmp_path: Path) -> None:
    """Another text of the same size at the same second, a new file in a folder, one that is gone."""
    book, folder = tmp_path / "rules.yaml", tmp_path / "companies"
    seen = {marks_of((book, folder))}
    book.write_text("a", "utf-8")
    folder.mkdir()
    seen.add(marks_of((book, folder)))
    assert marks_of((book, folder)) in seen
    (folder / "ACME.yaml").write_text("x", "utf-8")
    seen.add(marks_of((book, folder)))
    (tmp_path / "other").write_text("b", "utf-8")
    os.utime(tmp_path / "other", ns=(book.stat().st_atime_ns, book.stat().st_mtime_ns))
    (tmp_path / "other").rename(book)
    seen.add(marks_of((book, folder)))
    book.unlink()
    seen.add(marks_of((book, folder)))
    assert len(seen) == 5
