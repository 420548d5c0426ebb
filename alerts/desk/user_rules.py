"""The rules of users: set and removed by command, bounded, kept with the rest of the memory. Hop 5, pure.

What is kept is the rule as it was written, so that a later version of the program reads it anew.
It is at work as `<owner>.<id>`. A change is kept in the commit of its command and is at work once
the rules have been bound anew, which is done beside the road of the ticks: until then `stale`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec

from alerts.forms import OWNER, OWNER_FORM, owned_id
from alerts.model import Severity
from alerts.rules.base import Rule
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import (
    MAX_LISTED,
    Command,
    RemoveRule,
    Reply,
    SetRule,
    done,
    refused,
)

MAX_RULE_BYTES = 4_096
"""Of one rule as JSON: half of what a command may have."""
MAX_RULE_ID = 58
"""Of a user's rule: with owner and point it must fit where the id of an alert's rule is written."""


class UserRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of one user, as it is kept.

    Attributes:
        owner: whose.
        id: by which the owner knows it.
        at: event time at which it was set, ms UTC.
        rule: as a rulebook writes it.

    """

    owner: str
    id: str
    at: int
    rule: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the id under which it is at work."""
        return owned_id(self.owner, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLimits:
    """How much users may ask for.

    Attributes:
        each: rules of one user.
        total: rules of all users.
        loudest: severity of a user's rule: a critical one goes through quiet times that others
            have set, so who runs the service must have allowed it.

    """

    each: int = 50
    total: int = 10_000
    loudest: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Bench:
    """Kept rules made into rules.

    Attributes:
        rules: those that can work.
        broken: why others cannot, by the id at work.

    """

    rules: tuple[Rule, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)


class Reviewer(Protocol):
    """Reads what users wrote, and holds it to what a rulebook is held to."""

    def one(self, written: UserRule) -> tuple[Rule, list[str]]:
        """Return the rule, and what of it may be a slip.

        Raises:
            ConfigError: it cannot work.

        """
        ...

    def every(self, written: Iterable[UserRule]) -> Bench:
        """Return the rules that can work, and why others cannot."""
        ...


class UserRules:
    """The rules of all users, and those of them that are at work."""

    def __init__(
        self, reviewer: Reviewer, limits: UserLimits, bound: Mapping[str, UserRule]
    ) -> None:
        """Take those that the step is bound with; `restore` says which are kept by now."""
        self._reviewer, self._limits = reviewer, limits
        self.bound = dict(bound)
        self.bench = reviewer.every(self.bound.values())
        self.kept = dict(bound)
        self.stale = False
        self._changed: dict[str, UserRule | None] = {}

    def of(self, owner: str) -> list[UserRule]:
        """Return the rules of one user, the oldest first."""
        mine = (rule for rule in self.kept.values() if rule.owner == owner)
        return sorted(mine, key=lambda rule: (rule.at, rule.id))

    def same_as(self, before: UserRules) -> set[str]:
        """Return the ids at work of those that say the same as `before`, by the same books."""
        return {name for name, rule in self.bound.items() if before.bound.get(name) == rule}

    def at_work(self, name: str) -> frozenset[str]:
        """Return the ids of the rules that one kept rule stands for, as they are bound."""
        mine = (rule for rule in self.bench.rules if rule.id == name)
        return frozenset(each.id for rule in mine for each in rule.expanded())

    # ---------------------------------------------------------------- what is asked

    def do(self, command: Command, firing: Iterable[str], now: int) -> Reply:
        """Set or remove a rule of who asks; `firing` are alerts, of which its own would end."""
        fault = command_fault(command)
        if fault:
            return refused(command, now, fault)
        if not OWNER.fullmatch(command.by):
            return refused(command, now, f"`{command.by}` is no name of a user", OWNER_FORM)
        match command.action:
            case SetRule() as wish:
                return self._set(command, wish.rule, firing, now)
            case RemoveRule() as wish:
                return self._remove(command, wish.rule, firing, now)
            case _:
                return refused(command, now, "this is not about the rules of users")

    def _set(
        self, command: Command, body: Mapping[str, Any], firing: Iterable[str], now: int
    ) -> Reply:
        wanted = UserRule(owner=command.by, id=str(body.get("id", "")), at=now, rule=body)
        try:
            rule, doubts = self._admitted(wanted)
        except ConfigErrors as errors:
            return refused(command, now, why(errors))
        except ConfigError as error:
            return refused(command, now, error.message, error.hint)
        reply = replace(done(command, now, ""), made=wanted.name)
        said = "; ".join((wanted.name, *(f"doubt: {doubt}" for doubt in doubts)))
        before = self.kept.get(wanted.name)
        if before is not None and before.rule == body:
            return replace(reply, text=f"set already: {said}")
        ends = () if before is None or self._goes_on(before, rule) else _of(wanted.name, firing)
        reply = _ending(reply, ends)
        if command.dry_run:
            return replace(reply, text=f"would {'set' if before is None else 'change'} {said}")
        self._keep(wanted.name, wanted)
        return replace(reply, text=f"{'set' if before is None else 'changed'} {said}")

    def _admitted(self, wanted: UserRule) -> tuple[Rule, list[str]]:
        """Return a rule that may be kept, and what of it may be a slip.

        Raises:
            ConfigError: it cannot work, or is one too many.

        """
        size = len(msgspec.json.encode(wanted.rule))
        if size > MAX_RULE_BYTES:
            problem = f"the rule has {size:,} bytes as JSON; at most {MAX_RULE_BYTES:,}"
            raise ConfigError(problem, hint="shorten its texts")
        found = self._reviewer.one(wanted)
        if len(wanted.id) > MAX_RULE_ID:
            problem = (
                f"id `{wanted.id}` has {len(wanted.id)} characters; a user's at most {MAX_RULE_ID}"
            )
            raise ConfigError(problem, hint="shorten it")
        if wanted.name not in self.kept:
            self._make_room(wanted.owner)
        return found

    def _goes_on(self, before: UserRule, rule: Rule) -> bool:
        """Tell whether a rule decides as it did before, so that its alerts go on."""
        old = self._reviewer.every([before]).rules
        return bool(old) and old[0].version == rule.version

    def _make_room(self, owner: str) -> None:
        """Refuse one more rule where a limit is reached.

        Raises:
            ConfigError: it says which limit, and what to remove.

        """
        mine, most, total = self.of(owner), self._limits.each, self._limits.total
        name = mine[0].id if mine else "ID"
        remove = f"hashhedge rules remove --user {owner} {name} removes the oldest"
        if len(mine) >= most:
            problem = f"{owner} has {len(mine)} rules, and a user may have {most}"
            raise ConfigError(problem, hint=remove)
        if len(self.kept) >= total:
            problem = f"users have {len(self.kept)} rules, and may have {total} together"
            raised = "who runs the service may raise HASHHEDGE_USER_RULES_TOTAL"
            raise ConfigError(problem, hint=f"{remove}; {raised}" if mine else raised)

    def _remove(self, command: Command, ident: str, firing: Iterable[str], now: int) -> Reply:
        name = owned_id(command.by, ident)
        if name not in self.kept:
            known = ", ".join(f"`{rule.id}`" for rule in self.of(command.by)) or "none"
            fault = f"{command.by} has no rule `{ident}`"
            return refused(command, now, fault, f"there are: {known}")
        reply = _ending(replace(done(command, now, ""), made=name), _of(name, firing))
        if command.dry_run:
            return replace(reply, text=f"would remove {name}")
        self._keep(name, None)
        return replace(reply, text=f"removed {name}")

    # ---------------------------------------------------------------- memory

    def _keep(self, name: str, rule: UserRule | None) -> None:
        self._changed[name] = rule
        if rule is None:
            del self.kept[name]
        else:
            self.kept[name] = rule
        self.stale = self.kept != self.bound

    def restore(self, saved: Mapping[str, UserRule]) -> None:
        """Take back what is kept."""
        self.kept = dict(saved)
        self.stale = self.kept != self.bound

    def take(self) -> dict[str, UserRule | None]:
        """Return what changed since the last call, by the id at work; None removes one."""
        taken, self._changed = self._changed, {}
        return taken


class Nobody:
    """The reviewer where users have no rules: in a backtest, in a trial."""

    def one(self, written: UserRule) -> tuple[Rule, list[str]]:
        """Refuse it.

        Raises:
            ConfigError: always.

        """
        raise ConfigError("rules of users are not kept here", where=written.name)

    def every(self, written: Iterable[UserRule]) -> Bench:
        """Return none."""
        del written
        return Bench()


def no_user_rules() -> UserRules:
    """Return what is there where users have no rules."""
    return UserRules(Nobody(), UserLimits(), {})


def why(error: ConfigError) -> str:
    """Return what is wrong and how to mend it, without the place: what was sent has none."""
    if isinstance(error, ConfigErrors):
        return "; ".join(map(why, error.problems))
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _of(name: str, alerts: Iterable[str]) -> list[str]:
    return sorted(alert for alert in alerts if alert.startswith(f"{name}|"))


def _ending(reply: Reply, ends: Iterable[str]) -> Reply:
    """Return an answer with the alerts that end by it."""
    names = tuple(ends)
    return replace(reply, matches=names[:MAX_LISTED], matched=len(names), firing=len(names))
