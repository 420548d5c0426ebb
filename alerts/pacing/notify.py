"""What the rulebook says of pace: the `notify:` block of a rule, and what rules share. Frozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import msgspec

from alerts.pacing.capping import Cap
from alerts.pacing.escalation import Escalation
from alerts.pacing.flapping import Flap
from alerts.pacing.grouping import Group
from alerts.pacing.repeating import Repeat
from alerts.pacing.trigger import Trigger, expiry_ms
from monitor.core.clock import Millis
from monitor.core.durations import duration_ms
from monitor.core.mends import nearest

Named = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,63})?$")]


class Notify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often the alerts of a rule are told.

    Attributes:
        family: rules of one family may share a group; the rule's id if not given.
        trigger: which fires are told.
        expires: a day or a moment after which nothing is told any more; empty: never.
        cooldown: least time between two fire notices of one alert.
        flap: when it counts as flapping; none: never.
        repeat: how it is repeated until somebody acknowledges; none: not at all.
        group: the name of a group; empty: told by itself.
        escalate: the name of an escalation; empty: nobody else is told.

    """

    family: Named = ""
    trigger: Trigger = Trigger.EVERY
    expires: str = ""
    cooldown: str = "0s"
    flap: Flap | None = None
    repeat: Repeat | None = None
    group: Named = ""
    escalate: Named = ""

    def __post_init__(self) -> None:
        """Refuse a pause that is no duration and an end that is no moment."""
        duration_ms(self.cooldown)
        if self.expires:
            expiry_ms(self.expires)

    @property
    def cooldown_ms(self) -> Millis:
        """Return `cooldown` in milliseconds."""
        return duration_ms(self.cooldown)

    @property
    def expires_at(self) -> Millis | None:
        """Return the moment after which nothing is told, ms UTC."""
        return expiry_ms(self.expires) if self.expires else None


PLAIN = Notify()
"""Each fire is told, once, by itself."""


class PaceBook(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules of a book share.

    Attributes:
        notify: for the rules that have no such block of their own.
        groups: by unique name.
        caps: by unique name; every notice meets all of them.
        escalations: by unique name.

    """

    notify: Notify | None = None
    groups: tuple[Group, ...] = ()
    caps: tuple[Cap, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name given twice, and an end for all rules at once."""
        if self.notify is not None and self.notify.expires:
            raise ValueError("`expires` is of one rule; write it in the `notify` of that rule")
        for word, names in (
            ("groups", [item.name for item in self.groups]),
            ("caps", [item.name for item in self.caps]),
            ("escalations", [item.name for item in self.escalations]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{word}: the name `{twice}` is used twice")

    def faults(self, notify: Notify) -> Iterator[tuple[str, str]]:
        """Yield (problem, hint) for each name in a block that the book does not know."""
        yield from _unknown("group", notify.group, (item.name for item in self.groups))
        yield from _unknown("escalate", notify.escalate, (item.name for item in self.escalations))


NO_PACE = PaceBook()
"""Each alert is told as it comes."""


def _unknown(key: str, name: str, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    names: Sequence[str] = tuple(known)
    if name and name not in names:
        home = "groups" if key == "group" else "escalations"
        hint = nearest(name, names) if names else f"add it under `{home}:`, or leave `{key}` out"
        yield f"notify: `{key}` names `{name}`, which is not under `{home}:`", hint
