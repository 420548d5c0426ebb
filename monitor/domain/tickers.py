"""What a company is called on a market, where and in which currency, and what it was called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CURRENCY_OF: Mapping[str, str] = MappingProxyType(
    {
        "Nasdaq": "USD",
        "NYSE": "USD",
        "NYSE American": "USD",
        "OTC": "USD",
        "TSX": "CAD",
        "TSXV": "CAD",
        "CSE": "CAD",
        "ASX": "AUD",
        "FSE": "EUR",
        "LSE": "GBP",
        "HKEX": "HKD",
    }
)
"""Currency in which an exchange quotes, by its name in the books."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One place where the share is traded.

    Attributes:
        exchange: its name; empty where the book gives the symbol alone.
        symbol: the ticker there.
        currency: ISO code of its quotes; empty where it is not known.

    """

    exchange: str
    symbol: str
    currency: str

    @classmethod
    def parsed(cls, text: str) -> Listing:
        """Return the listing that `Nasdaq:HIVE` means, in that exchange's currency."""
        exchange, _, symbol = text.rpartition(":")
        return cls(exchange, symbol, CURRENCY_OF.get(exchange, ""))

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}" if self.exchange else self.symbol


@dataclass(frozen=True, slots=True)
class Alias:
    """A former ticker, and when it was the ticker (ms UTC): from `since` until before `until`."""

    ticker: str
    since: int | None = None
    until: int | None = None

    def held_at(self, moment: int) -> bool:
        """Tell whether it was the company's ticker at `moment`; an undated one never says so."""
        if self.until is None:
            return False
        return (self.since is None or self.since <= moment) and moment < self.until
