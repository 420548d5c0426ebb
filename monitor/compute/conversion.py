"""What an input was before it became USD: the amount, the rate, who said the rate and when. Pure.

A figure of a book stands there with the mean rate of its period, so its rate is as old as it is. A
share that is quoted abroad is worked out at the newest quote of the rate.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from monitor.compute.instruments import Instruments
from monitor.core.clock import SECOND, iso
from monitor.domain.companies import Figure, iso_day
from monitor.domain.symbols import rate_name

Record: TypeAlias = dict[str, Any]

BOOK_RATE = "the company's book"
"""The source of a rate that stands beside its figure."""


def of_figure(figure: Figure, now: int) -> Record | None:
    """Return what a figure's paper prints and its rate; None where that is in USD."""
    stated = figure.stated
    if stated is None:
        return None
    return {
        "value": stated.value,
        "unit": stated.unit,
        "currency": stated.currency,
        "usd_rate": stated.fx_usd,
        "rate_source": BOOK_RATE,
        "rate_at": iso_day(figure.as_of),
        "rate_age_s": (now - figure.as_of) // SECOND,
    }


def of_share(instruments: Instruments, share: str, now: int) -> Record | None:
    """Return the quote of a listing abroad that a share's price is made of; None where none is.

    Where the rate is not known the amount stands alone: then the share has no price in USD.
    """
    price = instruments.reading(share).value
    for quote in instruments.origin(share):
        name, _, currency = quote.instrument.partition("-")
        if name != share or not currency:
            continue
        rate = instruments.reading(rate_name(currency))
        amount = float(quote.value)
        if rate.value is not None and price is not None and amount / rate.value != price:
            continue  # another listing was the better one
        told = instruments.origin(rate_name(currency))
        return {
            "value": amount,
            "unit": currency,
            "currency": currency,
            "usd_rate": None if rate.value is None else 1 / rate.value,
            "rate_source": ", ".join(sorted({item.source for item in told})) or None,
            "rate_at": None if rate.observed_at is None else iso(rate.observed_at),
            "rate_age_s": None if rate.observed_at is None else (now - rate.observed_at) // SECOND,
        }
    return None
