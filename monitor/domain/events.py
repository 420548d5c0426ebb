"""What arrives and what is made of it: quotes, ticks, qualities. Hop 2 to hop 5.

Every moment is milliseconds since 1970-01-01 UTC. What comes by the thousand a second is a struct of
msgspec: made, read from JSON and changed in a fifth of the time of a dataclass.
"""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

import msgspec

from monitor.domain.commands import Command
from monitor.domain.feed_reports import FeedReport
from monitor.domain.notices import Notice
from monitor.domain.sessions import SessionState

BTC_USD = "BTC-USD"
VENUE_VOLUME = "market.venue_volume_btc"
USUAL_VENUE_VOLUME = "market.usual_venue_volume_btc"
BTC_USDT = "BTC-USDT"
USDT_USD = "USDT-USD"
USDC_USD = "USDC-USD"
DIFFICULTY = "network.difficulty"
HEIGHT = "network.height"
FEES = "network.fees_btc_per_block"
BLOCK_PACE = "network.block_pace_s"
BLOCK_WINDOW = "network.window_144_s"
GPU_H100 = "gpu.h100_usd_hour"
HASHPRICE_INDEX_USD = "network.hashprice_index_usd_ph_day"
HASHPRICE_INDEX_BTC = "network.hashprice_index_btc_ph_day"
DAY_ISSUANCE = "network.issuance_btc_day"
DAY_HASHRATE = "network.hashrate_day_eh_s"


class Quality(IntEnum):
    """How far a value may be trusted, from best to worst. It travels with the value.

    A rule may fire up to `SINGLE`; from `DISPUTED` on nothing fires. Combining values takes the
    worst quality of the inputs (`max`).
    """

    OK = 0
    DEGRADED = 1
    SINGLE = 2
    DISPUTED = 3
    STALE = 4
    MISSING = 5
    NOT_APPLICABLE = 6

    @property
    def word(self) -> str:
        """Return the lower-case word used in JSON, metrics and on the screen."""
        return _WORDS[self]

    @property
    def usable(self) -> bool:
        """Tell whether a rule may fire on a value of this quality."""
        return self <= _WORST_USABLE


_WORDS = tuple(quality.name.lower() for quality in Quality)
_WORST_USABLE = Quality.SINGLE
"""By itself: a member that is looked up in its class costs ten times the comparison."""


class Quote(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One price or figure from one source at one time.

    Attributes:
        instrument: what is quoted: a pair (`BTC-USD`, `USDC-USD`), a stock (`RIOT`), a network
            figure (`network.difficulty`) or a company figure (`RIOT.power_price_usd_kwh`).
        value: in the instrument's own unit, USD for pairs and stocks.
        observed_at: the source's own time.
        source: who said so (`coinbase`, `yahoo`); closed set of the feeds, free for ingest.
        received_at: our time of arrival; None lets the stream entry's own time stand in.
        fresh_ms: how long after observed_at the value counts as fresh; None takes the default
            of the instrument's class. For stocks it counts session time only.
        bid: best bid, if the source gives a book.
        ask: best ask, likewise.
        volume: the venue's trailing volume in the base unit, used as a weight only.
        local_time: the source gave no time of its own and observed_at is our receive time.
        note: words of whoever gave the value, for people.
        backfilled: it is told afterwards. It fills the history of its own time and is never the
            present value; no rule fires or resolves on it.
        period: the first day (`2026-01-05`) of what a daily or longer figure is of; empty where
            the value is of its moment. Another value of the same period is a revision.
        delay_ms: how late the source tells by contract (15-minute quotes); 0 for real time. It is
            fresh for that much longer, and never passes for live.
        session: of a share's price, the session that it is of, as its source says; None lets the
            exchange's calendar say it (`monitor/domain/labels.py`).
        session_said: what the source said of it where the calendar does not bear it out; the
            calendar's word is then `session`.

    """

    instrument: str
    value: Decimal
    observed_at: int
    source: str
    received_at: int | None = None
    fresh_ms: int | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    volume: Decimal | None = None
    local_time: bool = False
    note: str = ""
    backfilled: bool = False
    period: str = ""
    delay_ms: int = 0
    session: SessionState | None = None
    session_said: SessionState | None = None

    def repeats(self, last: Quote | None) -> bool:
        """Tell whether its source said the same before: that value at that time of its own."""
        return last is not None and (last.observed_at, last.value) == (self.observed_at, self.value)


class Tick(NamedTuple):
    """One entry of the `ticks` stream: the quotes that came together, and when.

    Attributes:
        id: the stream entry's id, unique and rising.
        at: the moment of arrival that the step counts as now.
        quotes: what is worth what.
        notices: what happened.
        commands: what people ask of the service.
        feeds: how feeds stand that should speak and do not; there is at least one of the four.

    """

    id: str
    at: int
    quotes: tuple[Quote, ...]
    notices: tuple[Notice, ...] = ()
    commands: tuple[Command, ...] = ()
    feeds: tuple[FeedReport, ...] = ()

    @property
    def plain(self) -> bool:
        """Tell whether it is one quote of the present and nothing else."""
        if len(self.quotes) != 1 or self.notices or self.commands or self.feeds:
            return False
        return not self.quotes[0].backfilled


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one metric or instrument with what is known about it.

    `value` is None when the quality is `MISSING` or `NOT_APPLICABLE`; then `reason` says which
    input is missing or why nothing applies. A `STALE` or `DISPUTED` value may still be shown.
    `delay_ms` is the longest delay by contract of the sources in it; 0 is real time. `session` is
    that of the share's price in it, None where no share has part in it.
    """

    value: float | None
    quality: Quality
    reason: str = ""
    observed_at: int | None = None
    delay_ms: int = 0
    session: SessionState | None = None
