"""Whether files are others than before: what a look at them costs nothing to tell.

A ConfigMap changes by a link that is turned to another folder; the look goes through the link, so
that is a change like any other. A folder is all that lies in it, one floor deep.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from operator import attrgetter
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
            found = sorted(entries, key=attrgetter("name"))
    except OSError:  # a file, or not there
        return
    for entry in found:  # a `Path` of each takes four times as long, and holds up who ticks
        yield _mark(entry)


def _mark(file: Path | os.DirEntry[str]) -> tuple[str, int, int, int]:
    path = os.fspath(file)
    try:
        found = file.stat()
    except OSError:
        return (path, *_GONE)
    return (path, found.st_ino, found.st_mtime_ns, found.st_size)
