"""What the desk remembers, each record one cell of the step's state. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from alerts.acks import Ack
from alerts.desk.pace_ledger import PaceMemory
from alerts.model import Transition
from alerts.reasons import NoticeReason
from monitor.domain.commands import Place

MAX_HIDDEN = 200
"""How many alerts a silence remembers by name as hidden; it counts the others."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One alert in an episode that has fired.

    Attributes:
        last: its last change, without inputs.
        told: people were told of a fire in this episode.
        muted_by: why its last news was not told, or what keeps it quiet since; empty: nothing.
        ack: who has taken it on.
        over: the episode has ended, and those who were told of it are still to hear so.
        lost: people were told that its value is unknown, and not that it is known again.
        owed: why people are to be told of it once more, when nothing mutes it.
        behind: where the episode is over, the last change of one that fires since, in the shadow.

    """

    last: Transition
    told: bool
    muted_by: str = ""
    ack: Ack | None = None
    over: bool = False
    lost: bool = False
    owed: NoticeReason | None = None
    behind: Transition | None = None

    @property
    def heard(self) -> bool:
        """Tell whether people are still to hear of an end: of a fire, or of a loss of data."""
        return self.told or self.lost or self.over

    @property
    def owes_return(self) -> bool:
        """Tell whether people are still to hear that a value is known again, and of nothing else."""
        return self.over and not self.told

    @property
    def kept_quiet_by(self) -> str:
        """Return what keeps it quiet by itself, whatever is muted now; empty: nothing."""
        return "ack" if self.ack else "" if self.told else self.muted_by


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """What a person hid, until when.

    Attributes:
        id: derived from the command that made it.
        match: which alerts, by field.
        by: who.
        reason: why, in their words.
        at: event time of its beginning, ms UTC.
        until: event time of its end, ms UTC.
        reminded: its end has been announced, or nothing was hidden then.
        hidden: the alerts whose news it hid, MAX_HIDDEN at most.
        count: how many pieces of news it hid.

    """

    id: str
    match: Mapping[str, str]
    by: str
    reason: str
    at: int
    until: int
    reminded: bool = False
    hidden: tuple[str, ...] = ()
    count: int = 0

    @property
    def remind_at(self) -> int:
        """Return when its end is announced: a tenth before it, a quarter of an hour at most."""
        return self.until - min(900_000, (self.until - self.at) // 10)


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """Announced work on a feed or on the broker; `begun` once its beginning was told."""

    id: str
    place: Place
    feed: str
    by: str
    reason: str
    begin: int
    until: int
    begun: bool = False


def silent_feed(feed: str) -> str:
    """Return the name under which a feed that never spoke is kept; no instrument has one like it."""
    return f"|{feed}"


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that no source tells any more, or a feed that never told anything.

    Attributes:
        instrument: which; of a feed `silent_feed` of its name.
        since: event time at which its last value grew stale, or the feed was first asked, ms UTC.
        due: when that is told, ms UTC; None once it was, or where the feed is told in its place.
        observed_at: the source's time of the last value, ms UTC.
        feed: the feed that never spoke, or of whose silence an instrument is a part; else empty.

    """

    instrument: str
    since: int
    due: int | None
    observed_at: int | None
    feed: str = ""

    @property
    def is_feed(self) -> bool:
        """Tell whether it is a feed, and no instrument."""
        return self.instrument == silent_feed(self.feed)

    @property
    def key(self) -> str:
        """Return the key of the notice of it: the instrument, or the feed."""
        return self.feed if self.is_feed else self.instrument


Record = Standing | Silence | Maintenance | Dead


@dataclass(slots=True)
class DeskMemory:
    """The desk's memory as it was committed, by name."""

    standings: dict[str, Standing] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    windows: dict[str, Maintenance] = field(default_factory=dict)
    dead: dict[str, Dead] = field(default_factory=dict)
    pace: PaceMemory = field(default_factory=PaceMemory)
