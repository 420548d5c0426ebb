"""One CSV file of market history: its header, and its rows with the place of each fault."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from monitor.core.clock import Millis, parse_iso
from monitor.core.errors import ConfigError
from monitor.domain.events import Quote

T = TypeVar("T")

ENCODING = "utf-8-sig"
MAX_HEADER_BYTES = 65_536
END_OF_TIME: Millis = 4_102_444_800_000
"""2100-01-01: no row of history is from after it; the figure in another unit is."""


class Piece(NamedTuple):
    """What one row makes known, and when.

    Attributes:
        at: when it was known, ms UTC.
        quotes: may be empty, when all the row says is that something is missing.
        entry: the stream entry it was recorded from; pieces of one entry belong together and
            others stay apart. Empty where the file is no recording.

    """

    at: Millis
    quotes: tuple[Quote, ...]
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file that has a header line."""

    path: Path
    header: tuple[str, ...]

    def column(self, name: str) -> int:
        """Return the place of a column that the layout requires."""
        return self.header.index(name)

    def fault(self, line: int, cause: str, hint: str = "") -> ConfigError:
        """Return the error for a row that cannot be used."""
        mend = hint or "correct the row, or leave the field empty if the value is not known"
        return ConfigError(cause, where=f"{self.path}:{line}", hint=mend)

    def rows(self, *, cut_end: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, fields) of each row after the header.

        With `cut_end` a last row that was not written to its end is left out, as a crash of its
        writer leaves it.

        Raises:
            ConfigError: a row has more or fewer fields than the header, or is not UTF-8 text.

        """
        width = len(self.header)
        line = 1
        with opened(self.path) as file:
            lines = _Lines(file, cut_end=cut_end)
            rows = csv.reader(lines, strict=True)
            try:
                next(rows, None)
                for cells in rows:
                    line = rows.line_num
                    if len(cells) == width:
                        yield line, cells
                    elif cells:
                        cause = f"{len(cells)} fields where the header names {width}"
                        raise self.fault(line, cause)
            except (OSError, UnicodeDecodeError, csv.Error) as error:
                if cut_end and lines.ended:
                    return  # the end of the file came inside a quoted field
                where = max(line, rows.line_num)
                raise self.fault(where, f"cannot be read: {error}", "give UTF-8 CSV") from error

    def parsed(self, parse: Callable[[Sequence[str]], T]) -> Iterator[tuple[int, T]]:
        """Yield (line number, parse(fields)) of each row.

        Raises:
            ConfigError: `parse` raised ValueError; its text becomes the cause.

        """
        for line, cells in self.rows():
            try:
                found = parse(cells)
            except ValueError as error:
                raise self.fault(line, str(error)) from error
            yield line, found

    def pieces(self, parse: Callable[[Sequence[str]], Piece]) -> Iterator[Piece]:
        """Yield the piece of each row, and make sure that time does not run back.

        Raises:
            ConfigError: as `parsed`, and for a row that is earlier than the one before.

        """
        last = None
        for line, piece in self.parsed(parse):
            if last is not None and piece.at < last:
                raise self.fault(line, "is earlier than the row before", "sort the file by time")
            last = piece.at
            yield piece


class _Lines:
    """The lines of a file as text; with `cut_end`, without a last one that has no end."""

    def __init__(self, file: BinaryIO, *, cut_end: bool) -> None:
        self._file = file
        self._cut_end = cut_end
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for raw in self._file:
            if self._cut_end and not raw.endswith(b"\n"):
                break
            yield raw.decode(ENCODING)
        self.ended = True


def opened(path: Path) -> BinaryIO:
    """Open a file to read its bytes.

    Raises:
        ConfigError: it cannot be opened.

    """
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="check that the file is there and that you may read it",
        ) from error


def read_header(path: Path) -> tuple[str, ...]:
    """Return the column names of a CSV file, () if its first line is none.

    Raises:
        ConfigError: the file cannot be opened.

    """
    with opened(path) as file:
        first = file.readline(MAX_HEADER_BYTES)
    try:
        return tuple(next(csv.reader([first.decode(ENCODING)]), ()))
    except (UnicodeDecodeError, csv.Error):
        return ()


def number(text: str, name: str) -> Decimal | None:
    """Return the number in a field, None for an empty one.

    Raises:
        ValueError: it is no finite number of zero or more.

    """
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{name} is {text!r}, which is no number") from None
    if not value.is_finite() or value < 0:
        raise ValueError(f"{name} is {text}; a finite number of 0 or more is expected")
    return value


def price(text: str, name: str) -> Decimal | None:
    """Return the value in a field, None for an empty one and for 0, which no price ever is.

    Raises:
        ValueError: it is no finite number of zero or more.

    """
    return number(text, name) or None


def whole(text: str, name: str) -> int:
    """Return the whole number in a field that must be there.

    Raises:
        ValueError: it is none, or it is negative.

    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name} is {text!r}; a whole number of 0 or more is expected")
    return int(text)


def moment(text: str, name: str) -> Millis:
    """Return the moment (ms UTC) that an ISO 8601 field names; without a zone it is UTC.

    Raises:
        ValueError: it names none.

    """
    try:
        at = parse_iso(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; an ISO 8601 date or time is expected") from None
    return instant(at, name)


def instant(at: Millis, name: str) -> Millis:
    """Return a moment (ms UTC) that may be one of market history.

    Raises:
        ValueError: it is so far out that it must be in another unit.

    """
    if not 0 <= at <= END_OF_TIME:
        raise ValueError(
            f"{name} lies outside 1970 to 2100; is it in seconds, milliseconds or microseconds?"
        )
    return at
