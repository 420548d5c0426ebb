"""Whether files are others than before: what a look at them costs nothing to tell.

A ConfigMap changes by a link that is turned to another folder; the look goes through the link, so
that is a change like any other. A folder is all that lies in it, one floor deep.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

Marks: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""Of each file: its path, its number on the disk, when it was changed (ns), its size in bytes."""
_GONE = (0, 0, -1)


def marks_of(places: Iterable[Path]) -> Marks:
    """Return the marks of files and of what lies in folders; a place that is not there has some."""
    return tuple(mark for place in places for mark in _of(place))


def _of(place: Path) -> Iterator[tuple[str, int, int, int]]:
    yield _mark(place)
    try:
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:  # a file, or not there
        return
    for name in names:
        yield _mark(place / name)


def _mark(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (str(path), *_GONE)
    return (str(path), found.st_ino, found.st_mtime_ns, found.st_size)
