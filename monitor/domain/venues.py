"""One BTC price per venue, in USD: which pair speaks for it, and whether it can be used. Hop 5.

A stablecoin pair says dollars only after multiplication by that coin's own fresh dollar rate: on
2023-03-11 BTC/USDC stood 14 % above BTC/USD. Rules 1 to 3 of docs/formulas.md 7, but for one:
a venue's own time always counts, also when it lags behind ours, since taking the time of receipt
would make a frozen ticker look fresh.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median

from monitor.domain.events import BTC_USD, Quote

FRESH_MS = 30_000
MAX_SPREAD_RATIO = 0.01
STABLECOINS = ("USDT", "USDC")  # in the order of choice where a venue has both
FAMILY = frozenset(
    {BTC_USD} | {f"BTC-{coin}" for coin in STABLECOINS} | {f"{coin}-USD" for coin in STABLECOINS}
)
"""The instruments that the reference price is made of."""


@dataclass(frozen=True, slots=True)
class VenuePrice:
    """What one venue says a bitcoin costs, in USD.

    Attributes:
        venue: the source's name.
        price: mid of the book, else last trade; after conversion where it was a stablecoin pair.
        observed_at: the venue's own time.
        received_at: when it reached us.
        volume: trailing volume in BTC; None where the venue does not say.
        bid: best bid, None without a book.
        ask: best ask, likewise.
        fresh_ms: how long after observed_at it counts; shortened to the life of the rate used.
        converted_by: the stablecoin whose rate was applied, None for a USD pair.
        fault: a reason known already why it cannot be used (`unconverted`, `delayed`), else empty.

    """

    venue: str
    price: float
    observed_at: int
    received_at: int | None = None
    volume: float | None = None
    bid: float | None = None
    ask: float | None = None
    fresh_ms: int = FRESH_MS
    converted_by: str | None = None
    fault: str = ""

    @property
    def fresh_until(self) -> int:
        """Return the last moment at which the price is fresh."""
        return self.observed_at + self.fresh_ms

    def fault_at(self, now: int) -> str:
        """Return why the price cannot be used at `now`: a reason of a closed set, or empty.

        `flagged`, `unconverted`, `delayed`, `nonpositive` (also not finite), `stale`, `crossed` (bid above ask) or
        `spread` (1 % and more).
        """
        if self.fault:
            return self.fault
        if not 0 < self.price < math.inf:
            return "nonpositive"
        if now > self.observed_at + self.fresh_ms:
            return "stale"
        if self.bid is None or self.ask is None:
            return ""
        if self.bid > self.ask:
            return "crossed"
        return "spread" if self.ask - self.bid >= MAX_SPREAD_RATIO * self.price else ""


def venue_prices(
    quotes: Iterable[Quote], now: int, flagged: Collection[str] = ()
) -> list[VenuePrice]:
    """Choose one price per venue from the latest quotes of BTC and of stablecoins in USD.

    A fresh USD pair comes first; else a fresh stablecoin pair times that coin's fresh USD rate
    (median of the venues that quote it). A venue left with an unconvertible pair is kept with the
    fault `unconverted`, so that it is seen. One of the `flagged`, which a person excluded, is kept with
    the fault `flagged`. Quotes of other instruments are ignored.
    """
    pairs: dict[str, dict[str, Quote]] = {}
    pegs: dict[str, list[Quote]] = {}
    for quote in quotes:
        base, _, counter = quote.instrument.partition("-")
        if base == "BTC" and (counter == "USD" or counter in STABLECOINS):
            pairs.setdefault(quote.source, {})[counter] = quote
        elif base in STABLECOINS and counter == "USD":
            pegs.setdefault(base, []).append(quote)
    rates = {coin: rate for coin, found in pegs.items() if (rate := _rate(found, now))}
    found = [_choose(pairs[venue], rates, now) for venue in sorted(pairs)]
    return [replace(it, fault="flagged") if it.venue in flagged else it for it in found]


def _choose(
    pairs: Mapping[str, Quote], rates: Mapping[str, tuple[float, int]], now: int
) -> VenuePrice:
    dollars = pairs.get("USD")
    if dollars is not None and now <= _fresh_until(dollars):
        return _price(dollars)
    for coin in STABLECOINS:
        quote = pairs.get(coin)
        if quote is not None and coin in rates and now <= _fresh_until(quote):
            rate, until = rates[coin]
            return _price(quote, rate=rate, until=until, coin=coin)
    if dollars is not None:
        return _price(dollars)
    coin = next(coin for coin in STABLECOINS if coin in pairs)
    # with a rate it is the BTC quote that is stale; without one the pair says nothing in USD
    if coin in rates:
        rate, until = rates[coin]
        return _price(pairs[coin], rate=rate, until=until, coin=coin)
    return _price(pairs[coin], fault="unconverted")


def _price(
    quote: Quote,
    *,
    rate: float = 1.0,
    until: int | None = None,
    coin: str | None = None,
    fault: str = "",
) -> VenuePrice:
    fresh_until = _fresh_until(quote)
    if until is not None and until < fresh_until:
        fresh_until = until
    if quote.delay_ms:  # it says what bitcoin cost then, and the others what it costs now
        fault = fault or "delayed"
    return VenuePrice(
        venue=quote.source,
        price=_mid(quote) * rate,
        observed_at=quote.observed_at,
        received_at=quote.received_at,
        volume=_weight(quote.volume),
        bid=None if quote.bid is None else float(quote.bid) * rate,
        ask=None if quote.ask is None else float(quote.ask) * rate,
        fresh_ms=fresh_until - quote.observed_at,
        converted_by=coin,
        fault=fault,
    )


def _rate(quotes: Iterable[Quote], now: int) -> tuple[float, int] | None:
    """Return the median of the usable rates and the moment until which all of them are fresh."""
    usable = [quote for quote in quotes if not _price(quote).fault_at(now)]
    if not usable:
        return None
    return median(map(_mid, usable)), min(map(_fresh_until, usable))


def _mid(quote: Quote) -> float:
    if quote.bid is None or quote.ask is None:
        return float(quote.value)
    return (float(quote.bid) + float(quote.ask)) / 2


def _fresh_until(quote: Quote) -> int:
    return quote.observed_at + (FRESH_MS if quote.fresh_ms is None else quote.fresh_ms)


def _weight(volume: Decimal | None) -> float | None:
    """Return a volume as a weight; one that cannot be weighed with counts as not told."""
    if volume is None or not volume.is_finite():
        return None
    weight = float(volume)
    return weight if 0 <= weight < math.inf else None
