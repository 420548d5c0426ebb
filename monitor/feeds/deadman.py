"""Which feeds should have spoken by now and never did, and what is to be said of it. Hop 4, pure.

A feed is silent once it is dead without having given a value: one freshness budget after it was
first asked, longer where it was told to wait. That is reported once, and again when the books are
read anew, for rules that came since; its end once, also by a process that was not there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.domain.feed_reports import MAX_INSTRUMENTS, FeedReport
from monitor.domain.freshness import Freshness
from monitor.feeds.health import FeedHealth


@dataclass(frozen=True, slots=True)
class Watched:
    """A feed at one moment: how it is doing, the age of its data, and what it should tell."""

    health: FeedHealth
    age: Freshness
    instruments: Iterable[str]


class Deadman:
    """What was reported of the feeds; `told` are those whose silence was and has not ended."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self.told = set(told)
        self._again: set[str] = set()

    def read_anew(self) -> None:
        """Report once more what is silent: rules may have come that rest on it."""
        self._again = set(self.told)

    def reports(self, feeds: Mapping[str, Watched]) -> list[FeedReport]:
        """Return what is to be reported of the feeds that are asked; `sent` takes it as done."""
        return [*self._silent(feeds), *self._over(feeds)]

    def sent(self, reports: Iterable[FeedReport]) -> None:
        """Note that these were stored."""
        for report in reports:
            self._again.discard(report.feed)
            if report.silent:
                self.told.add(report.feed)
            else:
                self.told.discard(report.feed)

    def _silent(self, feeds: Mapping[str, Watched]) -> Iterator[FeedReport]:
        for name, feed in feeds.items():
            never = feed.health.observed_at is None and feed.age is Freshness.DEAD
            if never and (name not in self.told or name in self._again):
                instruments = tuple(sorted(feed.instruments)[:MAX_INSTRUMENTS])
                yield FeedReport(
                    feed=name,
                    silent=True,
                    since=feed.health.began,
                    why=feed.health.error,
                    instruments=instruments,
                )

    def _over(self, feeds: Mapping[str, Watched]) -> Iterator[FeedReport]:
        for name in sorted(self.told):
            feed = feeds.get(name)
            if feed is None:
                yield FeedReport(feed=name, silent=False, since=0, asked=False)
            elif feed.health.observed_at is not None:
                yield FeedReport(feed=name, silent=False, since=feed.health.began)
