"""What the rules say of pace: how often each is told, until when, and whom its chain tells. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from alerts.model import News
from alerts.pacing.escalation import Escalation
from alerts.pacing.notify import PLAIN, Notify, PaceBook
from alerts.pacing.trigger import Trigger
from alerts.rules.base import Rule
from alerts.rules.life import Mode
from monitor.core.clock import Millis

_NEWS = frozenset(News)

SessionOf: TypeAlias = Callable[[Millis], Millis]
"""The trading session of a moment, by its opening, ms UTC."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says of pace, with the chain it names."""

    notify: Notify
    chain: Escalation | None = None

    def over(self, now: Millis) -> bool:
        """Tell whether the rule has expired."""
        expires_at = self.notify.expires_at
        return expires_at is not None and now >= expires_at

    def session(self, session_of: SessionOf, now: Millis) -> Millis:
        """Return the session of now if it matters; a calendar need not know each moment."""
        return session_of(now) if self.notify.trigger is Trigger.ONCE_PER_SESSION else 0


_PLAIN = Terms(PLAIN)


class AllTerms:
    """The terms of all rules of a book.

    Attributes:
        expiring: the rules whose end is told, by id.

    """

    def __init__(self, book: PaceBook, rules: Iterable[Rule]) -> None:
        chains = {chain.name: chain for chain in book.escalations}
        own = book.notify
        self._shared = None if own is None else Terms(own, chains.get(own.escalate))
        told = {rule.id: (rule, rule.notify) for rule in rules if rule.notify is not None}
        self._of = {name: Terms(it, chains.get(it.escalate)) for name, (_, it) in told.items()}
        self.expiring = {
            name: rule
            for name, (rule, notify) in told.items()
            if notify.expires and rule.mode is not Mode.SHADOW
        }

    def of(self, rule: str) -> Terms | None:
        """Return the terms of a rule; what is told without one, a dead feed, has none."""
        return self._of.get(rule, None if rule in _NEWS else self._shared)

    def of_alert(self, name: str) -> Terms:
        """Return the terms of an alert, by its name `rule|key`; plain ones where its rule has none."""
        return self.of(name.partition("|")[0]) or _PLAIN

    def expired(self, rule: str, moment: Millis) -> bool:
        """Tell whether a rule says nothing any more of what begins at `moment`."""
        return rule in self.expiring and self._of[rule].over(moment)
