"""Bars of a minute and single trades: the layouts that give BTC and stablecoin prices.

A bar's stamp is the *open* of its minute (a file of whole days runs from 00:00Z to 23:59Z), so its
close is known one minute later. Each quote carries that later moment: nothing is known before it
happened. An empty field is a minute without a trade: no quote, never a zero.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from monitor.core.clock import HOUR, MINUTE, SECOND, Millis
from monitor.domain.events import Quote
from monitor.replay.table import ENCODING, Piece, Table, moment, number, price, whole

FRESH_MS = 120 * SECOND
"""docs/formulas.md 7, rule 2: a price that comes by the minute counts for 120 s at most."""

VOLUME_MS = HOUR

PAIRS = {
    "btcusd": "BTC-USD",
    "btcusdt": "BTC-USDT",
    "btcusdc": "BTC-USDC",
    "usdtusd": "USDT-USD",
    "usdcusd": "USDC-USD",
}

BARS = frozenset({"open_time_utc", "close", "volume"})
TRADES = frozenset({"time_ms", "side", "price", "amount_btc"})

_MARKET = rf"(?P<venue>[a-z0-9-]+)_(?P<pair>{'|'.join(PAIRS)})"
_COLUMN = re.compile(rf"{_MARKET}_(?P<what>close|vol)")
_FILE = re.compile(rf"{_MARKET}_(?:1m|trades)(?:[_-].*)?")
_TAIL_BYTES = 65_536


@dataclass(slots=True)
class _Market:
    """One pair at one venue: its columns and what it traded in the last hour."""

    instrument: str
    venue: str
    price_column: int
    volume_column: int | None
    _traded: deque[tuple[Millis, Decimal]] = field(default_factory=deque)
    _sum: Decimal = Decimal(0)

    def quote(self, cells: Sequence[str], at: Millis) -> Quote | None:
        """Return the quote in a row's fields, None where there was no trade."""
        volume = self._volume(cells, at)
        value = price(cells[self.price_column], "price")
        if value is None:
            return None
        return Quote(
            instrument=self.instrument,
            value=value,
            observed_at=at,
            source=self.venue,
            fresh_ms=FRESH_MS,
            volume=volume,
        )

    def _volume(self, cells: Sequence[str], at: Millis) -> Decimal | None:
        """Return what was traded in the hour up to `at`; exact, so it never drifts."""
        if self.volume_column is None:
            return None
        amount = number(cells[self.volume_column], "volume")
        if amount:
            self._traded.append((at, amount))
            self._sum += amount
        while self._traded and self._traded[0][0] <= at - VOLUME_MS:
            self._sum -= self._traded.popleft()[1]
        return self._sum


def is_venues(header: Sequence[str]) -> bool:
    """Tell whether these are the columns of minute bars of several venues."""
    rest = [_COLUMN.fullmatch(name) for name in header[1:]]
    return header[:1] == ("time_utc",) and bool(rest) and all(rest)


def named_market(table: Table) -> tuple[str, str] | None:
    """Return (instrument, venue) from the name of a file whose header does not say them."""
    found = _FILE.fullmatch(table.path.stem)
    return (PAIRS[found["pair"]], found["venue"]) if found else None


def read_venues(table: Table) -> Iterator[Piece]:
    """Yield the minutes of a file with one column pair per venue and pair."""
    places = {name: place for place, name in enumerate(table.header)}
    markets = [
        _Market(
            PAIRS[found["pair"]],
            found["venue"],
            place,
            places.get(f"{found['venue']}_{found['pair']}_vol"),
        )
        for name, place in places.items()
        if (found := _COLUMN.fullmatch(name)) and found["what"] == "close"
    ]
    return _bars(table, markets, 0)


def read_bars(table: Table) -> Iterator[Piece]:
    """Yield the minutes of a file of one market, named VENUE_PAIR_1m….csv."""
    market = _single(table, "close", "volume")
    return _bars(table, [market], table.column("open_time_utc"))


def read_trades(table: Table) -> Iterator[Piece]:
    """Yield the trades of a file of one market, named VENUE_PAIR_trades….csv, each at its own time."""
    market = _single(table, "price", "amount_btc")
    time = table.column("time_ms")

    def parse(cells: Sequence[str]) -> Piece:
        at = whole(cells[time], "time_ms")
        quote = market.quote(cells, at)
        return Piece(at, () if quote is None else (quote,))

    return table.pieces(parse)


def span(table: Table) -> tuple[Millis, Millis] | None:
    """Return when the first and the last row of a file of bars or trades was known.

    None where that cannot be read; playing the file names the faulty row.
    """
    last = _last_row(table)
    first = next(table.rows(), None)
    if first is None or len(last) != len(table.header):
        return None
    try:
        return _known_at(table, first[1]), _known_at(table, last)
    except ValueError:
        return None


def _known_at(table: Table, cells: Sequence[str]) -> Millis:
    if "time_ms" in table.header:
        return whole(cells[table.column("time_ms")], "time_ms")
    name = "time_utc" if "time_utc" in table.header else "open_time_utc"
    return moment(cells[table.column(name)], name) + MINUTE


def _last_row(table: Table) -> list[str]:
    """Return the last row without reading the whole file; no field of these layouts is quoted."""
    with table.path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        return file.read().decode(ENCODING, "replace").rstrip().rpartition("\n")[2].split(",")


def _single(table: Table, price_column: str, volume_column: str) -> _Market:
    market = named_market(table)
    if market is None:
        raise ValueError(f"{table.path.name} does not name its venue and pair")
    return _Market(*market, table.column(price_column), table.column(volume_column))


def _bars(table: Table, markets: Sequence[_Market], time: int) -> Iterator[Piece]:
    name = table.header[time]

    def parse(cells: Sequence[str]) -> Piece:
        at = moment(cells[time], name) + MINUTE
        quotes = [market.quote(cells, at) for market in markets]
        return Piece(at, tuple(quote for quote in quotes if quote is not None))

    return table.pieces(parse)
