"""Liquidations of a venue's main bitcoin contract over an hour, from the stream that tells each. Hop 2.

In bitcoin, which needs no price: contracts are settled in several dollars. A venue that sends only
the largest order of each second gives a lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from monitor.core.clock import Millis
from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.base import FeedSpec
from monitor.feeds.streams import Added, Parse, Ping, Stream, StreamSpec, Subscribe, Sums, sent

HOUR_S = 3_600.0


class Side(StrEnum):
    """Who was liquidated, and the figure that counts it: a fall takes longs, a rise shorts."""

    LONG = "liquidated_long_1h_btc"
    SHORT = "liquidated_short_1h_btc"


_BOTH = "liquidated_1h_btc"


def liquidated(spec: StreamSpec, side: Side, btc: Decimal, at: Millis) -> Added:
    """Return what one liquidation adds, in bitcoin."""
    return Added(_named(spec, side), btc, at)


def tell(sums: Mapping[str, Decimal], now: Millis, spec: StreamSpec) -> Sequence[Quote]:
    """Return both sides and their sum, which says in words who it was."""
    long, short = (sums[_named(spec, side)] for side in Side)
    told = {Side.LONG: long, Side.SHORT: short, _BOTH: long + short}
    note = f"Long {long:,.1f} BTC, short {short:,.1f} BTC."
    return [
        sent(spec, now, _named(spec, figure), value, note=note) for figure, value in told.items()
    ]


def _named(spec: StreamSpec, figure: str) -> str:
    return next(name for name in spec.instruments if name.endswith(f".{figure}"))


def liquidation_stream(  # noqa: PLR0913  # each is a part of the declaration
    feed: FeedSpec,
    venue: str,
    contract: str,
    url: str,
    ping: Ping,
    *,
    subscribe: Subscribe,
    parse: Parse,
) -> Stream:
    """Return the stream of `contract` that goes with the feed of a venue's perpetuals."""
    spec = StreamSpec(
        name=feed.name,
        url=url,
        instruments={series_name("perp", venue, it): contract for it in (*Side, _BOTH)},
        fresh_s=feed.fresh_s,
        silent_s=60,
        licence=feed.licence,
        ping=ping,
        check_s=None,  # it alone has them: there is nothing to ask
    )
    return Stream(spec, subscribe, parse, Sums(HOUR_S, tell))
