"""Which firing alert mutes another. An inhibitor must itself be firing. Pure.

Beside the entries of the rulebook one holds always: a critical alert mutes the warnings on the same
value of the same subject, of which it is the worse news. A warning on something else of the same
company is not muted: the critical one does not explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.desk.book import Inhibit
from alerts.desk.matching import Subject, meets
from alerts.forms import owner_of, owner_of_alert
from alerts.model import News, Severity

_Place = tuple[int, tuple[str, ...]]
_WORSE = -1
_OWN_NEWS = frozenset(it.value for it in News)
"""Of a value that is dead its alerts are no worse news: that it is unknown they do not say."""


class Inhibition:
    """The firing alerts that may mute others, by what the others must share with them."""

    def __init__(self, entries: Sequence[Inhibit] = ()) -> None:
        self._entries = tuple(entries)
        self._firing: dict[_Place, dict[str, None]] = {}
        self._places: dict[str, tuple[_Place, ...]] = {}

    def set(self, subject: Subject, *, firing: bool) -> bool:
        """Note whether an alert fires now; return whether it stopped muting others.

        What it muted while it was louder, or its rule another one, it mutes no more.
        """
        places = tuple(self._sources(subject)) if firing else ()
        before = self._places.pop(subject.name, ())
        for place in before:
            if place not in places:
                del self._firing[place][subject.name]
                if not self._firing[place]:
                    del self._firing[place]
        for place in places:
            self._firing.setdefault(place, {})[subject.name] = None
        if places:
            self._places[subject.name] = places
        return not set(before).issubset(places)

    def causes_of(self, subject: Subject) -> Iterator[str]:
        """Yield the alerts that mute this one, by name.

        What only one user is told of mutes nothing for the others: they would hear neither.
        """
        known_to_it = {"", owner_of(subject.rule)}
        for place in self._targets(subject):
            for name in self._firing.get(place, ()):
                if name != subject.name and owner_of_alert(name) in known_to_it:
                    yield name

    def _sources(self, subject: Subject) -> list[_Place]:
        found: list[_Place] = []
        if subject.severity is Severity.CRITICAL:
            found.append((_WORSE, (subject.target, subject.key)))
        for number, entry in enumerate(self._entries):
            if meets(entry.source, subject):
                found.append((number, _shared(entry, subject)))
        return found

    def _targets(self, subject: Subject) -> list[_Place]:
        found: list[_Place] = []
        if subject.severity is Severity.WARNING and subject.rule not in _OWN_NEWS:
            found.append((_WORSE, (subject.target, subject.key)))
        for number, entry in enumerate(self._entries):
            # what is a cause itself is muted by no other cause: two would mute each other
            if meets(entry.target, subject) and not meets(entry.source, subject):
                found.append((number, _shared(entry, subject)))
        return found


def _shared(entry: Inhibit, subject: Subject) -> tuple[str, ...]:
    return tuple(str(getattr(subject, name)) for name in entry.equal)
