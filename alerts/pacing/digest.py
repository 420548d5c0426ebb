"""Several alerts in one message: a line each, and how many more there are.

A line names its alert and the transition it stands for, so that a reader gets from the digest to
the single alert: its retained state, or `hashhedge explain alert` with the id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.forms import owner_of
from alerts.model import AlertState, Line, Severity, Transition
from alerts.pacing.severities import LOUDNESS

MAX_LINES = 100
"""A digest of all lines stays well under the size of one message."""
MAX_BEYOND = 1_000
"""So many names take some 30 KB, as the lines do; a record is written whole whenever it changes."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Lines in the order in which the alerts came, and the names of further alerts.

    An alert has one line; what it does next rewrites it. One beyond the lines has its name, so
    that it is counted once whatever it does next.

    Attributes:
        lines: one for each alert, at most `MAX_LINES`.
        more: how many further alerts there are.
        beyond: their names, at most `MAX_BEYOND`; a record that an earlier release wrote has none.
        at_least: whether there are still more, which nobody counts: without names nobody can tell
            them from those that came before.

    """

    lines: tuple[Line, ...] = ()
    more: int = 0
    beyond: tuple[str, ...] = ()
    at_least: bool = False

    def __len__(self) -> int:
        """Return the number of alerts; where `at_least`, of those that were counted."""
        return len(self.lines) + self.more

    @property
    def severity(self) -> Severity:
        """Return the loudest among the lines, info for none."""
        severities = (line.severity for line in self.lines)
        return max(severities, key=LOUDNESS.__getitem__, default=Severity.INFO)

    def with_line(self, line: Line) -> Digest:
        """Return the digest with an alert's line added, or rewritten if it has one."""
        for place, known in enumerate(self.lines):
            if (known.rule, known.key) == (line.rule, line.key):
                lines = (*self.lines[:place], line, *self.lines[place + 1 :])
                return replace(self, lines=lines)
        name = name_of(line)
        if len(self.lines) >= MAX_LINES:
            return self.with_name(name)
        lines = (*self.lines, line)
        if name not in self.beyond:
            return replace(self, lines=lines)
        beyond = tuple(it for it in self.beyond if it != name)
        return replace(self, lines=lines, beyond=beyond, more=self.more - 1)

    def with_all(self, other: Digest) -> Digest:
        """Return the digest with the alerts of a later one; an alert of both is one alert."""
        digest = self
        for line in other.lines:
            digest = digest.with_line(line)
        named = {name_of(line) for line in digest.lines}
        for name in other.beyond:
            digest = digest if name in named else digest.with_name(name)
        nameless = other.more - len(other.beyond)
        at_least = digest.at_least or other.at_least
        return replace(digest, more=digest.more + nameless, at_least=at_least)

    def with_name(self, name: str) -> Digest:
        """Return the digest with an alert that it has no line of, and gives none."""
        if self.at_least or name in self.beyond:
            return self
        if len(self.beyond) >= MAX_BEYOND:
            return replace(self, at_least=True)
        return replace(self, more=self.more + 1, beyond=(*self.beyond, name))


NO_LINES = Digest()


def apart(transition: Transition) -> str:
    """Return what a name begins with that keeps the notices of one user's own rules from the others'."""
    owner = owner_of(transition.rule) or transition.inbox
    return f"{owner}|" if owner else ""


def name_of(line: Line) -> str:
    """Return the name of the alert that a line is about."""
    return f"{line.rule}|{line.key}"


def digest_of(notice: Transition) -> Digest:
    """Return what a notice says by itself: of several alerts, each one's line."""
    if notice.lines:
        return Digest(notice.lines, notice.more)
    return Digest((line_of(notice),))


def line_of(transition: Transition) -> Line:
    """Return the line of a transition."""
    return Line(
        id=transition.id,
        rule=transition.rule,
        key=transition.key,
        severity=transition.severity,
        state=transition.to_state,
        at=transition.at,
        value=transition.value,
        unit=transition.unit,
        summary=transition.summary,
        acked=transition.ack is not None and transition.to_state is AlertState.FIRING,
    )
