"""YAML to validated rules. A rule that cannot be used is refused with file, line and mend.

The rule types are found by their place and handed in, so a new type is one new file. A `.json`
rulebook of the same shape is read without line numbers and about a hundred times faster; it is
meant for rules that a program writes, by the hundred thousand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import msgspec

from alerts.desk.book import FEED_DEAD_AFTER, NOTHING_SAID, DeskBook, Inhibit, Quiet
from alerts.model import News
from alerts.pacing.capping import Cap
from alerts.pacing.escalation import Escalation
from alerts.pacing.grouping import Group
from alerts.pacing.notify import Notify, PaceBook
from alerts.rule_checks import check_parts
from alerts.rules.base import Rule
from alerts.series import Target
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.mends import nearest
from monitor.core.yamltext import Document, read_document
from monitor.domain.agenda import NO_EVENTS, Agenda
from monitor.domain.sessions import SessionState


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one file, in its order.

    Attributes:
        rules: with unique ids.
        name: the file.
        lines: each rule's line, empty for a JSON rulebook.
        desk: what it says of telling: quiet times, inhibition, dead inputs.

    """

    rules: tuple[Rule, ...]
    name: str = ""
    lines: Sequence[int] = ()
    desk: DeskBook = NOTHING_SAID

    @property
    def version(self) -> str:
        """Return a short hash of all that it says, texts included."""
        digest = hashlib.blake2b(digest_size=6)
        digest.update(msgspec.json.encode(self.desk))
        for rule in self.rules:
            digest.update(msgspec.json.encode(rule))
        return digest.hexdigest()

    def where(self, number: int) -> str:
        """Return `file:line` of rule `number`."""
        return f"{self.name}:{self.lines[number]}" if self.lines else f"{self.name}: {number}"


def _desk_of(file: Any) -> DeskBook:  # noqa: ANN401  # a struct made at run time
    """Return what a rulebook file says beside its rules."""
    pace = PaceBook(
        notify=file.notify, groups=file.groups, caps=file.caps, escalations=file.escalations
    )
    return DeskBook(
        quiet=file.quiet, inhibit=file.inhibit, feed_dead_after=file.feed_dead_after, pace=pace
    )


def _check_desk(file: Any) -> None:  # noqa: ANN401  # a struct made at run time
    _desk_of(file)


def _file_type(types: Sequence[type[Rule]]) -> Any:  # noqa: ANN401  # a struct made at run time
    """Return the struct of a rulebook file whose rules may be of `types`."""
    return msgspec.defstruct(
        "RuleFile",
        [
            ("rules", tuple[Union[tuple(types)], ...]),  # type: ignore[misc]  # noqa: UP007  # the union is built at run time
            ("quiet", tuple[Quiet, ...], ()),
            ("inhibit", tuple[Inhibit, ...], ()),
            ("feed_dead_after", str, FEED_DEAD_AFTER),
            ("notify", Notify | None, None),
            ("groups", tuple[Group, ...], ()),
            ("caps", tuple[Cap, ...], ()),
            ("escalations", tuple[Escalation, ...], ()),
        ],
        namespace={"__post_init__": _check_desk},
        forbid_unknown_fields=True,
    )


def rulebook_schema(types: Sequence[type[Rule]]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a rulebook, for editors."""
    schema = msgspec.json.schema(_file_type(types))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rules", **schema}


def load_rulebook(path: Path, types: Sequence[type[Rule]]) -> Rulebook:
    """Read the rulebook at `path`, whose rules may be of `types`.

    Raises:
        ConfigError: no such file, no YAML, an unknown key or type, a wrong value, an id twice.

    """
    kind = _file_type(types)
    book = (
        _read_json(path, kind)
        if path.suffix == ".json"
        else _read_yaml(read_document(path), kind, Union[tuple(types)])  # noqa: UP007  # built at run time
    )
    _raise([*_check_ids(book), *_check_pace(book)])
    return book


def _check_ids(book: Rulebook) -> list[ConfigError]:
    problems: list[ConfigError] = []
    seen: set[str] = set()
    for number, rule in enumerate(book.rules):
        if rule.id in set(News):
            problem = f"rule id `{rule.id}` is taken by the news of the books"
            hint = "ids name topics and alerts; give the rule another one"
            problems.append(ConfigError(problem, where=book.where(number), hint=hint))
        if rule.id in seen:
            problem = f"rule id `{rule.id}` is used twice"
            hint = "ids name topics and alerts, so each rule needs its own"
            problems.append(ConfigError(problem, where=book.where(number), hint=hint))
        seen.add(rule.id)
    return problems


def _check_pace(book: Rulebook) -> list[ConfigError]:
    """Return the groups and escalations that are named and not there."""
    named = [(book.where(number), rule.notify) for number, rule in enumerate(book.rules)]
    blocks = [(book.name, book.desk.pace.notify), *named]
    return [
        ConfigError(problem, where=where, hint=hint)
        for where, notify in blocks
        if notify is not None
        for problem, hint in book.desk.pace.faults(notify)
    ]


def _raise(problems: Sequence[ConfigError]) -> None:
    """Raise what is wrong: one problem as itself, several together."""
    if problems:
        raise problems[0] if len(problems) == 1 else ConfigErrors(problems)


def _read_json(path: Path, kind: Any) -> Rulebook:  # noqa: ANN401  # a struct made at run time
    try:
        file = msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except msgspec.DecodeError as error:
        raise ConfigError(str(error), where=str(path), hint="see docs/rules.md") from error
    return Rulebook(file.rules, str(path), desk=_desk_of(file))


def _read_yaml(document: Document, kind: Any, rule: Any) -> Rulebook:  # noqa: ANN401  # made at run time
    """Read rule after rule where they do not convert together, so that all mistakes show at once."""
    try:
        file = document.convert(kind)
    except ConfigError as first:
        entries = document.data.get("rules") if isinstance(document.data, dict) else None
        problems: list[ConfigError] = []
        for number in range(len(entries) if isinstance(entries, list) else 0):
            try:
                document.convert(rule, "rules", number)
            except ConfigError as error:
                problems.append(error)
        _raise(problems if len(problems) > 1 else [first])
        raise
    lines = [document.lines.get(("rules", number), 0) for number in range(len(file.rules))]
    return Rulebook(file.rules, document.name, lines, _desk_of(file))


def check_rulebook(
    book: Rulebook, targets: Mapping[str, Target], agenda: Agenda = NO_EVENTS
) -> list[ConfigError]:
    """Return what is wrong with the rules in the light of what there is to watch, and to expect."""
    found: list[ConfigError] = []
    known = agenda.names
    for number, rule in enumerate(book.rules):
        found += [
            ConfigError(
                f"rule `{rule.id}` names the event `{window.event}`, which is in no calendar",
                where=book.where(number),
                hint=nearest(window.event, sorted(known)),
            )
            for window in rule.windows
            if window.event not in known
        ]
        target = targets.get(rule.on)
        if target is None:
            found.append(
                ConfigError(
                    f"rule `{rule.id}` watches `{rule.on}`, which is no metric and no instrument",
                    where=book.where(number),
                    hint=nearest(rule.on, list(targets)),
                )
            )
        elif target.refused:
            problem = f"rule `{rule.id}` watches `{rule.on}`, which no rule may"
            found.append(ConfigError(problem, where=book.where(number), hint=target.refused))
        else:
            found += _check_sessions(book, number, target)
            found += _check_companies(book, number, target)
            found += check_parts(rule, book.where(number), target, targets)
    return found


def _check_sessions(book: Rulebook, number: int, target: Target) -> list[ConfigError]:
    """Return why a rule would never be judged by the sessions that it names."""
    rule, where = book.rules[number], book.where(number)
    if rule.sessions is None:
        return []
    if not target.shares:
        problem = f"rule `{rule.id}` names sessions, but no share has part in `{target.name}`"
        return [ConfigError(problem, where=where, hint="remove `sessions`")]
    if SessionState.HALTED in rule.sessions and "instrument" not in target.labels:
        problem = f"rule `{rule.id}` asks for halts, in which `{target.name}` has no value"
        return [ConfigError(problem, where=where, hint="watch the share itself: `on: RIOT`")]
    return []


def _check_companies(book: Rulebook, number: int, target: Target) -> list[ConfigError]:
    """Return the companies of a rule that its target has no value for."""
    rule = book.rules[number]
    where = book.where(number)
    if rule.companies == "all":
        return []
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
