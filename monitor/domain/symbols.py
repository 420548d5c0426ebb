"""What kind of thing an instrument's name stands for, and how long a word on it holds.

BTC-USD, USDC-USD           a pair
RIOT, RIOT.previous_close_usd   a share, in USD; it grows old only while its market is open
HIVE-CAD                    the same share where it is quoted in another currency
USD-CAD                     the rate for that: units of the currency for one dollar
network.difficulty          a figure of the network
perp.okx.funding_8h_ratio   a series of the market around bitcoin (`monitor/domain/series.py`)
RIOT.power_price_usd_kwh    a figure of a company
"""

from __future__ import annotations

from collections.abc import Container
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

import msgspec

from monitor.domain.series import series_of

MAX_NAME, MAX_ESCAPED = 100, 200
_BARRED = frozenset("|/+#")
NAME_RULE = (
    f"1 to {MAX_NAME} printable characters, none of them | / + #, at most {MAX_ESCAPED} bytes"
    " percent-encoded, such as GPU-H100-HOUR"
)
_MINUTE = 60_000
CURRENCIES = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "HKD", "JPY", "SEK", "SGD"})
"""Those in which miners and AI hosts are quoted beside USD, or may be."""
SHARE_FIGURES = ("", "previous_close_usd")
"""What is quoted of a share and grows old in session time only."""


class Kind(StrEnum):
    """The kinds of instruments."""

    PAIR = "pair"
    SHARE = "share"
    LISTING = "listing"
    RATE = "rate"
    NETWORK = "network"
    FIGURE = "figure"
    SERIES = "series"

    @property
    def fresh_ms(self) -> int:
        """Return how long a quote of this kind is fresh if nobody says otherwise."""
        return _FRESH_MS[self]

    @property
    def in_sessions(self) -> bool:
        """Tell whether only the time counts in which the exchange is open."""
        return self is Kind.SHARE or self is Kind.LISTING


# what the share closed at before stays so until the next close: a whole session
_SESSION = 390 * _MINUTE
_FRESH_MS = {
    Kind.PAIR: _MINUTE,
    Kind.SHARE: 15 * _MINUTE,
    Kind.LISTING: 15 * _MINUTE,
    # Central banks and most free sources state a rate once a day.
    Kind.RATE: 24 * 60 * _MINUTE,
    Kind.NETWORK: 180 * _MINUTE,
    Kind.FIGURE: 24 * 60 * _MINUTE,
    # each has its own: its cadence's
    Kind.SERIES: 15 * _MINUTE,
}


class Symbol(msgspec.Struct, frozen=True):
    """An instrument's name taken apart; `ticker` and `currency` are empty where it has none."""

    name: str
    kind: Kind
    ticker: str = ""
    currency: str = ""

    @property
    def fresh_ms(self) -> int:
        """Return how long a quote of it is fresh if nobody says otherwise."""
        if not self.moves:
            return _SESSION
        series = series_of(self.name) if self.kind is Kind.SERIES else None
        return self.kind.fresh_ms if series is None else series.cadence.fresh_ms

    @property
    def moves(self) -> bool:
        """Tell whether it changes from moment to moment, so that a delay means something."""
        return self.kind is not Kind.SHARE or self.name == self.ticker


@lru_cache(maxsize=4_096)  # asked of each quote
def is_name(text: str) -> bool:
    """Tell whether a text may name an instrument: it keeps `NAME_RULE`.

    A name is a part of the state's keys, a level of an MQTT topic and a word in a rule.
    """
    return (
        0 < len(text) <= MAX_NAME
        and _BARRED.isdisjoint(text)
        and text.isprintable()
        and len(quote(text, safe="")) <= MAX_ESCAPED
    )


def symbol_of(name: str, shares: Container[str]) -> Symbol:
    """Return what `name` stands for; `shares` are the tickers whose quotes are prices of shares."""
    owner, _, figure = name.partition(".")
    if owner in shares and figure in SHARE_FIGURES:
        return Symbol(name, Kind.SHARE, owner, "USD")
    if name.startswith("network."):
        return Symbol(name, Kind.NETWORK)
    if series_of(name) is not None:
        return Symbol(name, Kind.SERIES)
    if figure:
        return Symbol(name, Kind.FIGURE, owner)
    return _traded(name, shares)


def _traded(name: str, shares: Container[str]) -> Symbol:
    base, _, currency = name.rpartition("-")
    if currency in CURRENCIES and base == "USD":
        return Symbol(name, Kind.RATE, currency=currency)
    if currency in CURRENCIES and base in shares:
        return Symbol(name, Kind.LISTING, base, currency)
    return Symbol(name, Kind.PAIR)


def rate_name(currency: str) -> str:
    """Return the instrument that says how many units of `currency` one dollar is."""
    return f"USD-{currency}"
