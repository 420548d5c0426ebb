"""The revised figures of one shard: which versions there were, and what has to be saved. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain.events import Quality, Quote
from monitor.domain.revisions import Revised, Standing, Version

UNHEARD = Revised()


class RevisionBook:
    """The figures by instrument and source."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Revised] = {}
        self._changed: dict[tuple[str, str], Revised] = {}
        self._revised: set[str] = set()

    def take(self, quote: Quote, now: int) -> Standing:
        """Take in a figure that names its period; one without is always new."""
        if not quote.period:
            return Standing.NEW
        what = (quote.instrument, quote.source)
        version = Version(format(quote.value.normalize(), "f"), quote.observed_at, now)
        before = self._known.get(what, UNHEARD)
        after, standing = before.taken(quote.period, version)
        if after is not before:
            self._known[what] = self._changed[what] = after
        if standing is Standing.REVISED:
            self._revised.add(quote.instrument)
        return standing

    def standing_of(self, quote: Quote) -> tuple[Quality, str]:
        """Return the quality of a fresh figure: less where it is not what was said first, and why."""
        known = self._known.get((quote.instrument, quote.source), UNHEARD)
        if quote.period and known.is_revised:
            return Quality.DEGRADED, "revised"
        return Quality.OK, ""

    def take_revised(self) -> set[str]:
        """Return the instruments of which a revision came since the last call."""
        taken, self._revised = self._revised, set()
        return taken

    def take_changed(self) -> dict[tuple[str, str], Revised]:
        """Return what changed since the last call, to be committed."""
        taken, self._changed = self._changed, {}
        return taken

    def restore(self, saved: Mapping[tuple[str, str], Revised]) -> None:
        """Take back what was saved."""
        self._known = dict(saved)
