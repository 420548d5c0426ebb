"""Transitions put together to what a person calls an alert: it began, it lasted, it ended. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from alerts.model import AlertState, News, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from monitor.core.clock import Millis

_FIRES = frozenset({AlertState.FIRING, AlertState.NOTED})
_OVER = frozenset({AlertState.RESOLVED, AlertState.INACTIVE})
_OF_SEVERAL = frozenset({News.DIGEST.value, News.OVERFLOW.value})
_OF_ALERTS = _OF_SEVERAL | {News.SILENCE.value, News.MAINTENANCE.value}
"""What speaks of alerts, or of when they are quiet, and is none itself."""
_NO_FIRES = frozenset({Reason.LATE, Reason.EXPIRED})


@dataclass(slots=True)
class Episode:
    """One alert from its fire to its end.

    Attributes:
        id: of the transition with which it fired.
        rule: its rule.
        key: its subject.
        severity: as it began.
        at: when it fired, ms UTC.
        value: of its input then.
        muted_by: why nobody was told of the fire, neither then nor later; empty: somebody was.
        told_by: what told of it first, be it the fire, the alert's later word, or a notice that
            spoke of several; None: nothing did.
        end: when it was over, None: it fires still.

    """

    id: str
    rule: str
    key: str
    severity: Severity
    at: Millis
    value: float | None
    muted_by: str
    told_by: Transition | None = None
    end: Millis | None = None


@dataclass(slots=True)
class Episodes:
    """All that fired, in order of time.

    Attributes:
        done: every episode.
        told: how many messages each rule sent: fires, ends, repeats.

    """

    done: list[Episode] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    _open: dict[str, Episode] = field(default_factory=dict)
    _quiet: dict[str, Episode] = field(default_factory=dict)
    """Those that nobody heard of yet, by the id of each of their changes: a line may stand for any."""
    _lost: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Losses of a value that nobody heard of yet: rule, key and what kept them quiet, by id."""
    _missing: dict[str, str] = field(default_factory=dict)
    """The last of these of each alert that still has no value."""
    _silenced: dict[tuple[str, str], list[Episode]] = field(default_factory=dict)

    @property
    def unheard(self) -> dict[str, Counter[str]]:
        """Return how often each rule's value was lost and nobody was told, neither then nor later.

        By what kept that quiet.
        """
        found: dict[str, Counter[str]] = {}
        for rule, _, muted_by in self._lost.values():
            found.setdefault(rule, Counter())[muted_by] += 1
        return found

    def alerts(self) -> list[Episode]:
        """Return the episodes of alerts, without the messages that speak of several of them."""
        return [it for it in self.done if it.rule not in _OF_ALERTS]

    def take(self, it: Transition) -> None:
        """Take the next transition, told or not.

        A fire that was held or muted counts as told from the moment at which people hear of it: by
        what its alert says while it fires, or by a line of a digest or of a cap's summary, or as
        what a silence hides or hid. A line that was rewritten before it was told stands for its
        last change alone.
        """
        if it.told:
            self.told[it.rule] = self.told.get(it.rule, 0) + 1
        elif it.notice is NoticeReason.NO_DATA and it.muted_by and it.id not in self._lost:
            self._lost[it.id] = (it.rule, it.key, it.muted_by)
        if it.test or it.reason in _NO_FIRES:
            return
        if not it.echo:
            self._follow(it)
        if it.told:
            self._tell(it)

    def _follow(self, it: Transition) -> None:
        if it.id in self._lost:
            self._missing[it.name] = it.id
        elif it.to_state is not AlertState.NO_DATA:
            self._missing.pop(it.name, None)
        known = self._open.get(it.name)
        if it.to_state in _FIRES and known is None:
            known = self._begin(it)
        elif known is not None and it.to_state in _OVER:
            known.end = it.at
            del self._open[it.name]
        if known is not None and known.muted_by:
            self._quiet[it.id] = known

    def _begin(self, it: Transition) -> Episode:
        began = Episode(it.id, it.rule, it.key, it.severity, it.at, it.value, it.muted_by)
        began.told_by = it if it.told else None
        self.done.append(began)
        if it.to_state is AlertState.FIRING:
            self._open[it.name] = began
        else:
            began.end = it.at
        if it.muted_by.startswith("silence:"):
            self._silenced.setdefault((it.name, it.muted_by), []).append(began)
        return began

    def _tell(self, it: Transition) -> None:
        """Note of which fires a message tells."""
        if it.rule in _OF_SEVERAL:
            for line in it.lines:
                if line.state is AlertState.NO_DATA:
                    self._hear_of_loss(line.id, f"{line.rule}|{line.key}")
                if line.state in _FIRES or line.state is AlertState.RESOLVED:
                    fires = line.state is AlertState.FIRING
                    self._hear(line.id, f"{line.rule}|{line.key}" if fires else "", it)
        elif it.rule == News.SILENCE.value:
            self._tell_hidden(it)
        elif it.to_state is AlertState.NO_DATA:
            self._hear_of_loss(it.id, it.name)
        elif it.to_state in _FIRES:
            self._hear(it.id, it.name, it)

    def _tell_hidden(self, it: Transition) -> None:
        """Note what a silence is said to hide: before its end what fires, at its end what it hid."""
        for name in it.members:
            if it.notice is NoticeReason.REMINDER:
                self._hear("", name, it)
                continue
            for episode in self._silenced.pop((name, f"silence:{it.key}"), ()):
                _heard(episode, it)
        if it.notice is NoticeReason.SUMMARY:
            hid = {(*name.split("|", 1), f"silence:{it.key}") for name in it.members}
            self._lost = {name: loss for name, loss in self._lost.items() if loss not in hid}

    def _hear(self, change: str, firing: str, by: Transition) -> None:
        """Note that the episode of a change is told of, or else the one of an alert that fires."""
        episode = self._quiet.get(change) or self._open.get(firing)
        if episode is not None:
            _heard(episode, by)

    def _hear_of_loss(self, change: str, name: str) -> None:
        """Note that people are told that an alert has no value."""
        if self._lost.pop(change, None) is None:
            self._lost.pop(self._missing.get(name, ""), None)


def _heard(episode: Episode, by: Transition) -> None:
    if episode.told_by is None:
        episode.told_by, episode.muted_by = by, ""
