"""An invented history for `hashhedge demo`: two days in which everything happens once.

Nothing in it ever took place. Levels are of the size of mid-2025, the course is drawn by hand
below, the small movements by a seeded generator, and every quote's source ends in `-synthetic`.
It is made in memory when the demo starts, so nothing is shipped; `python -m
monitor.replay.synthesis FOLDER` writes the same as files for `hashhedge replay`.

Hours from the start (Thursday 12:00 UTC; New York trades from 1.5 to 8 and from 25.5 to 32):

=====  ==========================================================================
  2-4  BTC slides by 12.5 %: margins of costly miners go through their levels
  4-7  BTC recovers: they come back
  6-7  one venue is silent for 90 minutes
   11  one venue prints a wick of -9 % for a minute
14-19  a burst of fees lifts hashprice by a fifth
19-23  a smaller slide of BTC and its recovery
26-31  CRWV falls by 18 % against its close and takes half of it back
38-44  the second slide of 12 %, at the weekend, with all stock markets closed
=====  ==========================================================================
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path

from monitor.core.clock import HOUR, MINUTE, SECOND, Millis
from monitor.domain.events import BLOCK_PACE, BTC_USD, DIFFICULTY, FEES, HEIGHT, Quote, Tick
from monitor.domain.network import EPOCH_BLOCKS
from monitor.replay import recording
from monitor.replay.daily import BLOCK_FRESH_MS, PREVIOUS_CLOSE_FRESH_MS
from monitor.replay.intraday import FRESH_MS
from monitor.store.playback import Moment

START: Millis = 1_750_939_200_000
"""2025-06-26T12:00:00Z, a Thursday."""

HOURS = 48
SEED = 20_250_717
MARK = "-synthetic"

_CENT = Decimal("0.01")
_TENTH_OF_CENT = Decimal("0.0001")
_FEE_STEP = Decimal("0.000001")

# (hour, BTC in USD): straight lines in smooth steps between them.
_BTC = (
    (0.0, 118_400),
    (1.0, 119_000),
    (2.0, 118_600),
    (4.0, 103_800),
    (4.6, 105_000),
    (7.0, 117_500),
    (10.0, 118_900),
    (14.0, 117_800),
    (19.0, 119_600),
    (21.0, 111_500),
    (23.0, 118_000),
    (27.0, 119_400),
    (32.0, 118_200),
    (38.0, 117_600),
    (41.0, 103_500),
    (44.0, 116_900),
    (48.0, 118_300),
)
# (hour, BTC of fees per block, mean of the last 144).
_FEES = ((0.0, 0.021), (8.0, 0.028), (14.0, 0.024), (16.0, 0.62), (19.0, 0.09), (48.0, 0.03))
# (hour, CRWV against Wednesday's close), apart from what it shares with BTC.
_CRWV = (
    (0.0, 1.0),
    (8.0, 1.01),
    (26.0, 1.0),
    (27.5, 0.82),
    (29.0, 0.83),
    (31.0, 0.93),
    (48.0, 0.93),
)
_LEVEL = ((0.0, 1.0), (48.0, 1.0))

_DIFFICULTY = Decimal(126_270_000_000_000)
_FIRST_HEIGHT = 905_900
_BLOCK_MIN_S, _BLOCK_MAX_S, _EPOCH_PACE_S = 120, 1_080, 588  # evenly drawn: 600 s in the mean

# New York's regular sessions in the two days, in hours from the start.
_SESSIONS = ((1.5, 8.0), (25.5, 32.0))
_LAST_CLOSE_MS = 16 * HOUR  # Wednesday 20:00 UTC before the start
_STOCK_FRESH_MS = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class _Venue:
    """One BTC venue: its constant distance from the market, its volume, when it is silent."""

    name: str
    offset: float
    hour_volume: int
    silent: tuple[float, float] = (0.0, 0.0)
    wick: float = -1.0


_VENUES = (
    _Venue("coinbase", 0.00004, 420),
    _Venue("kraken", -0.00003, 160, silent=(5.75, 7.25)),
    _Venue("bitstamp", 0.00008, 90, wick=11.0),
    _Venue("gemini", -0.00009, 60),
)
_WICK_FACTOR = 0.91


@dataclass(frozen=True, slots=True)
class _Stock:
    """One stock: Tuesday's and Wednesday's close, and how far it goes along with BTC."""

    ticker: str
    before: float
    close: float
    beta: float
    course: Sequence[tuple[float, float]] = _LEVEL


_STOCKS = (
    _Stock("CORZ", 13.7, 13.9, 0.25),
    _Stock("HUT", 21.6, 22.2, 0.8),
    _Stock("HIVE", 2.16, 2.2, 0.7),
    _Stock("IREN", 16.9, 17.3, 0.5),
    _Stock("RIOT", 12.1, 12.6, 0.9),
    _Stock("MARA", 18.8, 19.4, 1.0),
    _Stock("CAN", 0.95, 0.98, 0.8),
    _Stock("CRWV", 140.0, 143.0, 0.1, _CRWV),
)


def synthetic_moments(seed: int = SEED) -> Iterator[Moment]:
    """Yield the invented history, in order; the same for the same seed on every machine."""
    rng = random.Random(seed)  # noqa: S311 - invented prices, not secrets
    quotes = [*_btc(rng), *_network(rng), *_stocks(rng)]
    quotes.sort(key=attrgetter("at"))
    for at, group in groupby(quotes, key=attrgetter("at")):
        yield Moment(at, tuple(known.quote for known in group))


def write_history(folder: Path, seed: int = SEED) -> None:
    """Write the same into `folder/synthetic`, in the layout of a recording, with a README.

    Raises:
        OSError: the folder cannot be written.

    """
    target = folder / "synthetic"
    target.mkdir(parents=True, exist_ok=True)
    (target / "README.md").write_text(
        "# Synthetic market data\n\nInvented by `python -m monitor.replay.synthesis`: nothing in "
        "here ever took place, and every\nsource ends in `-synthetic`. Play it with "
        "`hashhedge replay`.\n",
        encoding="utf-8",
    )
    moments = synthetic_moments(seed)
    for name, day in groupby(moments, key=lambda moment: recording.file_name(moment.at)):
        ticks = (
            recording.encode(Tick(f"{moment.at}-0", moment.at, moment.quotes), moment.at)
            for moment in day
        )
        text = recording.header_line() + "".join(ticks)
        (target / name).write_text(text, encoding="utf-8", newline="")


@dataclass(frozen=True, slots=True)
class _Known:
    """A quote and when it became known."""

    at: Millis
    quote: Quote


def _btc(rng: random.Random) -> Iterator[_Known]:
    market = _noise(rng, 0.97, 0.0003)
    for minute in range(HOURS * 60 + 1):
        hour = minute / 60
        at = START + minute * MINUTE
        level = _at(_BTC, hour) * (1 + market())
        for venue in _VENUES:
            own = level * (1 + venue.offset + 0.0001 * _bell(rng))
            volume = venue.hour_volume * (1 + 0.2 * _bell(rng))
            if venue.silent[0] <= hour < venue.silent[1]:
                continue
            if hour == venue.wick:
                own *= _WICK_FACTOR
            price = _rounded(own, _CENT)
            half_spread = _rounded(own * 0.00005, _CENT)
            quote = _quote(BTC_USD, price, at - rng.randrange(100, 900), venue.name, FRESH_MS)
            yield _Known(
                at, _with_book(quote, price - half_spread, price + half_spread, round(volume))
            )


def _with_book(quote: Quote, bid: Decimal, ask: Decimal, volume: int) -> Quote:
    return Quote(
        instrument=quote.instrument,
        value=quote.value,
        observed_at=quote.observed_at,
        source=quote.source,
        fresh_ms=quote.fresh_ms,
        bid=bid,
        ask=ask,
        volume=Decimal(volume),
    )


def _network(rng: random.Random) -> Iterator[_Known]:
    for hour in range(HOURS + 1):
        at = START + hour * HOUR
        yield _Known(at, _quote(DIFFICULTY, _DIFFICULTY, at, "mempool", BLOCK_FRESH_MS))
    at, height = START, _FIRST_HEIGHT
    epoch_began = START - round(height % EPOCH_BLOCKS * _EPOCH_PACE_S * SECOND)
    wobble = _noise(rng, 0.9, 0.02)
    while at <= START + HOURS * HOUR:
        fees = _rounded(_at(_FEES, (at - START) / HOUR) * (1 + wobble()), _FEE_STEP)
        yield _Known(at, _quote(HEIGHT, Decimal(height), at, "mempool", BLOCK_FRESH_MS))
        yield _Known(at, _quote(FEES, fees, at, "mempool", BLOCK_FRESH_MS))
        pace = _rounded((at - epoch_began) / SECOND / (height % EPOCH_BLOCKS), _CENT)
        yield _Known(at, _quote(BLOCK_PACE, pace, at, "mempool", BLOCK_FRESH_MS))
        at += rng.randrange(_BLOCK_MIN_S, _BLOCK_MAX_S) * SECOND
        height += 1


def _stocks(rng: random.Random) -> Iterator[_Known]:
    for stock in _STOCKS:
        wobble = _noise(rng, 0.95, 0.0006)
        before, close = _price(stock.before), _price(stock.close)
        yield from _session_start(stock.ticker, START, START - _LAST_CLOSE_MS, close, before)
        for opens, closes in _SESSIONS:
            first, last = START + round(opens * HOUR), START + round(closes * HOUR)
            before = close
            for at in range(first, last + 1, MINUTE):
                hour = (at - START) / HOUR
                along = stock.beta * (_at(_BTC, hour) / _BTC[0][1] - 1)
                close = _price(stock.close * _at(stock.course, hour) * (1 + along + wobble()))
                if at == first:
                    yield from _session_start(stock.ticker, at, at, close, before)
                else:
                    yield _Known(at, _quote(stock.ticker, close, at, "yahoo", _STOCK_FRESH_MS))


def _session_start(
    ticker: str, at: Millis, observed_at: Millis, price: Decimal, before: Decimal
) -> Iterator[_Known]:
    yield _Known(at, _quote(ticker, price, observed_at, "yahoo", _STOCK_FRESH_MS))
    name = f"{ticker}.previous_close_usd"
    yield _Known(at, _quote(name, before, observed_at, "yahoo", PREVIOUS_CLOSE_FRESH_MS))


def _quote(instrument: str, value: Decimal, at: Millis, source: str, fresh_ms: int) -> Quote:
    return Quote(
        instrument=instrument, value=value, observed_at=at, source=source + MARK, fresh_ms=fresh_ms
    )


def _at(course: Sequence[tuple[float, float]], hour: float) -> float:
    """Return the value of a course at an hour: a smooth step from each point to the next."""
    for (left, low), (right, high) in pairwise(course):
        if hour <= right:
            way = (hour - left) / (right - left)
            return low + (high - low) * way * way * (3 - 2 * way)
    return course[-1][1]


def _noise(rng: random.Random, memory: float, size: float) -> Callable[[], float]:
    """Return a source of small numbers, each near the one before."""
    value = 0.0

    def following() -> float:
        nonlocal value
        value = memory * value + size * _bell(rng)
        return value

    return following


def _bell(rng: random.Random) -> float:
    """Return a number between -2 and 2, mostly small: sums only, the same on every machine."""
    return rng.random() + rng.random() + rng.random() + rng.random() - 2


def _price(value: float) -> Decimal:
    return _rounded(value, _TENTH_OF_CENT if value < 1 else _CENT)


def _rounded(value: float, step: Decimal) -> Decimal:
    return Decimal(value).quantize(step)


if __name__ == "__main__":
    write_history(Path(sys.argv[1]))
    sys.stdout.write(f"{Path(sys.argv[1]) / 'synthetic'}\n")
