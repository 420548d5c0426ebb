"""Listed options: what a contract's name says, the next monthly expiry, and max pain. Hop 2, pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

EXPIRES_AT_HOUR = 8
_NAME = re.compile(r"([A-Z_]{2,12})-(\d{1,2})([A-Z]{3})(\d{2})-(\d{1,8})-([CP])")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Contract:
    """One option contract and how much of it is open.

    Attributes:
        expires_at: ms UTC; Deribit's options expire at 08:00 UTC.
        strike_usd: the price at which it may be exercised.
        is_call: a right to buy; else one to sell.
        open_btc: open contracts, in bitcoin.

    """

    expires_at: int
    strike_usd: Decimal
    is_call: bool
    open_btc: Decimal


def contract(name: str, open_btc: Decimal) -> Contract:
    """Return the contract of a name such as `BTC-28JUN24-42000-C`.

    Raises:
        ValueError: the name is none of an option.

    """
    found = _NAME.fullmatch(name)
    if found is None or found[3] not in _MONTHS:
        raise ValueError(f"{name[:40]!r} names no option")
    day = date(2000 + int(found[4]), _MONTHS.index(found[3]) + 1, int(found[2]))
    moment = datetime(day.year, day.month, day.day, EXPIRES_AT_HOUR, tzinfo=UTC)
    return Contract(round(moment.timestamp()) * 1_000, Decimal(found[5]), found[6] == "C", open_btc)


def is_monthly(expires_at: int) -> bool:
    """Tell whether an expiry (ms UTC) is on its month's last Friday, where most contracts lie."""
    day = datetime.fromtimestamp(expires_at / 1_000, UTC).date()
    return day.weekday() == _FRIDAY and (day + timedelta(days=7)).month != day.month


def next_monthly(contracts: Iterable[Contract], now: int) -> tuple[Contract, ...]:
    """Return the contracts of the next monthly expiry after `now` (ms UTC); empty where none is."""
    ahead = [it for it in contracts if it.expires_at > now and is_monthly(it.expires_at)]
    nearest = min((it.expires_at for it in ahead), default=0)
    return tuple(it for it in ahead if it.expires_at == nearest)


def max_pain_usd(contracts: Iterable[Contract]) -> Decimal | None:
    """Return the strike at which all holders together are paid least; None where nothing is open.

    The least over the strikes K of the sum of open calls x max(0, K - strike) and open puts x
    max(0, strike - K); the lowest such strike. Source: docs/formulas.md 10.
    """
    held = [it for it in contracts if it.open_btc > 0]
    strikes = sorted({it.strike_usd for it in held})
    if not strikes:
        return None

    def paid(price: Decimal) -> Decimal:
        return sum(
            (
                it.open_btc
                * max(Decimal(0), price - it.strike_usd if it.is_call else it.strike_usd - price)
                for it in held
            ),
            Decimal(0),
        )

    return min(strikes, key=paid)


def put_call_ratio(contracts: Iterable[Contract]) -> Decimal | None:
    """Return the open puts for each open call; None where no call is open."""
    puts = calls = Decimal(0)
    for it in contracts:
        if it.is_call:
            calls += it.open_btc
        else:
            puts += it.open_btc
    return puts / calls if calls > 0 else None
