"""From the body that somebody signed to the command that it means, or the one thing wrong with it. Pure.

`{"id": "…", "verb": "alert.ack", "wish": {"rule": "…", "key": "…", "for": "10m"}, "dry_run": false}`.
A wish has the fields of its dataclass in `monitor/domain/commands.py`; a moment may also be written
as a date, and an end as `for`, so that a telephone need not reckon. Whose it is, the key says.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

import msgspec

from alerts.schemas.requests import COMMAND_ID, CommandBody
from monitor.core.clock import Millis, parse_iso
from monitor.core.durations import duration_ms
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import (
    VERBS,
    AckAlert,
    Action,
    AddMaintenance,
    Command,
    Place,
)
from monitor.domain.questions import QUESTIONS, Question
from monitor.web.inbound import MalformedBodyError

T = TypeVar("T")

RESOLVED = "resolved"
FOR, UNTIL, BEGIN, SINCE = "for", "until", "begin", "since"
_FREE_TEXT = frozenset({"note", "reason"})
_ID = re.compile(COMMAND_ID)
_WILDCARD = re.compile(r"[+#*]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a body means.

    Attributes:
        command: under an id that no other user can have.
        name: the id as its sender wrote it.
        said: the wish in the sender's own words, equal for equal ones.
        by: whom the body names as its sender; empty: nobody.
        verb: what is asked.

    """

    command: Command
    name: str
    said: bytes
    by: str
    verb: str


@dataclass(frozen=True, slots=True)
class Wondered:
    """What a body asks that changes nothing; `name`, `by` and `verb` as in `Asked`."""

    question: Question
    name: str
    by: str
    verb: str


def read_command(body: bytes, user: str, now: Millis) -> Asked | Wondered:
    """Return the command or the question that `user` signed; spans of time begin at `now`.

    Raises:
        MalformedBodyError: says which part is wrong and what is expected.

    """
    found = _decoded(body)
    if not _ID.fullmatch(found.id):
        raise MalformedBodyError("id: 1 to 64 letters, digits, points, - and _, new for each wish")
    _check_texts(found.wish)
    if found.verb in QUESTIONS:
        return Wondered(_question(found), found.id, found.by, found.verb)
    kind = VERBS.get(found.verb)
    if kind is None:
        raise MalformedBodyError(f"verb: {_unknown(found.verb, (*VERBS, *QUESTIONS))}")
    action = _action(found.verb, kind, found.wish, now)
    command = Command(id=f"{user}:{found.id}", by=user, action=action, dry_run=found.dry_run)
    fault = command_fault(command)
    if fault:
        raise MalformedBodyError(f"wish: {fault}")
    words = [found.verb, found.wish, found.dry_run]
    said = msgspec.json.encode(words, order="deterministic")
    return Asked(command, found.id, said, found.by, found.verb)


def _decoded(body: bytes) -> CommandBody:
    try:
        return msgspec.json.decode(body.decode(), type=CommandBody)
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"byte {error.start} is no UTF-8; send text in UTF-8") from error
    except RecursionError as error:
        raise MalformedBodyError("the body is nested too deep") from error
    except (msgspec.DecodeError, ValueError) as error:
        message = f"the body is no object of id, verb, wish and dry_run: {str(error)[:200]}"
        raise MalformedBodyError(message) from error


def _action(verb: str, kind: type[Action], wish: Mapping[str, Any], now: Millis) -> Action:
    names = [field.name for field in fields(kind)]
    known = [*names, FOR] if UNTIL in names else names
    strange = next((name for name in wish if name not in known), None)
    if strange is not None:
        raise MalformedBodyError(f"wish: {verb}: {_unknown(strange, known)}")
    told = _with_moments(kind, wish, now) if UNTIL in names else dict(wish)
    if kind is AddMaintenance:
        told = {"place": Place.FEED.value, "feed": "", **told}
    missing = [it.name for it in fields(kind) if it.default is MISSING and it.name not in told]
    if missing:
        also = " (or for)" if missing[0] == UNTIL else ""
        raise MalformedBodyError(f"wish.{missing[0]}: {verb} needs it{also}")
    return _converted(told, kind)


def _question(found: CommandBody) -> Question:
    kind = QUESTIONS[found.verb]
    known = [field.name for field in fields(kind)]
    strange = next((name for name in found.wish if name not in known), None)
    if strange is not None:
        raise MalformedBodyError(f"wish: {found.verb}: {_unknown(strange, known)}")
    return _converted(found.wish, kind, strict=False)  # a number may come as text


def _converted(told: Mapping[str, Any], kind: type[T], *, strict: bool = True) -> T:
    try:
        return msgspec.convert(told, kind, strict=strict)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        message, _, path = str(error).partition(" - at `$")
        raise MalformedBodyError(f"wish{path.rstrip('`')}: {message[:200]}") from error


def _with_moments(kind: type[Action], wish: Mapping[str, Any], now: Millis) -> dict[str, Any]:
    """Return a wish whose moments are all milliseconds UTC."""
    told = {name: value for name, value in wish.items() if name != FOR}
    begin = now
    if kind is AddMaintenance:
        begin = told[BEGIN] = _moment(BEGIN, told.get(BEGIN, now))
    if FOR in wish:
        if UNTIL in wish:
            raise MalformedBodyError("wish: until and for; keep one of the two")
        told[UNTIL] = begin + _span(wish[FOR])
    elif told.get(UNTIL) == RESOLVED and kind is AckAlert:
        told[UNTIL] = None
    elif told.get(UNTIL) is not None:
        told[UNTIL] = _moment(UNTIL, told[UNTIL])
    if kind is AckAlert and told.get(SINCE) is not None:
        told[SINCE] = _moment(SINCE, told[SINCE])
    return told


def _moment(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return parse_iso(str(value))
    except (ValueError, OverflowError) as error:
        expected = 'a date as "2026-01-31T18:00Z", or milliseconds since 1970, UTC'
        raise MalformedBodyError(f"wish.{name}: {expected}") from error


def _span(value: object) -> int:
    try:
        return duration_ms(str(value)[:40])
    except ValueError as error:
        raise MalformedBodyError(f"wish.{FOR}: {error}") from error


def _unknown(word: str, known: tuple[str, ...] | list[str]) -> str:
    near = difflib.get_close_matches(word[:40], known, n=1)
    mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    return f"no {word[:40]!r}; {mend}"


def _check_texts(wish: Mapping[str, Any]) -> None:
    """Refuse what no name has: it would be a wildcard, or a trick upon whoever reads the trail."""
    for place, text in _texts("wish", wish):
        if not text.isprintable():
            raise MalformedBodyError(f"{place}: printable characters only")
        if place.rpartition(".")[2] not in _FREE_TEXT and _WILDCARD.search(text):
            raise MalformedBodyError(f"{place}: a name as it is; + # and * stand for nothing here")


def _texts(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}: a key", str(name)
            yield from _texts(f"{place}.{str(name)[:40]}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(place, inner)
