"""YAML to validated rules. A rule that cannot be used is refused with file, line and mend.

The rule types are found by their place and handed in, so a new type is one new file. A `.json`
rulebook of the same shape is read without line numbers and about a hundred times faster; it is
meant for rules that a program writes, by the hundred thousand.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.model import News
from alerts.rule_checks import check_parts, has_parts
from alerts.rule_text import decode_file, raise_all, read_file
from alerts.rules.base import Rule
from alerts.rules.written import said_by
from alerts.series import Target
from monitor.core.errors import ConfigError
from monitor.core.mends import Place, nearest
from monitor.domain.agenda import NO_EVENTS, Agenda
from monitor.domain.sessions import SessionState


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one file, in its order.

    Attributes:
        rules: with unique ids.
        name: the file.
        lines: the line of each place in the file, none of a JSON rulebook.
        desk: what it says of telling: quiet times, inhibition, dead inputs.

    """

    rules: tuple[Rule, ...]
    name: str = ""
    lines: Mapping[Place, int] = field(default_factory=dict)
    desk: DeskBook = NOTHING_SAID

    @property
    def version(self) -> str:
        """Return a short hash of all that it says, texts included."""
        digest = hashlib.blake2b(digest_size=6)
        digest.update(msgspec.json.encode(self.desk))
        for rule in self.rules:
            digest.update(msgspec.json.encode(rule))
        return digest.hexdigest()

    def where(self, number: int, *inner: str) -> str:
        """Return `file:line` of rule `number`, or of the field `inner` of it."""
        place: Place = ("rules", number, *inner)
        while len(place) > 1:
            if place in self.lines:
                return f"{self.name}:{self.lines[place]}"
            place = place[:-1] if len(place) > 2 else ()  # noqa: PLR2004  # `rules` and the number
        return f"{self.name}: {number}"


_NEWS = frozenset(News)


def load_rulebook(path: Path, types: Sequence[type[Rule]]) -> Rulebook:
    """Read the rulebook at `path`, whose rules may be of `types`.

    Raises:
        ConfigError: no such file, no YAML, an unknown key or type, a wrong value, an id twice.

    """
    said = read_file(path, types)
    book = Rulebook(said.rules, str(path), said.lines, said.desk)
    raise_all(faults_within(book))
    return book


def faults_within(book: Rulebook) -> list[ConfigError]:
    """Return what is wrong with a book whatever there is to watch."""
    return [*_check_ids(book), *_check_pace(book)]


def _check_ids(book: Rulebook) -> list[ConfigError]:
    problems: list[ConfigError] = []
    seen: set[str] = set()
    for number, rule in enumerate(book.rules):
        if rule.id in _NEWS:
            problem = f"rule id `{rule.id}` is taken by the news of the books"
            hint = "ids name topics and alerts; give the rule another one"
            problems.append(ConfigError(problem, where=book.where(number), hint=hint))
        if rule.id in seen:
            problem = f"rule id `{rule.id}` is used twice"
            hint = "ids name topics and alerts, so each rule needs its own"
            problems.append(ConfigError(problem, where=book.where(number, "id"), hint=hint))
        seen.add(rule.id)
    return problems


def _check_pace(book: Rulebook) -> list[ConfigError]:
    """Return the groups and escalations that are named and not there."""
    shared = book.desk.pace.notify
    blocks = [] if shared is None else [(book.name, shared)]
    blocks += [
        (book.where(number, "notify"), rule.notify)
        for number, rule in enumerate(book.rules)
        if rule.notify is not None
    ]
    return [
        ConfigError(problem, where=where, hint=hint)
        for where, notify in blocks
        for problem, hint in book.desk.pace.faults(notify)
    ]


def check_rulebook(
    book: Rulebook, targets: Mapping[str, Target], agenda: Agenda = NO_EVENTS
) -> list[ConfigError]:
    """Return what is wrong with the rules in the light of what there is to watch, and to expect."""
    found: list[ConfigError] = []
    known = agenda.names
    for number, rule in enumerate(book.rules):
        manner, target = rule.manner, targets.get(rule.on)
        if manner.exclude or manner.require:
            found += _check_events(book, number, known)
        if target is None:
            found.append(
                ConfigError(
                    f"rule `{rule.id}` watches `{rule.on}`, which is no metric and no instrument",
                    where=book.where(number, "on"),
                    hint=nearest(rule.on, list(targets)),
                )
            )
        elif target.refused:
            problem = f"rule `{rule.id}` watches `{rule.on}`, which no rule may"
            found.append(ConfigError(problem, where=book.where(number, "on"), hint=target.refused))
        else:
            if manner.sessions is not None:
                found += _check_sessions(book, number, target)
            if manner.companies != "all":
                found += _check_companies(book, number, target)
            if has_parts(rule):
                found += check_parts(rule, partial(book.where, number), target, targets)
    return found


def _check_events(book: Rulebook, number: int, known: Collection[str]) -> list[ConfigError]:
    """Return the events of a rule's windows that are in no calendar."""
    rule = book.rules[number]
    return [
        ConfigError(
            f"rule `{rule.id}` names the event `{window.event}`, which is in no calendar",
            where=book.where(number, name),
            hint=nearest(window.event, sorted(known)),
        )
        for name, windows in (("exclude", rule.exclude), ("require", rule.required))
        for window in windows
        if window.event not in known
    ]


def _check_sessions(book: Rulebook, number: int, target: Target) -> list[ConfigError]:
    """Return why a rule would never be judged by the sessions that it names."""
    rule = book.rules[number]
    where = book.where(number, "sessions")
    if not target.shares:
        problem = f"rule `{rule.id}` names sessions, but no share has part in `{target.name}`"
        return [ConfigError(problem, where=where, hint="remove `sessions`")]
    if SessionState.HALTED in (rule.sessions or ()) and "instrument" not in target.labels:
        problem = f"rule `{rule.id}` asks for halts, in which `{target.name}` has no value"
        return [ConfigError(problem, where=where, hint="watch the share itself: `on: RIOT`")]
    return []


def _check_companies(book: Rulebook, number: int, target: Target) -> list[ConfigError]:
    """Return the companies of a rule that its target has no value for."""
    rule = book.rules[number]
    where = book.where(number, "companies")
    if target.companies is None:
        return [
            ConfigError(
                f"rule `{rule.id}` names companies, but `{target.name}` has one value in all",
                where=where,
                hint="remove `companies`",
            )
        ]
    return [
        ConfigError(
            f"rule `{rule.id}` names company `{ticker}`, for which `{target.name}` does not exist",
            where=where,
            hint=nearest(ticker, target.companies),
        )
        for ticker in rule.companies
        if ticker not in target.companies
    ]


def encode_rulebook(book: Rulebook, most_bytes: int | None = None) -> bytes | None:
    """Return a book as a JSON rulebook says it, short; None if it has more than `most_bytes`.

    Rule by rule: one call for a hundred thousand of them would hold up all other threads, and one
    that is too large is given up on the way.
    """
    desk, pace = book.desk, book.desk.pace
    shared = msgspec.json.encode(
        {
            "quiet": desk.quiet,
            "inhibit": desk.inhibit,
            "feed_dead_after": desk.feed_dead_after,
            "notify": pace.notify,
            "groups": pace.groups,
            "caps": pace.caps,
            "escalations": pace.escalations,
        }
    )
    most = sys.maxsize if most_bytes is None else most_bytes
    rules, size = list[bytes](), 0
    for rule in book.rules:
        rules.append(msgspec.json.encode(said_by(rule)))
        size += len(rules[-1])
        if size > most:
            return None
    body = b'{"rules":[' + b",".join(rules) + b"]," + shared[1:]
    return body if len(body) <= most else None


def decode_rulebook(body: bytes, types: Sequence[type[Rule]], name: str) -> Rulebook:
    """Return the book that `encode_rulebook` wrote; `name` is the file it was read from.

    Raises:
        ValueError: another version of the program wrote it, whose rules are not these.

    """
    said = decode_file(body, types)
    return Rulebook(said.rules, name, desk=said.desk)
