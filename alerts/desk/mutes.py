"""Why an alert is not told now, in one fixed order. Pure.

What is dead comes first: it explains the most. Then announced work, another alert, a person's
silence, the hour, and last whoever has taken the alert on.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.acks import Ack
from alerts.desk.book import DeskBook
from alerts.desk.inhibition import Inhibition
from alerts.desk.ledger import Ledger
from alerts.desk.matching import Subject, meets
from alerts.desk.surroundings import Surroundings
from alerts.desk.windows import window_of
from alerts.model import SHADOW, News, Severity
from monitor.domain.commands import Place

ACK = "ack"
_NEWS = frozenset(News)
_LOUDEST = tuple(Severity)


class Mutes:
    """All that may keep an alert quiet."""

    def __init__(self, book: DeskBook, ledger: Ledger, around: Surroundings) -> None:
        self._quiet = {it.name: (it, window_of(it, around.exchange)) for it in book.quiet}
        self._ledger = ledger
        self._around = around
        self.inhibition = Inhibition(book.inhibit)

    def of(self, subject: Subject, now: int, ack: Ack | None = None) -> str:
        """Return what keeps an alert quiet at `now`; empty: nothing does."""
        return next(filter(None, self._each(subject, now, ack)), "")

    def announced(self, subject: Subject, now: int) -> str:
        """Return what keeps quiet that a value is unknown: of what is dead, what people know of.

        A rule may ask to hear of it sooner than the dead input is told.
        """
        first, *others = self._each(subject, now, None)
        dead = self._ledger.dead.get(first.removeprefix("feed:"))
        known = first if dead is None or dead.due is None else ""
        return next(filter(None, (known, *others)), "")

    def holds(self, mute: str, subject: Subject, now: int, ack: Ack | None = None) -> bool:
        """Tell whether `mute` is among what keeps an alert quiet at `now`, first or not."""
        if mute == SHADOW:
            return subject.rule in self._around.shadows
        return mute in self._each(subject, now, ack)

    def _each(self, subject: Subject, now: int, ack: Ack | None) -> Iterator[str]:
        """Yield what keeps it quiet of each kind, in order; empty: nothing of that kind."""
        yield self.feed_of(subject)
        yield self._same_feed(subject)
        yield self._maintenance_of(subject)
        yield self._explained_by(subject)
        yield self._silence_of(subject, now)
        yield self._quiet_of(subject, now)
        yield ACK if ack is not None else ""

    def feed_of(self, subject: Subject) -> str:
        """Return `feed:<instrument>` of a dead one that an alert rests on; empty: none is.

        What an expression does not need, since the rest decides it, keeps it from no word.
        """
        dead = self._ledger.dead
        if not dead or subject.rule in _NEWS:
            return ""
        names = sorted(name for name in self._around.inputs_of(subject) if name in dead)
        return f"feed:{names[0]}" if names and not self._around.decided(subject) else ""

    def _same_feed(self, subject: Subject) -> str:
        """Return `feed:<source>` where something else that it alone tells is told as dead already.

        A feed that dies takes all that it alone tells with it: that is one thing to say, unless
        this is louder.
        """
        if subject.rule != News.FEED.value:
            return ""
        source = self._around.only_source(subject.key)
        if not source:
            return ""
        for name in self._ledger.dead:
            standing = self._ledger.standings.get(f"{News.FEED.value}|{name}")
            told = (
                standing is not None
                and standing.told
                and not standing.over
                and _LOUDEST.index(standing.last.severity) <= _LOUDEST.index(subject.severity)
            )
            if told and name != subject.key and self._around.only_source(name) == source:
                return f"feed:{source}"
        return ""

    def _explained_by(self, subject: Subject) -> str:
        """Return `rule:<id>|<key>` of an alert that explains this one; empty: none does.

        Of those that would explain each other in a circle, one is told.
        """
        causes = self.inhibition.causes_of(subject)
        cause = next((it for it in causes if not self._leads_back(it, subject.name)), "")
        return f"rule:{cause}" if cause else ""

    def _leads_back(self, cause: str, name: str) -> bool:
        """Tell whether what explains a cause, and what explains that, is in the end the alert itself."""
        seen = set[str]()
        while cause and cause != name and cause not in seen:
            seen.add(cause)
            cause = self._cause_of(cause)
        return cause == name

    def _cause_of(self, name: str) -> str:
        """Return the alert that explains one; empty: none mutes it."""
        known = self._ledger.standings.get(name)
        muted = "" if known is None or known.over else known.muted_by
        kind, _, cause = muted.partition(":")
        return cause if kind == "rule" else ""

    def _maintenance_of(self, subject: Subject) -> str:
        if subject.rule == News.MAINTENANCE.value:
            return ""  # its own beginning and end
        for name, window in self._ledger.windows.items():
            if window.begun and (
                window.place is Place.BROKER or self._rests_on(subject, window.feed)
            ):
                return f"maintenance:{name}"
        return ""

    def _rests_on(self, subject: Subject, feed: str) -> bool:
        """Tell whether it is about an input that this feed alone tells, and that is dead."""
        if subject.rule != News.FEED.value:
            return False
        return feed in {subject.key, self._around.only_source(subject.key)}

    def _silence_of(self, subject: Subject, now: int) -> str:
        for name, silence in self._ledger.silences.items():
            if silence.at <= now < silence.until and meets(silence.match, subject):
                return f"silence:{name}"
        return ""

    def _quiet_of(self, subject: Subject, now: int) -> str:
        for name, (quiet, window) in self._quiet.items():
            if quiet.covers(subject) and window.open_at(now):
                return f"quiet:{name}"
        return ""

    @property
    def quiet_times(self) -> tuple[str, ...]:
        """Return the names of the quiet times."""
        return tuple(self._quiet)

    def edge(self, name: str, now: int) -> int | None:
        """Return when a quiet time begins or ends next, ms UTC; None if that is not known."""
        return self._quiet[name][1].next_edge(now)
