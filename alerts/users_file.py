"""The users' file: read, checked with file, line and mend, and read anew when it changes.

Whoever asks for the book gets the newest one that could be read: a file that has become wrong changes
nothing and is told in the log, once for each time it was saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import structlog

from alerts.rule_text import raise_all
from alerts.users import UsersBook
from monitor.core.errors import ConfigError
from monitor.core.marks import marks_of
from monitor.core.mends import nearest
from monitor.core.yamltext import Document, read_document

_log = structlog.get_logger(__name__)


def users_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a users' file, for editors."""
    schema = msgspec.json.schema(UsersBook)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "users", **schema}


def load_users(path: Path, kinds: Collection[str]) -> UsersBook:
    """Return the users of a file whose channels may be of `kinds`.

    Raises:
        ConfigError: no such file, no YAML, an unknown key, a wrong value, a name twice, a team or a
            kind of channel that there is not; several together, each with its line and mend.

    """
    document = read_document(path)
    if document.data is None:
        hint = "begin with `users:` and `- name: ana` below it"
        raise ConfigError("names nobody", where=str(path), hint=hint)
    book = _converted(document)
    raise_all(list(_faults(document, book, kinds)))
    return book


def place_of_channel(path: Path, user: int, channel: int) -> str:
    """Return `file:line` of one channel of one user, both counted from 0."""
    return read_document(path).where("users", user, "channels", channel)


def _converted(document: Document) -> UsersBook:
    """Read user after user where they do not convert together, so that all mistakes show at once."""
    try:
        return document.convert(UsersBook)
    except ConfigError as first:
        data = document.data if isinstance(document.data, dict) else {}
        problems: list[ConfigError] = []
        for part, kind in _PARTS.items():
            entries = data.get(part)
            for number in range(len(entries) if isinstance(entries, list) else 0):
                try:
                    document.convert(kind, part, number)
                except ConfigError as error:
                    problems.append(error)
        raise_all(problems if len(problems) > 1 else [first])
        raise


_PARTS = {
    field.name: field.type.__args__[0]  # each is a tuple of one kind
    for field in msgspec.structs.fields(UsersBook)
}


def _faults(document: Document, book: UsersBook, kinds: Collection[str]) -> Iterator[ConfigError]:
    seen: set[str] = set()
    names = {
        "teams": [team.name for team in book.teams],
        "users": [user.name for user in book.users],
    }
    for part, named in names.items():
        for number, name in enumerate(named):
            if name in seen:
                problem = f"the name `{name}` is used twice"
                hint = "users and teams are told apart by it; give one of them another"
                where = document.where(part, number, "name")
                yield ConfigError(problem, where=where, hint=hint)
            seen.add(name)
    teams = names["teams"]
    for number, user in enumerate(book.users):
        for place, team in enumerate(user.teams):
            if team not in teams:
                where = document.where("users", number, "teams", place)
                hint = nearest(team, teams) if teams else f"add `- name: {team}` under `teams:`"
                problem = f"user `{user.name}` is in the team `{team}`, which there is not"
                yield ConfigError(problem, where=where, hint=hint)
        if user.never_awake:
            where = document.where("users", number, "quiet")
            problem = f"user `{user.name}`: the quiet hours leave no minute of the week"
            hint = (
                "leave some out, so that what they held is told; `severity` takes less altogether"
            )
            yield ConfigError(problem, where=where, hint=hint)
        for place, channel in enumerate(user.ways):
            if channel.kind not in kinds:
                where = document.where("users", number, "channels", place, "kind")
                problem = f"user `{user.name}`: there is no channel `{channel.kind}`"
                yield ConfigError(problem, where=where, hint=nearest(channel.kind, kinds))


class UsersFile:
    """The users of one file, as they are by now.

    Raises:
        ConfigError: at the start, where the file cannot be used.

    """

    def __init__(self, path: Path, kinds: Collection[str]) -> None:
        self.path = path
        self._kinds = frozenset(kinds)
        self._marks = marks_of([path])
        self._book = load_users(path, self._kinds)

    def book(self) -> UsersBook:
        """Return the users; the same object as long as they are the same."""
        marks = marks_of([self.path])
        if marks != self._marks:
            self._marks = marks
            self._read()
        return self._book

    def _read(self) -> None:
        try:
            book = load_users(self.path, self._kinds)
        except ConfigError as error:
            _log.error("users.refused", why=str(error))  # a person mends it
            return
        if book != self._book:
            self._book = book
        _log.info("users.read", users=len(book.users), teams=len(book.teams))
