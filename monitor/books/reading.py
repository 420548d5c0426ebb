"""One company file while it is being read: places, dates, sources, and all that is wrong so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from monitor.books.entries import SourceEntry, StageEntry, StatusEntry
from monitor.core.clock import DAY, Millis
from monitor.core.errors import ConfigError
from monitor.core.mends import Step, nearest
from monitor.core.yamltext import Document

T = TypeVar("T")
StepEntry = TypeVar("StepEntry", StageEntry, StatusEntry)


@dataclass(frozen=True, slots=True)
class Paper:
    """Where something stands: address or words, title, and when it came out (ms UTC)."""

    source: str
    title: str
    published: Millis | None


@dataclass(slots=True)
class Reading:
    """The file, the moment beyond which a date is refused, and the problems found."""

    document: Document
    now: Millis
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)
    problems: list[ConfigError] = field(default_factory=list)

    def refuse(self, problem: str, hint: str, *place: Step) -> None:
        """Note a problem at its place; the same one twice is one."""
        error = ConfigError(problem, where=self.document.where(*place), hint=hint)
        if str(error) not in {str(other) for other in self.problems}:
            self.problems.append(error)

    def entry(self, kind: type[T], *place: Step) -> T | None:
        """Return the entry at `place`; None, with the problem noted, where it is none."""
        try:
            return self.document.convert(kind, *place)
        except ConfigError as error:
            self.problems.append(error)
            return None

    def entries(self, kind: type[T], section: str) -> list[tuple[T, tuple[Step, ...]]]:
        """Return the entries of a section that is a list, each with its place."""
        found: list[tuple[T, tuple[Step, ...]]] = []
        for index in range(len(self.document.data.get(section) or ())):
            entry = self.entry(kind, section, index)
            if entry is not None:
                found.append((entry, (section, index)))
        return found

    def steps(
        self, entries: Iterable[StepEntry], *place: Step
    ) -> list[tuple[StepEntry, Millis, Paper]]:
        """Return dated steps with their papers; they must come oldest first."""
        steps: list[tuple[StepEntry, Millis, Paper]] = []
        for index, entry in enumerate(entries):
            since = self.moment(entry.since, *place, index, "since")
            paper = self.paper(entry.source, *place, index, "source")
            if steps and since < steps[-1][1]:
                self.refuse("earlier than the step before", "put the oldest first", *place, index)
            steps.append((entry, since, paper))
        return steps

    def paper(self, name: str, *place: Step) -> Paper:
        """Return the paper of a source's short name or address."""
        source = self.sources.get(name)
        if source is None:
            if name.startswith(("https://", "http://")):
                return Paper(name, name, None)
            names = nearest(name, list(self.sources))
            mend = f"give an https address or a name of `sources`: {names}"
            self.refuse(f"no source `{name}` in this file", mend, *place)
            return Paper("", "", None)
        published = None
        if source.published is not None:
            published = self.moment(source.published, "sources", name, "published")
        return Paper(source.url or source.title, source.title, published)

    def check_sources(self) -> None:
        """Refuse what is no web address among the sources."""
        for name, source in self.sources.items():
            self.check_address(source.url, "sources", name, "url")

    def check_address(self, url: str | None, *place: Step) -> None:
        """Refuse what is no web address; None is fine."""
        if url is not None and not url.startswith(("https://", "http://")):
            self.refuse(f"`{url}` is no web address", "begin it with https://", *place)

    def moment(self, day: date, *place: Step) -> Millis:
        """Return a date that must not lie in the future."""
        moment = midnight(day)
        if moment > self.now:
            self.refuse(f"{day} is in the future", "date it when it was true", *place)
        return moment


def midnight(day: date) -> Millis:
    """Return a date's midnight UTC."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
