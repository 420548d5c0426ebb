"""Writes what live feeds bring into files that can be replayed. Beside hop 4.

The recorder follows the ticks stream like any other reader and only ever adds to its files. One
tick is written at once, and the disk is told to keep it on a slow clock. Started again, it drops
the last tick it finds, which a crash may have cut, and reads on from the one before: nothing is
missing and nothing stands twice.
"""

from __future__ import annotations

import asyncio
import csv
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from monitor.core.backoff import Backoff
from monitor.core.clock import Clock, Millis
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.domain.events import Tick
from monitor.replay import recording
from monitor.replay.table import read_header
from monitor.store.codec import MalformedTickError, decode_tick
from monitor.store.ticks import TickReader

log = structlog.get_logger()

SYNC_EVERY_S = 1.0

Follow = Callable[[str], AsyncIterator[Tick]]
"""Given the id of the last tick recorded ('' for none), the ticks after it, as they come."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A tick in a file: its id, its time and the byte at which its rows begin."""

    tick: str
    at: Millis
    offset: int


@dataclass(slots=True)
class _DayFile:
    """The file being written."""

    name: str
    stream: BinaryIO
    unsynced: bool = False

    async def sync(self) -> None:
        """Have the disk keep what was written, without holding up the loop."""
        self.unsynced = False
        # a handle of its own: the file may be closed while the disk is still busy
        await asyncio.to_thread(_sync, os.dup(self.stream.fileno()))

    def close(self) -> None:
        """Have the disk keep it, and let go."""
        with self.stream:
            os.fsync(self.stream.fileno())


class Recorder:
    """Records ticks into one folder, a file per UTC day."""

    def __init__(self, folder: Path, clock: Clock, *, sync_every_s: float = SYNC_EVERY_S) -> None:
        """`clock` says how often the disk is told to keep what was written."""
        self._folder = folder
        self._clock = clock
        self._sync_every_s = sync_every_s
        self._file: _DayFile | None = None
        self._at: Millis = 0
        self.ticks = 0

    async def run(self, follow: Follow) -> None:
        """Record until the ticks end or the task is cancelled; then everything is on disk.

        Raises:
            ConfigError: the folder cannot be written, or holds a file of this name that is no
                recording.

        """
        syncing = asyncio.create_task(self._sync_now_and_then())
        try:
            after = await asyncio.to_thread(self._resume)
            async for tick in follow(after):
                self._write(tick)
                if syncing.done():
                    syncing.result()  # it ends only by the disk's error, which is raised here
        except OSError as error:
            raise ConfigError(
                f"cannot be written: {error.strerror}",
                where=str(error.filename or self._folder),
                hint="free some space, or name a folder that you may write",
            ) from error
        finally:
            syncing.cancel()
            with suppress(asyncio.CancelledError):
                await syncing
            self._close()

    def _write(self, tick: Tick) -> None:
        """Add one tick. Its time is the one that the step counts: never earlier than before."""
        self._at = max(self._at, tick.at)
        name = recording.file_name(self._at)
        if self._file is None or self._file.name != name:
            self._close()
            self._file = _DayFile(name, _opened(self._folder / name))
        self._file.stream.write(recording.encode(tick, self._at).encode())
        self._file.stream.flush()
        self._file.unsynced = True
        self.ticks += 1

    async def _sync_now_and_then(self) -> None:
        while True:
            await self._clock.sleep(self._sync_every_s)
            if self._file is not None and self._file.unsynced:
                await self._file.sync()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _resume(self) -> str:
        """Drop the last tick recorded, which may not be whole; return the id of the one before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        dropped = False
        for path in sorted(self._folder.glob("quotes-*.csv"), reverse=True):
            before, last = _last_ticks(path)
            if last is None:
                os.truncate(path, 0)  # at most a header and a row without an end
            elif not dropped:
                os.truncate(path, last.offset)
                dropped = True
                last = before
            if last is not None:
                self._at = last.at
                return last.tick
        return ""


async def follow_stream(reader: TickReader, clock: Clock, after: str) -> AsyncIterator[Tick]:
    """Yield the ticks of a stream after `after`, as they come, for ever.

    While Redis is away it waits; an entry that breaks the ingest contract is left out, as the
    step leaves it out.
    """
    backoff, rng, failures = Backoff(base_s=0.2, cap_s=5.0), random.Random(), 0  # noqa: S311 - jitter
    while True:
        try:
            entries = await reader.read(after)
        except StoreUnavailable as error:
            if failures == 0:
                log.warning("record.paused", why=str(error))
            await clock.sleep(backoff.delay_s(failures, rng))
            failures += 1
            continue
        failures = 0
        for entry_id, fields in entries:
            after = entry_id.decode()
            try:
                tick = decode_tick(entry_id, fields, reader.server_now)
            except MalformedTickError:
                continue
            yield tick


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _opened(path: Path) -> BinaryIO:
    """Open a day's file to add to it, and begin it if it is new."""
    stream = path.open("ab")
    try:
        if stream.tell() == 0:
            stream.write(recording.header_line().encode())
        else:
            _refuse_foreign(path)
    except BaseException:
        stream.close()
        raise
    return stream


def _refuse_foreign(path: Path) -> None:
    if read_header(path) != recording.COLUMNS:
        raise ConfigError(
            "is there already and is no recording of this version",
            where=str(path),
            hint="move it away, or record into another folder",
        )


def _last_ticks(path: Path) -> tuple[_Mark | None, _Mark | None]:
    """Return the last tick but one and the last of a file; a row without an end counts for none."""
    header = recording.header_line().encode()
    with path.open("rb") as file:
        beginning = file.read(len(header))
    if len(beginning) < len(header) and header.startswith(beginning):
        return None, None  # the crash came while the header was written
    _refuse_foreign(path)
    before: _Mark | None = None
    last: _Mark | None = None
    for offset, cells in _placed_rows(path):
        at, tick = cells[:2]
        if last is None or tick != last.tick:
            before, last = last, _Mark(tick, int(at), offset)
    return before, last


def _placed_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (first byte, fields) of each whole row after the header."""
    read = 0

    def lines(file: BinaryIO) -> Iterator[str]:
        nonlocal read
        for raw in file:
            if raw.endswith(b"\n"):
                read += len(raw)
                yield raw.decode()

    with path.open("rb") as file:
        rows = csv.reader(lines(file))
        next(rows)
        start = read
        for cells in rows:
            if len(cells) == len(recording.COLUMNS):
                yield start, cells
            start = read
