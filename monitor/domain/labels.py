"""Which session of the exchange a share's price is of: pre, regular, post, closed, halted. Hop 4, 5.

A source that knows says so, for instance of a price that is the regular session's by contract, or
of a halt, which no calendar knows. Of all others the calendar says it, at the source's own time. A
source may say less than the calendar (a share may rest alone), never more: nobody trades on a
holiday, and nothing is the regular session's after an early close. Then the calendar's word holds,
and the source's is kept beside it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable, Sequence

from msgspec import structs

from monitor.domain.events import Quality, Quote, Reading
from monitor.domain.sessions import Session, SessionState
from monitor.domain.symbols import Symbol, symbol_of

HALTED = "halted"
"""Why a share's last good price is not usable: nobody can trade at it."""

AUCTION_MS = 20 * 60_000
"""So long after the close a price may be the regular session's: the auction takes minutes, a delayed
quote fifteen."""
_FURTHEST = (
    SessionState.REGULAR,
    SessionState.PRE,
    SessionState.POST,
    SessionState.CLOSED,
    SessionState.HALTED,
)
"""From the session in which a price means most to that in which it means least."""


def with_session(quote: Quote, symbol: Symbol, session_at: Callable[[int], Session]) -> Quote:
    """Return a quote with the session that it is of; what is no share's price has none.

    Outside the years of the calendar no session is known, and none is given.
    """
    if not (symbol.kind.in_sessions and symbol.moves):
        return quote if quote.session is None else structs.replace(quote, session=None)
    with contextlib.suppress(ValueError):
        market = session_at(quote.observed_at)
        if quote.session is None:
            return structs.replace(quote, session=market.state)
        if not _may_be(quote.session, market, quote.observed_at):
            return structs.replace(quote, session=market.state, session_said=quote.session)
    return quote


def _may_be(said: SessionState, market: Session, observed_at: int) -> bool:
    """Tell whether the calendar leaves room for what a source says of its price."""
    if said is SessionState.REGULAR and market.state is SessionState.POST:
        return observed_at - market.close_at <= AUCTION_MS
    return _FURTHEST.index(said) >= _FURTHEST.index(market.state)


def labelled(
    quotes: Iterable[Quote], shares: Container[str], session_at: Callable[[int], Session]
) -> list[Quote]:
    """Return quotes with their sessions; `shares` are the tickers of the books."""
    return [with_session(it, symbol_of(it.instrument, shares), session_at) for it in quotes]


def standing_in(session: SessionState | None, standing: tuple[Quality, str]) -> tuple[Quality, str]:
    """Return quality and reason of a share's price; while it is halted the last good one is stale."""
    return (Quality.STALE, HALTED) if session is SessionState.HALTED else standing


def of_parts(reading: Reading, parts: Sequence[Reading]) -> Reading:
    """Return what is made of several readings, as late as the latest and with their session."""
    late = max((item.delay_ms for item in parts), default=0)
    session = joint_session(parts)
    if not late and session is None:
        return reading
    return structs.replace(reading, delay_ms=late, session=session)


def joint_session(readings: Iterable[Reading]) -> SessionState | None:
    """Return the session of what is made of several: regular only if all its shares are."""
    found = [reading.session for reading in readings if reading.session is not None]
    return max(found, key=_FURTHEST.index, default=None)
