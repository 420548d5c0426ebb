"""What the desk may ask of the step around it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from alerts.desk.matching import Subject
from alerts.model import Severity, Transition
from monitor.domain.events import Reading
from monitor.domain.windows import Exchange


class Surroundings(Protocol):
    """The step, as the desk sees it."""

    @property
    def exchange(self) -> Exchange:
        """Return the exchange's calendar."""
        ...

    @property
    def shadows(self) -> Collection[str]:
        """Return the rules that only try what they would say, by id."""
        ...

    def says_nothing(self, last: Transition) -> bool:
        """Tell whether nobody is told of a fire: its rule is over, or had its one turn."""
        ...

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of what a rule watches."""
        ...

    def judged_by(self, last: Transition) -> Reading:
        """Return what an alert is judged by now: the value, or what its rule makes of that."""
        ...

    def inputs_of(self, subject: Subject) -> Iterable[str]:
        """Return the instruments that an alert rests on, all values of an expression included."""
        ...

    def decided(self, subject: Subject) -> bool:
        """Tell whether an alert is of an expression that its known values decide by themselves."""
        ...

    def only_source(self, instrument: str) -> str:
        """Return who alone has told an instrument; empty where nobody or several have."""
        ...

    def dependents_of(self, instrument: str) -> tuple[int, Severity] | None:
        """Return how many alerts rest on an instrument, and the loudest severity; None: none."""
        ...

    def rehearsal(self, rule: str, key: str, now: int) -> Transition | None:
        """Return what a rule would say if it fired now; None where it has no such subject."""
        ...

    def subjects(self) -> Iterable[Subject]:
        """Return every alert there may be, whether it fires or not."""
        ...
