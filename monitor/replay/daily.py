"""One row per day or per block: the layouts that give network figures, stocks and daily prices.

A figure of a UTC day is known when the day is over, a stock's close when its session is over.
Sessions that closed early are not marked in the files: all are taken to close at 16:00 New York,
which is never too soon.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from monitor.core.clock import DAY, HOUR, SECOND, Millis
from monitor.domain.events import (
    BLOCK_PACE,
    BLOCK_WINDOW,
    BTC_USD,
    DAY_HASHRATE,
    DAY_ISSUANCE,
    DIFFICULTY,
    FEES,
    HEIGHT,
    Quote,
)
from monitor.domain.network import (
    EPOCH_BLOCKS,
    MIN_PROJECTION_BLOCKS,
    WINDOW_BLOCKS,
    subsidy_of_day,
)
from monitor.domain.units import HASHES_PER_DIFFICULTY, SAT_PER_BTC
from monitor.replay.table import Piece, Table, instant, moment, number, price, whole

PRICES = frozenset({"date", "close", "source"})
NETWORK = frozenset({"date", "difficulty", "hashrate_ths"})
BLOCKS = frozenset({"height", "time_unix", "fee_sat"})
CLOSES = frozenset({"ticker", "date", "close"})
ADJUSTED_CLOSES = frozenset({"ticker", "date", "adj_close"})

PRICE_FRESH_MS = 48 * HOUR
DIFFICULTY_FRESH_MS = 72 * HOUR
DAY_FEES_FRESH_MS = 48 * HOUR
DAY_FIGURE_FRESH_MS = HOUR
"""It is of that day and of no other."""
BLOCK_FRESH_MS = 3 * HOUR
"""The longest interval of 65,114 measured ones took 2.3 hours."""
STOCK_FRESH_MS = 8 * HOUR
"""In session time: one whole session of 6.5 hours and a margin."""
PREVIOUS_CLOSE_FRESH_MS = 5 * DAY
"""Until the next close replaces it, over the longest weekend. The price itself ages sooner."""

_CLOSE = time(16, tzinfo=ZoneInfo("America/New_York"))
_ALMOST_WHOLE = 0.01
THS_PER_EHS = 1_000_000


def read_prices(table: Table, covered: Sequence[tuple[Millis, Millis]]) -> Iterator[Piece]:
    """Yield daily BTC closes for the times that no minute data covers.

    A close never lives on into minute data: it would be one more venue, hours old.
    """
    day, close = table.column("date"), table.column("close")

    def parse(cells: Sequence[str]) -> Piece:
        at = _day_end(cells[day])
        value = price(cells[close], "close")
        starts = min((first for first, _ in covered if first > at), default=at + PRICE_FRESH_MS)
        if value is None or any(first <= at < last for first, last in covered):
            return Piece(at, ())
        fresh_ms = min(PRICE_FRESH_MS, starts - at - 1)
        return Piece(at, (_quote(BTC_USD, value, at, "btc-daily", fresh_ms),))

    return table.pieces(parse)


def read_network(table: Table, *, with_fees: bool, of_days: bool = False) -> Iterator[Piece]:
    """Yield the difficulty of each day, and its mean fee where no block data is at hand.

    With `of_days` also the day's mean hashrate and its new coins. A difficulty of 0 is a day
    without data. On a retarget day the file holds a mean of two values.
    """
    day, difficulty = table.column("date"), table.column("difficulty")
    hashrate = table.column("hashrate_ths")
    fees = [table.column(n) for n in ("fees_btc", "fees_btc_coinmetrics") if n in table.header]

    def parse(cells: Sequence[str]) -> Piece:
        at = _day_end(cells[day])
        value = price(cells[difficulty], "difficulty")
        if value is None:
            return Piece(at, ())
        quotes = [_quote(DIFFICULTY, value, at, "network-daily", DIFFICULTY_FRESH_MS)]
        total = next((n for place in fees if (n := number(cells[place], "fees_btc"))), None)
        blocks = _blocks_of_day(number(cells[hashrate], "hashrate_ths"), value)
        if with_fees and total is not None and blocks:
            mean = total / blocks
            quotes.append(_quote(FEES, mean, at, "network-daily", DAY_FEES_FRESH_MS))
        if of_days and blocks:
            quotes += _of_day(at, blocks, number(cells[hashrate], "hashrate_ths"))
        return Piece(at, tuple(quotes))

    return table.pieces(parse)


@dataclass(slots=True)
class _Chain:
    """The blocks in a row up to the last one: what their fees and header times come to.

    Attributes:
        height: of the last block; None before the first.
        known_at: when the last block was known, ms UTC.
        fees: of the last 144 blocks, in satoshi.
        total: their sum.
        times: header times of the last 145 blocks, s.
        epoch_at: header time of the running epoch's first block, None if it was not among them.

    """

    height: int | None = None
    known_at: Millis = 0
    fees: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW_BLOCKS))
    total: int = 0
    times: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW_BLOCKS + 1))
    epoch_at: int | None = None

    def add(self, height: int, time_s: int, fee_sat: int) -> None:
        """Take the next block; one that does not follow the last begins a new row.

        Raises:
            ValueError: its height is not above the last one's.

        """
        if self.height is not None and height != self.height + 1:
            if height <= self.height:
                raise ValueError(f"height {height} follows {self.height}: heights must rise")
            self.fees.clear()
            self.times.clear()
            self.total, self.epoch_at = 0, None
        self.height = height
        # header times run backwards at times; a block is known no earlier than the one below it
        self.known_at = max(self.known_at, time_s * SECOND)
        self.total += fee_sat - (self.fees[0] if len(self.fees) == WINDOW_BLOCKS else 0)
        self.fees.append(fee_sat)
        self.times.append(time_s)
        if height % EPOCH_BLOCKS == 0:
            self.epoch_at = time_s

    def quotes(self) -> Iterator[Quote]:
        """Yield what is known with the last block: a mean or a pace over 144 blocks or more only."""
        if self.height is None:
            return
        yield self._quote(HEIGHT, Decimal(self.height))
        if len(self.fees) == WINDOW_BLOCKS:
            yield self._quote(FEES, Decimal(self.total) / SAT_PER_BTC / WINDOW_BLOCKS)
        elapsed_s = self.times[-1] - self.times[0]
        if len(self.times) > WINDOW_BLOCKS and elapsed_s > 0:
            yield self._quote(BLOCK_WINDOW, Decimal(elapsed_s))
        blocks = self.height % EPOCH_BLOCKS
        if self.epoch_at is not None and blocks >= MIN_PROJECTION_BLOCKS:
            pace_s = Decimal(self.times[-1] - self.epoch_at) / blocks
            if pace_s > 0:
                yield self._quote(BLOCK_PACE, pace_s)

    def _quote(self, instrument: str, value: Decimal) -> Quote:
        return _quote(instrument, value, self.known_at, "blocks", BLOCK_FRESH_MS)


def read_blocks(table: Table) -> Iterator[Piece]:
    """Yield the height at each block, and what the blocks before it tell.

    That is the mean fee and the time of the last 144, and the pace of the running epoch once it is
    144 blocks old.
    """
    height_at, time_at, fee_at = (table.column(n) for n in ("height", "time_unix", "fee_sat"))
    chain = _Chain()

    def parse(cells: Sequence[str]) -> Piece:
        chain.add(
            whole(cells[height_at], "height"),
            instant(whole(cells[time_at], "time_unix") * SECOND, "time_unix") // SECOND,
            whole(cells[fee_at], "fee_sat"),
        )
        return Piece(chain.known_at, tuple(chain.quotes()))

    return table.pieces(parse)


def read_stocks(closes: Sequence[Table], adjusted: Sequence[Table]) -> Iterator[Piece]:
    """Yield each session's closes with the closes before; unadjusted files go before adjusted.

    A file has its tickers one after another, so it is read whole and sorted: a row per ticker and
    session is little. The close before comes from the same file, so that a difference in
    adjustment never looks like a move.
    """
    found: dict[tuple[Millis, str], tuple[Quote, ...]] = {}
    for tables, column, source in (
        (adjusted, "adj_close", "stocks-adjusted"),
        (closes, "close", "stocks-daily"),
    ):
        for table in tables:
            found.update(_sessions(table, column, source))
    for at, ticker in sorted(found):
        yield Piece(at, found[at, ticker])


def _sessions(
    table: Table, column: str, source: str
) -> Iterator[tuple[tuple[Millis, str], tuple[Quote, ...]]]:
    ticker_at, day_at, close_at = (table.column(n) for n in ("ticker", "date", column))
    before: dict[str, tuple[Millis, Decimal]] = {}

    def parse(cells: Sequence[str]) -> tuple[str, Millis, Decimal | None]:
        ticker = cells[ticker_at]
        if not ticker:
            raise ValueError("ticker is empty")
        return ticker, _session_end(cells[day_at]), price(cells[close_at], column)

    for line, (ticker, at, value) in table.parsed(parse):
        last = before.get(ticker)
        if last is not None and at <= last[0]:
            raise table.fault(
                line, f"{ticker} has an earlier day after a later one", "sort each ticker by date"
            )
        if value is None:
            continue
        quotes = [_quote(ticker, value, at, source, STOCK_FRESH_MS)]
        if last is not None:
            name = f"{ticker}.previous_close_usd"
            quotes.append(_quote(name, last[1], at, source, PREVIOUS_CLOSE_FRESH_MS))
        before[ticker] = (at, value)
        yield (at, ticker), tuple(quotes)


def _quote(instrument: str, value: Decimal, at: Millis, source: str, fresh_ms: int) -> Quote:
    return Quote(
        instrument=instrument, value=value, observed_at=at, source=source, fresh_ms=fresh_ms
    )


def _day_end(text: str) -> Millis:
    return moment(text, "date") + DAY


def _session_end(text: str) -> Millis:
    try:
        close = datetime.combine(date.fromisoformat(text), _CLOSE)
    except ValueError:
        raise ValueError(f"date is {text!r}; a day like 2025-07-17 is expected") from None
    return round(close.timestamp()) * SECOND


def _of_day(at: Millis, blocks: int, hashrate_ths: Decimal | None) -> Iterator[Quote]:
    """Yield what the day that ended at `at` came to, for the histories of whole days."""
    if hashrate_ths:
        eh_s = hashrate_ths / THS_PER_EHS
        yield _quote(DAY_HASHRATE, eh_s, at, "network-daily", DAY_FIGURE_FRESH_MS)
    subsidy = subsidy_of_day(datetime.fromtimestamp((at - DAY) / SECOND, UTC).date())
    if subsidy is not None:
        coins = blocks * Decimal(subsidy) / SAT_PER_BTC
        yield _quote(DAY_ISSUANCE, coins, at, "network-daily", DAY_FIGURE_FRESH_MS)


def _blocks_of_day(hashrate_ths: Decimal | None, difficulty: Decimal) -> int | None:
    """Return how many blocks a day had, which the file's hashrate is made of.

    hashrate = blocks / 144 x difficulty x 2^32 / 600 (docs/formulas.md 1.2). Fees of a day must be
    shared by the blocks there really were. None where the two columns do not fit together.
    """
    if not hashrate_ths:
        return None
    blocks = float(hashrate_ths) * 1e12 * DAY / SECOND / (float(difficulty) * HASHES_PER_DIFFICULTY)
    return round(blocks) if abs(blocks - round(blocks)) < _ALMOST_WHOLE else None
