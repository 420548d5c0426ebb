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


@dataclass(frozen=True, slots=True)
class Digest:
    """Lines in the order in which the alerts came, and the number of further alerts.

    An alert has one line; what it does next rewrites it.
    """

    lines: tuple[Line, ...] = ()
    more: int = 0

    def __len__(self) -> int:
        """Return the number of alerts."""
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
        if len(self.lines) >= MAX_LINES:
            return replace(self, more=self.more + 1)
        return replace(self, lines=(*self.lines, line))

    def with_notice(self, notice: Transition) -> Digest:
        """Return the digest with what a notice says: of several alerts, each one's line."""
        digest = self if notice.lines else self.with_line(line_of(notice))
        for line in notice.lines:
            digest = digest.with_line(line)
        return replace(digest, more=digest.more + notice.more)


NO_LINES = Digest()


def apart(transition: Transition) -> str:
    """Return what a name begins with that keeps the notices of one user's own rules from the others'."""
    owner = owner_of(transition.rule) or transition.inbox
    return f"{owner}|" if owner else ""


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
