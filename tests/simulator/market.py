"""Values that move, the same way for the same seed and the same moment."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp

from monitor.core.clock import SECOND, Clock, Millis
from monitor.domain.events import (
    BLOCK_PACE,
    BTC_USD,
    BTC_USDT,
    DIFFICULTY,
    FEES,
    HEIGHT,
    USDC_USD,
    USDT_USD,
)

# Invented, of the right size; the walk swings around them.
_SHARES = {
    "CORZ": Decimal("15.10"),
    "HUT": Decimal("38.40"),
    "HIVE": Decimal("3.35"),
    "IREN": Decimal("47.80"),
    "RIOT": Decimal("14.60"),
    "MARA": Decimal("11.90"),
    "CAN": Decimal("1.05"),
    "CRWV": Decimal("82.00"),
    "ABTC": Decimal("2.40"),
    "APLD": Decimal("28.30"),
    "BTBT": Decimal("2.60"),
    "BTDR": Decimal("12.70"),
    "CIFR": Decimal("17.20"),
    "CLSK": Decimal("11.40"),
    "GLXY": Decimal("27.90"),
    "KEEL": Decimal("3.10"),
    "MSTR": Decimal("162.00"),
    "NVDA": Decimal("186.50"),
    "WULF": Decimal("13.80"),
    "WYFI": Decimal("17.60"),
}
STOCKS = tuple(_SHARES)
START: dict[str, Decimal] = {
    BTC_USD: Decimal("97250.00"),
    BTC_USDT: Decimal("97298.65"),
    USDT_USD: Decimal("0.9995"),
    USDC_USD: Decimal("0.9999"),
    **_SHARES,
    DIFFICULTY: Decimal(146_472_570_619_930),
    HEIGHT: Decimal(930_100),
    FEES: Decimal("0.02400000"),
    BLOCK_PACE: Decimal("614.01"),
}
STEP_SIGMA = {
    BTC_USD: 0.0004,
    DIFFICULTY: 0.0,
    HEIGHT: 0.0,
    FEES: 0.002,
    BLOCK_PACE: 0.0,
    USDT_USD: 0.00001,
    USDC_USD: 0.00001,
}
STOCK_SIGMA = 0.0006
PULL = 0.002
BLOCK_MS = 600_000
# What a venue quotes beside the others, as a share of the price.
VENUE_OFFSET = {"kraken": Decimal("0.0001"), "bitstamp": Decimal("-0.0001")}


@dataclass(slots=True)
class Market:
    """Every instrument's value at the clock's moment: a seeded walk that is pulled back home.

    Attributes:
        clock: the moment.
        seed: of the walks.
        start: every instrument's first value.
        same: instruments that have the value of another, under its name.
        lies: by how much a venue's price is wrong, as a share of it.

    """

    clock: Clock
    seed: int = 7
    start: Mapping[str, Decimal] = field(default_factory=lambda: START)
    same: Mapping[str, str] = field(default_factory=dict)
    lies: dict[str, Decimal] = field(default_factory=dict)
    began: Millis = field(init=False)
    _anchor: dict[str, tuple[Decimal, int]] = field(init=False, default_factory=dict)
    _walks: dict[str, list[float]] = field(init=False, default_factory=dict)
    _dice: dict[str, random.Random] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def value(self, instrument: str, venue: str = "") -> Decimal:
        """Return what `venue` says of `instrument` now; KeyError for an unknown one."""
        if instrument == BTC_USDT:
            # the same market in another coin: no walk of its own
            return round(self.value(BTC_USD, venue) / self.value(USDT_USD), 2)
        instrument = self.same.get(instrument, instrument)
        start, anchored = self._anchor.get(instrument, (self.start[instrument], 0))
        if instrument == HEIGHT:
            return start + (self.clock.now() - self.began) // BLOCK_MS
        moved = exp(self._walk(instrument, self._step()) - self._walk(instrument, anchored))
        aside = VENUE_OFFSET.get(venue, Decimal(0)) + self.lies.get(venue, Decimal(0))
        exact = start * Decimal(repr(moved)) * (1 + aside)
        return round(exact, self._places(instrument))

    def previous_close(self, ticker: str) -> Decimal:
        """Return a share's close before today: where its walk began."""
        return self.start[ticker]

    def put(self, instrument: str, value: Decimal) -> None:
        """Set a value; the walk goes on from there."""
        if instrument not in self.start:
            raise KeyError(instrument)
        self._anchor[instrument] = (value, self._step())

    def _step(self) -> int:
        return max(0, self.clock.now() - self.began) // SECOND

    def _walk(self, instrument: str, step: int) -> float:
        dice = self._dice.setdefault(instrument, random.Random(f"{self.seed}:{instrument}"))
        walk = self._walks.setdefault(instrument, [0.0])
        sigma = STEP_SIGMA.get(instrument, STOCK_SIGMA)
        while len(walk) <= step:
            walk.append(walk[-1] * (1 - PULL) + dice.gauss(0, sigma))
        return walk[step]

    def _places(self, instrument: str) -> int:
        """Return how many digits behind the point the provider gives: those it began with."""
        exponent = self.start[instrument].as_tuple().exponent
        return -exponent if isinstance(exponent, int) else 0
