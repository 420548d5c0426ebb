"""A share that is quoted in another currency, and what it costs in USD. Hop 5, pure.

The raw quote stays as it came (`HIVE-CAD`); the share's reading (`HIVE`) is that price over the rate
`USD-CAD`, as good as the worse of the two, and only while nobody quotes the share in USD itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from monitor.domain.events import Quality, Reading
from monitor.domain.symbols import Kind, Symbol, rate_name


class Listings:
    """Which shares have been quoted in which other currencies."""

    def __init__(self) -> None:
        self._currencies: dict[str, dict[str, str]] = {}

    def know(self, symbol: Symbol) -> None:
        """Note an instrument that has been quoted."""
        if symbol.kind is Kind.LISTING:
            self._currencies.setdefault(symbol.ticker, {})[symbol.currency] = symbol.name

    def shares_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the shares that a change of these instruments can move, in order."""
        if not self._currencies:
            return ()
        changed = set(names)
        return tuple(
            share
            for share in sorted(self._currencies)
            if not changed.isdisjoint(self.parts_of(share))
        )

    def parts_of(self, share: str) -> tuple[str, ...]:
        """Return the listings and rates that a share may be converted from."""
        known = sorted(self._currencies.get(share, {}).items())
        return tuple(part for currency, name in known for part in (name, rate_name(currency)))

    def converted(self, share: str, reading_of: Callable[[str], Reading]) -> Reading | None:
        """Return a share's price in USD from the best of its listings; None if it has none."""
        known = sorted(self._currencies.get(share, {}).items())
        found = [_converted(reading_of(name), currency, reading_of) for currency, name in known]
        return min(found, key=lambda it: (it.quality, -(it.observed_at or 0)), default=None)


def _converted(price: Reading, currency: str, reading_of: Callable[[str], Reading]) -> Reading:
    rate = reading_of(rate_name(currency))
    if price.value is None or rate.value is None:
        lacking = rate_name(currency) if rate.value is None else price.reason
        return Reading(None, Quality.MISSING, f"missing:{lacking}", price.observed_at)
    quality = max(price.quality, rate.quality)
    reason = "" if quality.usable else (price.reason or rate.reason)
    value = price.value / rate.value
    return Reading(value, quality, reason, price.observed_at, price.delay_ms, price.session)
