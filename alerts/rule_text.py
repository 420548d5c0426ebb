"""A rulebook's text, YAML or JSON, to its typed file. Whatever is wrong is named with file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from alerts.desk.book import FEED_DEAD_AFTER, DeskBook, Inhibit, Quiet
from alerts.json_keys import refuse_twice
from alerts.pacing.capping import Cap
from alerts.pacing.escalation import Escalation
from alerts.pacing.grouping import Group
from alerts.pacing.notify import Notify, PaceBook
from alerts.rule_mistakes import mistakes
from alerts.rules.base import Rule
from alerts.rules.written import any_written, kept, kept_of_json
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.mends import Place, known_words, nearest, steps_of
from monitor.core.yamltext import MAX_BYTES, Document, parse_document, read_document


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rulebook's text says.

    Attributes:
        rules: in its order.
        desk: what it says beside them.
        lines: the line of each place in the file, none of JSON.

    """

    rules: tuple[Rule, ...]
    desk: DeskBook
    lines: Mapping[Place, int] = field(default_factory=dict)


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


def _file_type(rule: Any) -> Any:  # noqa: ANN401  # structs made at run time
    """Return the struct of a rulebook file whose rules are each a `rule`."""
    return msgspec.defstruct(
        "RuleFile",
        [
            ("rules", tuple[rule, ...]),
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
    schema = msgspec.json.schema(_file_type(any_written(types)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rules", **schema}


def read_file(path: Path, types: Sequence[type[Rule]]) -> RuleText:
    """Return what the file at `path` says.

    Raises:
        ConfigError: no such file, no YAML or JSON, a key twice, an unknown one, a wrong value.

    """
    if path.suffix == ".json":
        return _read_json(path, types)
    document = read_document(path)
    file = _converted(document, types)
    return RuleText(kept(file.rules, types), _desk_of(file), document.lines)


def decode_file(raw: bytes, types: Sequence[type[Rule]]) -> RuleText:
    """Return what JSON says, one rule after the other: a million need no second copy.

    Raises:
        ValueError: no JSON, or not of this form.

    """
    file = msgspec.json.decode(raw, type=_file_type(msgspec.Raw))
    return RuleText(kept_of_json(file.rules, types), _desk_of(file))


def raise_all(problems: Sequence[ConfigError]) -> None:
    """Raise what is wrong: one problem as itself, several together."""
    if problems:
        raise problems[0] if len(problems) == 1 else ConfigErrors(problems)


def _converted(document: Document, types: Sequence[type[Rule]]) -> Any:  # noqa: ANN401  # made at run time
    """Read rule after rule where they do not convert together, so that all mistakes show at once."""
    try:
        return document.convert(_file_type(any_written(types)))
    except ConfigError as first:
        entries = document.data.get("rules") if isinstance(document.data, dict) else None
        count = len(entries) if isinstance(entries, list) else 0
        problems = [
            it for number in range(count) for it in mistakes(document, types, "rules", number)
        ]
        raise_all(problems if len(problems) > 1 else [first])
        raise


def _read_json(path: Path, types: Sequence[type[Rule]]) -> RuleText:
    """Read at full speed; only what is wrong is read again with its place, and lines if it is not too long."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    try:
        refuse_twice(raw)
        return decode_file(raw, types)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        _explain_with_lines(raw, path, types)
        raise _plainly(error, raw, path, types) from error


def _explain_with_lines(raw: bytes, path: Path, types: Sequence[type[Rule]]) -> None:
    """Raise what is wrong as in a YAML file, where the text is one: JSON nearly always is.

    Raises:
        ConfigError: with the line; nothing is raised where YAML cannot say more.

    """
    if len(raw) > MAX_BYTES:
        return
    try:
        text = raw.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return  # no JSON: what YAML thinks of it would only confuse
    _converted(parse_document(text, str(path)), types)


def _plainly(error: Exception, raw: bytes, path: Path, types: Sequence[type[Rule]]) -> ConfigError:
    """Return what the decoder says of the place, with the nearest key where it knows one too many."""
    kind = _file_type(any_written(types))
    if isinstance(error, json.JSONDecodeError):
        where = f"{path}:{error.lineno}"
        return ConfigError(f"is no JSON: {error.msg}", where=where, hint="see docs/rules.md")
    try:
        msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.DecodeError, RecursionError) as placed:
        error = placed
    message, _, place = str(error).partition(" - at `")
    word = message.partition("unknown field `")[2].rstrip("`")
    known = known_words(kind, steps_of(place.rstrip("`"))) if word else ()
    hint = nearest(word, known) if word else "see docs/rules.md"
    return ConfigError(str(error), where=str(path), hint=hint)
