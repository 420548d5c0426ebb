"""A folder of CSV files as one stream of moments in order of time. Beside hops 1 to 3.

Each file is recognised by its header; only where the header does not say whose prices these are,
the name has to (`VENUE_PAIR_1m….csv`, `VENUE_PAIR_trades….csv`). What is not recognised is listed
with the reason and left out. Files are read as they are played, one row of each at a time; only
daily stock files, which have one ticker after another, are sorted in memory.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from monitor.core.clock import DAY, Millis, iso
from monitor.core.errors import ConfigError
from monitor.domain.events import Quote
from monitor.replay import daily, intraday, jsonlines, recording
from monitor.replay.table import Piece, Table, read_header
from monitor.store.playback import Moment

OPENING_MS = 7 * DAY
"""How far before the start a value may be known and still open the replay: a long weekend fits."""

MAX_QUOTES = 500

_CHUNK_BYTES = 1 << 20


class Layout(Enum):
    """The layouts that can be played."""

    RECORDING = "recorded quotes"
    JSON_LINES = "quotes as JSON"
    VENUES = "minute bars of several venues"
    BARS = "minute bars of one market"
    TRADES = "trades of one market"
    BLOCKS = "blocks"
    NETWORK = "network figures by day"
    CLOSES = "stock closes by day"
    ADJUSTED_CLOSES = "adjusted stock closes by day"
    PRICES = "BTC closes by day"


_REQUIRED = {
    Layout.RECORDING: recording.REQUIRED,
    Layout.BARS: intraday.BARS,
    Layout.TRADES: intraday.TRADES,
    Layout.BLOCKS: daily.BLOCKS,
    Layout.NETWORK: daily.NETWORK,
    Layout.CLOSES: daily.CLOSES,
    Layout.ADJUSTED_CLOSES: daily.ADJUSTED_CLOSES,
    Layout.PRICES: daily.PRICES,
}
_NAMED = frozenset({Layout.BARS, Layout.TRADES})
_INTRADAY = {
    Layout.VENUES: intraday.read_venues,
    Layout.BARS: intraday.read_bars,
    Layout.TRADES: intraday.read_trades,
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of the folder that is not played, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class History:
    """What a folder holds between two moments.

    Attributes:
        tables: the files played, by layout, each sorted by name.
        skipped: CSV files left out.
        start: the first moment of interest, None for all there is, ms UTC.
        end: the first moment no longer played, None for all there is.
        fingerprint: changes with the content of any file and with the range.
        of_days: what a daily file says of a whole day is told too; no live feed says that.

    """

    tables: Mapping[Layout, tuple[Table, ...]]
    skipped: tuple[Skipped, ...]
    start: Millis | None
    end: Millis | None
    fingerprint: str
    of_days: bool = False

    def moments(self) -> Iterator[Moment]:
        """Yield the moments from `start` up to, not including, `end`.

        With a start, the first moment holds what was known by then, each value with its own time:
        a replay that begins on a Saturday knows Friday's closes.

        Raises:
            ConfigError: a row cannot be used; names file and line.

        """
        merged = heapq.merge(*self._streams(), key=attrgetter("at"))
        pieces = self._opened(self._before_end(merged))
        for (at, _), group in groupby(pieces, key=lambda piece: (piece.at, piece.entry)):
            quotes = tuple(quote for piece in group for quote in piece.quotes)
            for first in range(0, len(quotes), MAX_QUOTES):
                yield Moment(at, quotes[first : first + MAX_QUOTES])

    def _before_end(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            if self.end is not None and piece.at >= self.end:
                return
            yield piece

    def _opened(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Replace everything before the start by what of it was known then."""
        if self.start is None:
            yield from pieces
            return
        known: dict[tuple[str, str], Quote] = {}
        for piece in pieces:
            if piece.at >= self.start:
                yield Piece(self.start, tuple(known.values()), "opening")
                yield piece
                break
            if piece.at >= self.start - OPENING_MS:
                known.update(
                    ((quote.instrument, quote.source), quote)
                    for quote in piece.quotes
                    if not quote.backfilled
                )
        yield from pieces

    def _streams(self) -> list[Iterator[Piece]]:
        streams = [recording.read_recording(table) for table in self._of(Layout.RECORDING)]
        streams += [jsonlines.read_json_lines(table) for table in self._of(Layout.JSON_LINES)]
        for layout, read in _INTRADAY.items():
            streams += [read(table) for table in self._of(layout)]
        streams += [daily.read_blocks(table) for table in self._of(Layout.BLOCKS)]
        with_fees = not self._of(Layout.BLOCKS)
        streams += [
            daily.read_network(table, with_fees=with_fees, of_days=self.of_days)
            for table in self._of(Layout.NETWORK)
        ]
        streams.append(daily.read_stocks(self._of(Layout.CLOSES), self._of(Layout.ADJUSTED_CLOSES)))
        covered = self._covered() if self._of(Layout.PRICES) else []
        streams += [daily.read_prices(table, covered) for table in self._of(Layout.PRICES)]
        return streams

    def _of(self, layout: Layout) -> tuple[Table, ...]:
        return self.tables.get(layout, ())

    def _covered(self) -> list[tuple[Millis, Millis]]:
        """Return the times for which there are prices by the minute."""
        spans = [intraday.span(table) for layout in _INTRADAY for table in self._of(layout)]
        spans += [recording.span(table) for table in self._of(Layout.RECORDING)]
        return sorted(span for span in spans if span is not None)


def open_history(
    place: Path, *, start: Millis | None = None, end: Millis | None = None, of_days: bool = False
) -> History:
    """Take the file `place`, or the CSV and JSON-lines files of that folder that can be played.

    Raises:
        ConfigError: no such place, nothing in it that can be played, or an empty range.

    """
    if start is not None and end is not None and end <= start:
        raise ConfigError(
            f"the range ends at {iso(end)}, which is not after its start {iso(start)}",
            where="--to",
            hint="give an end after the start",
        )
    if not place.exists():
        raise ConfigError(
            "is not there", where=str(place), hint="name a folder that holds CSV files, or one file"
        )
    tables: dict[Layout, tuple[Table, ...]] = {}
    skipped: list[Skipped] = []
    for path in _files(place):
        table = Table(path, () if path.suffix == jsonlines.SUFFIX else read_header(path))
        layout, reason = _recognised(table)
        if layout is None:
            skipped.append(Skipped(path.name, reason))
        else:
            tables[layout] = (*tables.get(layout, ()), table)
    if not tables:
        raise ConfigError(
            "holds no file that can be played"
            + "".join(f"\n  {file.name}: {file.reason}" for file in skipped),
            where=str(place),
            hint="see docs/replay.md for the layouts",
        )
    played = [table.path for found in tables.values() for table in found]
    fingerprint = _fingerprint(played, start, end)
    return History(tables, tuple(skipped), start, end, fingerprint, of_days)


def _files(place: Path) -> list[Path]:
    """Return the files to look at: that one, or those of the folder that end as history does."""
    if not place.is_dir():
        return [place]
    return sorted([*place.glob("*.csv"), *place.glob(f"*{jsonlines.SUFFIX}")])


def _recognised(table: Table) -> tuple[Layout | None, str]:
    """Return the layout of a file, or None and why it has none."""
    header = frozenset(table.header)
    if table.path.suffix == jsonlines.SUFFIX:
        return Layout.JSON_LINES, ""
    if intraday.is_venues(table.header):
        return Layout.VENUES, ""
    layout = next((layout for layout, needed in _REQUIRED.items() if needed <= header), None)
    if layout is None:
        return None, f"no known layout has the columns {', '.join(table.header[:8]) or '(none)'}"
    if layout in _NAMED and intraday.named_market(table) is None:
        return None, (
            f"looks like {layout.value}, but the name does not say which: "
            "call it VENUE_PAIR_1m….csv or VENUE_PAIR_trades….csv"
        )
    return layout, ""


def _fingerprint(paths: Sequence[Path], start: Millis | None, end: Millis | None) -> str:
    digest = hashlib.sha256(f"{start}/{end}".encode())
    for path in sorted(paths):
        content = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                content.update(chunk)
        digest.update(f"\n{path.name} {content.hexdigest()}".encode())
    return digest.hexdigest()[:32]
