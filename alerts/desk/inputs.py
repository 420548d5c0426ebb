"""What should be told and is not: instruments that grew stale, feeds that never spoke. Pure.

An instrument that grew stale is told after a while. A feed that never gave a value comes as a report
of who asks it: one notice for all that it should tell, and the alerts that rest on what nobody else
has told are marked like those on a stale instrument.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from alerts.desk import notices
from alerts.desk.ledger import Ledger
from alerts.desk.records import Dead, Standing, silent_feed
from alerts.desk.surroundings import Surroundings
from alerts.model import News, Severity, Transition
from alerts.reasons import Reason
from monitor.domain.events import Quality, Reading
from monitor.domain.feed_reports import FeedReport

AWAY_MS = 30_000
"""A restart is shorter, and changes nothing."""

_LOUDEST = tuple(Severity)


class Inputs:
    """Keeps the records of what is dead, and says what came free and what is news by that."""

    def __init__(self, ledger: Ledger, around: Surroundings, dead_after_ms: int | None) -> None:
        self._ledger = ledger
        self._around = around
        self._dead_after = dead_after_ms
        self._freed: dict[str, Reason] = {}
        self._news: list[Transition] = []
        self._back_at = 0

    def back_at(self, moment: int, away_since: int) -> None:
        """Listen again at `moment`, ms UTC, after a time in which nobody here could be told anything.

        Redis was away, or this service: what grew stale meanwhile has as long to speak as what
        grows stale now.
        """
        if moment - away_since <= AWAY_MS:
            return
        self._back_at = moment
        for dead in list(self._ledger.dead.values()):
            if dead.due is not None and self._dead_after is not None:
                later = max(dead.due, moment + self._dead_after)
                self._ledger.keep_dead(replace(dead, due=later))

    @property
    def owes(self) -> bool:
        """Tell whether there is something that `take` has not given yet."""
        return bool(self._freed or self._news)

    def take(self) -> tuple[list[Transition], dict[str, Reason]]:
        """Return the news since the last call, and the mutes that are over with their reason."""
        news, self._news = self._news, []
        freed, self._freed = self._freed, {}
        return news, freed

    def see(self, instrument: str, reading: Reading, now: int) -> None:
        """Take an instrument's reading: it may have grown stale, or be told again."""
        known = self._ledger.dead.get(instrument)
        if known is not None and reading.quality.usable:
            self._revive(known, Reason.INPUT_BACK, reading, now)
        elif reading.quality is Quality.STALE and (known is None or known.feed):
            self._grown_stale(instrument, reading.observed_at, now)

    def _grown_stale(self, instrument: str, seen: int | None, now: int) -> None:
        """Remember that an instrument is stale, where alerts rest on it and that is to be told."""
        if self._dead_after is None or self._around.dependents_of(instrument) is None:
            return
        due = max(now, self._back_at) + self._dead_after
        self._ledger.keep_dead(Dead(instrument=instrument, since=now, due=due, observed_at=seen))

    def told_now(self, instrument: str) -> Dead:
        """Return what is dead for so long that it is told, and wait no more for it."""
        dead = replace(self._ledger.dead[instrument], due=None)
        self._ledger.keep_dead(dead)
        return dead

    def died(self, dead: Dead, now: int) -> Transition:
        """Return the notice of an instrument that is stale, with what else of its feed is."""
        many, severity = self._around.dependents_of(dead.instrument) or (0, Severity.WARNING)
        also, more = self._also_of_its_source(dead.instrument), 0
        for name in also:
            resting, loud = self._around.dependents_of(name) or (0, severity)
            more, severity = more + resting, min(severity, loud, key=_LOUDEST.index)
        notice = notices.died(dead, severity, many, now)
        return notices.with_others(notice, self._around.only_source(dead.instrument), also, more)

    def dead_of(self, last: Transition) -> Dead | None:
        """Return the dead input that an alert is the notice of; None: it is of none."""
        if last.rule != News.FEED:
            return None
        name = silent_feed(last.key) if "feed" in last.labels else last.key
        return self._ledger.dead.get(name)

    def restated(self, standing: Standing, now: int) -> Standing:
        """Return the notice of an instrument as it is told now: what it names may be back by then."""
        dead = self.dead_of(standing.last)
        if dead is None or dead.is_feed:
            return standing
        fresh = self.died(dead, now)
        last = replace(standing.last, summary=fresh.summary, members=fresh.members)
        return replace(standing, last=last)

    def wait_after(self, window: str, now: int) -> None:
        """Give what was being worked on as long to speak as what grows stale now."""
        if self._dead_after is None:
            return
        for name in self._ledger.muted_by(f"maintenance:{window}"):
            dead = self.dead_of(self._ledger.standings[name].last)
            if dead is not None:
                self._ledger.keep_dead(replace(dead, due=now + self._dead_after))

    def _also_of_its_source(self, instrument: str) -> list[str]:
        """Return what else is stale that only the source of an instrument tells: one thing to say."""
        source = self._around.only_source(instrument)
        return sorted(
            it.instrument
            for it in self._ledger.dead.values()
            if source
            and not it.is_feed
            and it.instrument != instrument
            and self._around.only_source(it.instrument) == source
        )

    def report(self, report: FeedReport, now: int) -> None:
        """Take what is said of a feed that should speak; said twice it is no news."""
        known = self._ledger.dead.get(silent_feed(report.feed))
        if not report.silent:
            if known is not None:
                self._heard(known, Reason.INPUT_BACK if report.asked else Reason.RULE_REMOVED, now)
        elif self._dead_after is not None:
            many, severity = self._mark(report, now)
            if known is None:
                root = Dead(
                    instrument=silent_feed(report.feed),
                    since=report.since,
                    due=None,
                    observed_at=None,
                    feed=report.feed,
                )
                self._ledger.keep_dead(root)
                self._news.append(notices.silent(root, severity, many, report.why, now))

    def _mark(self, report: FeedReport, now: int) -> tuple[int, Severity]:
        """Mark what nobody has told; return how many alerts rest on it, and the loudest severity."""
        many, loudest = 0, Severity.INFO
        for name in report.instruments:
            resting = self._around.dependents_of(name)
            if resting is None or self._around.reading(name, None).value is not None:
                continue
            many += resting[0]
            loudest = min(loudest, resting[1], key=_LOUDEST.index)
            if name not in self._ledger.dead:
                self._ledger.keep_dead(
                    Dead(instrument=name, since=now, due=None, observed_at=None, feed=report.feed)
                )
        return many, loudest

    def _heard(self, root: Dead, reason: Reason, now: int) -> None:
        """End a feed's silence, and with it what is marked for it alone."""
        for dead in self._of(root.feed):
            reading = self._around.reading(dead.instrument, None)
            self._revive(dead, reason, reading, now)
            self.see(dead.instrument, reading, now)
        self._revive(root, reason, Reading(None, Quality.MISSING), now)

    def _of(self, feed: str) -> Iterable[Dead]:
        root = silent_feed(feed)
        return [
            it for it in self._ledger.dead.values() if it.feed == feed and it.instrument != root
        ]

    def _revive(self, dead: Dead, reason: Reason, reading: Reading, now: int) -> None:
        self._ledger.drop_dead(dead.instrument)
        key = dead.key
        if not dead.is_feed:
            over = reason if reason is Reason.INPUT_BACK else Reason.INHIBITION_OVER
            self._freed[f"feed:{key}"] = over
            if source := self._around.only_source(key):  # what it kept quiet of the same source
                self._freed[f"feed:{source}"] = over
            self._wait_for_rest(key, now)
        standing = self._ledger.standings.get(f"{News.FEED.value}|{key}")
        if standing is not None:
            self._news.append(notices.revived(dead, standing.last.severity, reason, reading, now))

    def _wait_for_rest(self, instrument: str, now: int) -> None:
        """Look later at what was quiet because this was told of the same feed.

        The rest of the feed comes back a moment after it; what does not is to be told then.
        """
        source = self._around.only_source(instrument)
        if not source or self._dead_after is None:
            return
        for dead in list(self._ledger.dead.values()):
            standing = self._ledger.standings.get(f"{News.FEED.value}|{dead.instrument}")
            if standing is not None and standing.muted_by == f"feed:{source}":
                self._ledger.keep_dead(replace(dead, due=now + self._dead_after))

    def review(self, now: int) -> None:
        """Look again at all that is dead: the rulebook may ask for it no more."""
        for dead in list(self._ledger.dead.values()):
            asked = dead.is_feed or self._around.dependents_of(dead.instrument) is not None
            if self._dead_after is None or not asked:
                reading = Reading(None, Quality.MISSING)
                if not dead.is_feed:
                    reading = self._around.reading(dead.instrument, None)
                self._revive(dead, Reason.RULE_REMOVED, reading, now)
