"""What people ask of the service while it runs, and what it answers. Hop 4 to hop 6.

A command comes as an entry of the `ticks` stream like anything else, so it has its place among the
prices, is done once, survives a crash and is replayed with them. The answer is written in the commit
that did it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

MAX_ID = 100
MAX_WORD = 100
MAX_NOTE = 500
MAX_MATCHERS = 8
MAX_SPAN_MS = 366 * 86_400_000
MAX_MOMENT = 253_402_300_799_000
"""The end of the year 9999, ms UTC: no later moment can be written as a date."""
MAX_LISTED = 100
"""How many alerts an answer names; it counts them all."""


class Place(StrEnum):
    """What a maintenance window may be of."""

    FEED = "feed"
    BROKER = "broker"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSilence:
    """Hide what meets `match` until the moment `until`, ms UTC."""

    match: Mapping[str, str]
    until: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSilence:
    """End a silence before its time."""

    silence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AckAlert:
    """Take an alert on: quiet until it resolves, or until the moment `until`, ms UTC.

    `since` names the episode by its beginning, ms UTC: of a later one nothing is taken on.
    """

    rule: str
    key: str
    note: str = ""
    until: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnackAlert:
    """Give an alert back."""

    rule: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMaintenance:
    """Announce work on a feed or the broker, from `begin` until `until`, ms UTC."""

    place: Place
    feed: str
    begin: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMaintenance:
    """End a maintenance window before its time."""

    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadBooks:
    """Read the rulebook and the other books anew, as SIGHUP does; the answer has the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillAlert:
    """Send a message of a rule as a test; without a key, of its first subject."""

    rule: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRule:
    """Keep a rule of who asks, or put it in the place of theirs of the same id.

    `rule` is what a rulebook would say of it. The owner is the command's `by`, so nobody can touch
    the rules of another whom the road of the command has not let pass for that other.
    """

    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRule:
    """Remove a rule of who asks; `rule` is its id as it was set."""

    rule: str


Action: TypeAlias = (
    AddSilence
    | EndSilence
    | AckAlert
    | UnackAlert
    | AddMaintenance
    | EndMaintenance
    | ReloadBooks
    | DrillAlert
    | SetRule
    | RemoveRule
)

VERBS: Mapping[str, type[Action]] = MappingProxyType(
    {
        "silence.add": AddSilence,
        "silence.end": EndSilence,
        "alert.ack": AckAlert,
        "alert.unack": UnackAlert,
        "maintenance.add": AddMaintenance,
        "maintenance.end": EndMaintenance,
        "rules.reload": ReloadBooks,
        "alert.drill": DrillAlert,
        "rule.set": SetRule,
        "rule.remove": RemoveRule,
    }
)
"""What may be asked, by its word."""
_WORDS = {kind: verb for verb, kind in VERBS.items()}


def verb_of(action: Action) -> str:
    """Return the word that an action is asked for by."""
    return _WORDS[type(action)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One wish.

    Attributes:
        id: chosen by who asks, unique; the same wish sent again has the same and changes nothing
            more. The answer is found by it.
        by: who.
        action: what.
        dry_run: answer what would happen, and change nothing.

    """

    id: str
    by: str
    action: Action
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Some names of many: the first `MAX_LISTED`, and how many there are."""

    total: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadPlan:
    """What a rulebook that was read anew changes.

    Attributes:
        rules: how many rules it has.
        version: the hash of all that it says.
        added: rules that were not there.
        removed: rules that are there no more.
        changed: rules that say something else, be it a text only.
        ends: alerts, as `rule|key`, that end with it: their rule is gone or decides differently.

    """

    rules: int
    version: str
    added: Listed
    removed: Listed
    changed: Listed
    ends: Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What became of reading the books anew.

    Attributes:
        accepted: whether they can be used.
        text: what changes, or what is wrong with them.
        plan: what changes; None of books that are wrong.

    """

    accepted: bool
    text: str
    plan: ReloadPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a command.

    Attributes:
        id: the command's.
        at: event time, ms UTC.
        accepted: whether it was done, or would be.
        text: what was done, or why it was refused.
        hint: how to mend a refusal.
        dry_run: nothing was changed.
        made: the id of the silence or window that it made or ended; else empty.
        matches: the alerts it is about, as `rule|key`, MAX_LISTED at most.
        matched: how many there are.
        firing: how many of them fire.
        plan: what books that were read anew change; None of any other command.
        state: how the alert stands now that it was taken on or given back; else empty.
        by: who asked.
        verb: what was asked, a word of `VERBS`, or of what a shell does by itself: `dlq.remove`.

    """

    id: str
    at: int
    accepted: bool
    text: str
    hint: str = ""
    dry_run: bool = False
    made: str = ""
    matches: tuple[str, ...] = field(default=())
    matched: int = 0
    firing: int = 0
    plan: ReloadPlan | None = None
    state: str = ""
    by: str = ""
    verb: str = ""


def done(command: Command, at: int, text: str) -> Reply:
    """Return the answer to a command that was done at the moment `at`, or would be."""
    return Reply(
        id=command.id,
        at=at,
        accepted=True,
        text=text,
        dry_run=command.dry_run,
        by=command.by,
        verb=verb_of(command.action),
    )


def refused(command: Command, at: int, why: str, hint: str = "") -> Reply:
    """Return the answer to a command that cannot be done, and what would mend it."""
    return replace(done(command, at, why), accepted=False, hint=hint)
