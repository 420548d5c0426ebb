"""One BTC price per venue, in USD: which pair speaks for it, and whether it can be used. Hop 5.

A stablecoin pair says dollars only after multiplication by that coin's own fresh dollar rate: on
2023-03-11 BTC/USDC stood 14 % above BTC/USD. Rules 1 to 3 of docs/formulas.md 7, but for one:
a venue's own time always counts, also when it lags behind ours, since taking the time of receipt
would make a frozen ticker look fresh.

Whoever gives a rate has a say in every price that goes through it. Two that give it must agree, and
what goes through the rate of one alone is no voice of its own (see `leaning`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median

from monitor.domain.events import BTC_USD, Quote

FRESH_MS = 30_000
MAX_SPREAD_RATIO = 0.01
PAIR = 2
RATES_AGREE_RATIO = 0.005  # as two venues of the reference price
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
        rate_of: the venue whose word alone that rate is; None for a USD pair, or if several gave it.
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
    rate_of: str | None = None
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
    (median of the venues that quote it; none while there are two and they lie over 0.5 % apart). A
    venue left with an unconvertible pair is kept with the fault `unconverted`, so that it is seen.
    One of the `flagged`, which a person excluded, is kept with the fault `flagged`, and gives no
    rate. Quotes of other instruments are ignored.
    """
    pairs: dict[str, dict[str, Quote]] = {}
    pegs: dict[str, list[Quote]] = {}
    for quote in quotes:
        base, _, counter = quote.instrument.partition("-")
        if base == "BTC" and (counter == "USD" or counter in STABLECOINS):
            pairs.setdefault(quote.source, {})[counter] = quote
        elif base in STABLECOINS and counter == "USD" and quote.source not in flagged:
            pegs.setdefault(base, []).append(quote)
    rates = {coin: rate for coin, found in pegs.items() if (rate := _rate(found, now))}
    found = [_choose(pairs[venue], rates, now) for venue in sorted(pairs)]
    return [replace(it, fault="flagged") if it.venue in flagged else it for it in found]


def leaning(prices: Sequence[VenuePrice]) -> frozenset[str]:
    """Return the venues that lean on another's word: of those that err together one is left.

    Prices that went through the rate of one venue alone are wrong where it is wrong, all alike and
    alike with its own price. It speaks for them; where it has no price, the one in their middle
    does. `prices` come in rising order.
    """
    camps: list[set[str]] = []
    for price in prices:
        camp = {price.venue, price.rate_of or price.venue}
        met = [other for other in camps if other & camp]
        camps = [other for other in camps if not other & camp] + [camp.union(*met)]
    found: set[str] = set()
    for camp in camps:
        here = [price for price in prices if price.venue in camp]
        own = [price for price in here if price.rate_of is None]
        speaker = own[0] if own else here[(len(here) - 1) // 2]
        found.update(price.venue for price in here if price is not speaker)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Rate:
    """A stablecoin in USD, until when all that went into it is fresh, and whose word alone it is."""

    usd: float
    until: int
    rate_of: str | None


def _choose(pairs: Mapping[str, Quote], rates: Mapping[str, _Rate], now: int) -> VenuePrice:
    dollars = pairs.get("USD")
    if dollars is not None and now <= _fresh_until(dollars):
        return _price(dollars)
    for coin in STABLECOINS:
        quote = pairs.get(coin)
        if quote is not None and coin in rates and now <= _fresh_until(quote):
            return _converted(quote, rates[coin], coin)
    if dollars is not None:
        return _price(dollars)
    coin = next(coin for coin in STABLECOINS if coin in pairs)
    # with a rate it is the BTC quote that is stale; without one the pair says nothing in USD
    if coin in rates:
        return _converted(pairs[coin], rates[coin], coin)
    return _price(pairs[coin], fault="unconverted")


def _converted(quote: Quote, rate: _Rate, coin: str) -> VenuePrice:
    price = _price(quote, rate=rate.usd)
    return replace(
        price,
        fresh_ms=min(price.fresh_until, rate.until) - price.observed_at,
        converted_by=coin,
        rate_of=rate.rate_of,
    )


def _price(quote: Quote, *, rate: float = 1.0, fault: str = "") -> VenuePrice:
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
        fresh_ms=_fresh_until(quote) - quote.observed_at,
        fault=fault,
    )


def _rate(quotes: Iterable[Quote], now: int) -> _Rate | None:
    """Return the median of the usable rates; None without one, or if two of two contradict."""
    usable = [quote for quote in quotes if not _price(quote).fault_at(now)]
    if not usable:
        return None
    said = sorted(map(_mid, usable))
    centre = median(said)
    if len(said) == PAIR and said[1] - said[0] > RATES_AGREE_RATIO * centre:
        return None  # one of them is wrong; of three the middle one is right
    sole = usable[0].source if len(usable) == 1 else None
    return _Rate(centre, min(map(_fresh_until, usable)), sole)


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
