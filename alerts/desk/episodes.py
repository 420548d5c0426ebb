"""The least and the greatest value of each alert's episode, from its first moment to its end."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.desk.extremes import Extremes
from alerts.desk.ledger import Ledger
from alerts.model import Transition
from monitor.domain.events import Quality

_USABLE = frozenset(quality.word for quality in Quality if quality.usable)


class Episodes:
    """The episodes under way, by what they watch."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._running: dict[str, dict[str, int]] = {}
        self._followed: dict[str, dict[str, str]] = {}

    def followed(self, target: str) -> Iterable[str]:
        """Return the companies on whose value of `target` an episode runs; '' for one of none."""
        return self._followed.get(target, ())

    def restore(self, running: Iterable[tuple[str, str, str, int]]) -> None:
        """Take back the live alerts: (name, target, company, since); drop what none needs."""
        for name, target, company, since in running:
            self._follow(name, target, company, since)
        for place in [place for place in self._ledger.extremes if place not in self._running]:
            self._ledger.keep_extremes(place, None)

    def see(self, target: str, company: str, value: float, now: int) -> None:
        """Take a usable value at event time `now`."""
        place = self._followed.get(target, {}).get(company)
        if place is not None:
            self._see(place, value, now)

    def changed(self, transition: Transition) -> None:
        """Take a change of a live alert; its first begins the episode."""
        company = transition.labels.get("company", "")
        place = self._follow(transition.name, transition.target, company, transition.since)
        known = self._ledger.extremes.get(place, Extremes())
        begun = known.begun(transition.since)
        if begun is not known:
            self._ledger.keep_extremes(place, begun)
        self._see_in(transition, place)

    def ended(self, transition: Transition) -> tuple[float | None, float | None]:
        """Take the end of an episode; return the least and the greatest value in it."""
        company = transition.labels.get("company", "")
        place = _place(transition.target, company)
        running = self._running.get(place, {})
        if transition.name not in running:
            return None, None
        self._see_in(transition, place)
        found = self._found(place, transition.since)
        del running[transition.name]
        if running:
            known = self._ledger.extremes.get(place, Extremes())
            self._ledger.keep_extremes(place, known.kept(list(running.values())))
            return found
        del self._running[place]
        followed = self._followed[transition.target]
        del followed[company]
        if not followed:
            del self._followed[transition.target]
        self._ledger.keep_extremes(place, None)
        return found

    def _found(self, place: str, since: int) -> tuple[float | None, float | None]:
        """Return the extremes since a beginning; unknown if it was not seen, before an upgrade."""
        known = self._ledger.extremes.get(place)
        return known.since(since) if known and since in known.starts else (None, None)

    def _follow(self, name: str, target: str, company: str, since: int) -> str:
        place = _place(target, company)
        self._running.setdefault(place, {})[name] = since
        self._followed.setdefault(target, {})[company] = place
        return place

    def _see_in(self, transition: Transition, place: str) -> None:
        if transition.value is not None and transition.quality in _USABLE:
            self._see(place, transition.value, transition.at)

    def _see(self, place: str, value: float, now: int) -> None:
        known = self._ledger.extremes.get(place)
        if known is None:
            return
        seen = known.seen(now, value)
        if seen is not known:
            self._ledger.keep_extremes(place, seen)


def _place(target: str, company: str) -> str:
    return f"{target}|{company}"
