"""What a provider's symbol stands for: spot, a perpetual, a dated future, an ETF, a share, an ADR.

A perpetual trades near its spot price and is another thing: taken for it, the reference price drifts
by the basis and nobody sees why. So a symbol that a person gives for one of our instruments is read
before anything is asked of the provider. Providers name derivatives by habit, not by standard; each
habit here is one that a venue documents. A symbol that none of them fits is taken for what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.symbols import Kind, symbol_of
from monitor.domain.venues import STABLECOINS


class Nature(StrEnum):
    """What kind of thing is quoted, in the words of an error."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "dated future"
    ETF = "exchange-traded fund"
    SHARE = "share"
    ADR = "depositary receipt"
    FOREIGN = "listing in another currency"
    OTHER = "share of another company"

    @property
    def words(self) -> str:
        """Return it as it stands after "is"."""
        if self is Nature.SPOT:
            return self.value
        return f"{'an' if self is Nature.ETF else 'a'} {self.value}"


_PERPETUAL = re.compile(
    r"""
      P[FI]_.+             # Kraken Futures: PI_XBTUSD, PF_XBTUSD
    | .+-SWAP              # OKX: BTC-USDT-SWAP
    | .+[_-]?PERP(ETUAL)?(-INTX)?  # BTCUSD_PERP, BTC-PERPETUAL, BTC-PERP-INTX, btcusd-perp, BTCGUSDPERP
    | .+\.P                # charts: BTCUSDT.P
    | T?.+F0:.+F0          # Bitfinex: tBTCF0:USTF0
    | [A-Z]+/[A-Z]+:[A-Z]+ # ccxt: BTC/USDT:USDT
    | XBTUSDT?M            # KuCoin futures
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FUTURE = re.compile(
    r"""
      F[FI]_.+                     # Kraken Futures: FI_XBTUSD_240628
    | .+[_-]\d{6}                  # OKX, Binance: BTC-USD-240628, BTCUSDT_240628
    | .+-\d{1,2}[A-Z]{3}\d{2}(-CDE)?  # Deribit, Coinbase: BTC-27DEC24, BIT-28JUL23-CDE
    | .+:[A-Z]+-\d{6}              # ccxt: BTC/USD:BTC-240628
    """,
    re.VERBOSE | re.IGNORECASE,
)
FUNDS = frozenset(
    {
        "ARKB",
        "BITB",
        "BITO",
        "BITX",
        "BRRR",
        "BTCO",
        "BTCW",
        "BTF",
        "DEFI",
        "EZBC",
        "FBTC",
        "GBTC",
        "HODL",
        "IBIT",
        "BITQ",
        "BKCH",
        "BLOK",
        "CONL",
        "CRWG",
        "DAPP",
        "IREX",
        "MRAL",
        "MSTU",
        "MSTX",
        "WGMI",
    }
)
"""Funds that hold bitcoin, hold miners or multiply one share: their price is mistaken for bitcoin's or a miner's."""
RECEIPTS = frozenset({"BTCM", "CAN", "NCTY", "SOS"})
"""Tickers that are depositary receipts: one stands for several shares of the company."""
_ENDINGS: Mapping[str, str] = {
    "TO": "CAD",
    "V": "CAD",
    "CN": "CAD",
    "NE": "CAD",
    "AX": "AUD",
    "DE": "EUR",
    "F": "EUR",
    "SG": "EUR",
    "MU": "EUR",
    "BE": "EUR",
    "PA": "EUR",
    "L": "GBP",
    "HK": "HKD",
    "T": "JPY",
    "ST": "SEK",
    "SW": "CHF",
    "SI": "SGD",
}
"""What follows the dot in a share's symbol, and the currency of the exchange that it names."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A symbol that is not what our instrument is.

    Attributes:
        asked: what the instrument is.
        found: what the symbol is.
        mend: what to write instead, as a sentence.

    """

    asked: Nature
    found: Nature
    mend: str


def mismatch(
    instrument: str, symbol: str, shares: Container[str], usual: Mapping[str, str]
) -> Mismatch | None:
    """Return how `symbol` is not what `instrument` is; None where nothing speaks against it.

    `shares` are the tickers of the books, `usual` the symbols that the provider declares itself.
    """
    asked = asked_nature(instrument, shares)
    found = _found(instrument, symbol, shares)
    if asked is None or found is None or found is asked:
        return None
    if instrument == symbol.upper():
        return None  # one ticker, one thing
    return Mismatch(asked, found, _mend(instrument, symbol, asked, found, usual))


def _found(instrument: str, symbol: str, shares: Container[str]) -> Nature | None:
    """Return what a symbol is, the tickers of the books included."""
    shown = found_nature(symbol)
    if shown is not None or symbol.upper() not in shares:
        return shown
    asked = symbol_of(instrument, shares).ticker or symbol.upper()
    return Nature.SHARE if asked == symbol.upper() else Nature.OTHER


def _mend(
    instrument: str, symbol: str, asked: Nature, found: Nature, usual: Mapping[str, str]
) -> str:
    """Return what to write instead."""
    base, _, currency = instrument.rpartition("-")
    if asked is Nature.FOREIGN and instrument not in usual:
        ending = next(ending for ending, money in _ENDINGS.items() if money == currency)
        return f"give its symbol where it is quoted in {currency}, such as `{base}.{ending}`"
    mend = f"write `{instrument}: {usual.get(instrument) or _spot_of(instrument, symbol)}`"
    if found is Nature.FOREIGN:
        home, _, ending = symbol.rpartition(".")
        mend += f", or quote this one as `{home.upper()}-{_ENDINGS[ending.upper()]}`"
    elif found is Nature.PERPETUAL:
        mend += "; a perpetual belongs to the `perp.` series"
    return mend


def asked_nature(instrument: str, shares: Container[str]) -> Nature | None:
    """Return what one of our instruments is; None where it is no price of a thing."""
    symbol = symbol_of(instrument, shares)
    if symbol.kind is Kind.SHARE:
        return Nature.ADR if symbol.ticker in RECEIPTS else Nature.SHARE
    if symbol.kind is Kind.LISTING:
        return Nature.FOREIGN
    if symbol.kind is not Kind.PAIR or "-" not in instrument:
        return None
    return found_nature(instrument) or Nature.SPOT


def found_nature(symbol: str) -> Nature | None:
    """Return what a provider's symbol is by its form or its name; None where it shows nothing."""
    if _FUTURE.fullmatch(symbol):
        return Nature.FUTURE
    if _PERPETUAL.fullmatch(symbol):
        return Nature.PERPETUAL
    if symbol.upper() in FUNDS:
        return Nature.ETF
    base, _, ending = symbol.rpartition(".")
    if base and ending.upper() in _ENDINGS:
        return Nature.FOREIGN
    return Nature.ADR if symbol.upper() in RECEIPTS else None


def _spot_of(instrument: str, symbol: str) -> str:
    """Return the spot symbol in the provider's spelling, as far as the wrong one shows it."""
    base, _, counter = instrument.partition("-")
    if not counter:
        return instrument
    if symbol.startswith("t"):  # Bitfinex
        return f"t{base}{'UST' if counter == STABLECOINS[0] else counter}"
    parted = f"{base}-{counter}"
    plain = parted if "-" in symbol and "_" not in symbol and symbol.isupper() else base + counter
    return plain.lower() if symbol.islower() else plain
