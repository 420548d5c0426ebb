"""The calendar: dated events with their sources, from a file that a person keeps."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.mends import nearest
from monitor.core.yamltext import Document, read_document
from monitor.domain.agenda import AFTER_MS, BEFORE_MS, COMPUTED, DAY, EARNINGS, KINDS, Agenda, Event

Word = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Ticker = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9.]{0,11}$")]
MAX_REACH_MS = 14 * DAY

_MILLISECOND = timedelta(milliseconds=1)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event as a person writes it."""

    id: Word
    kind: Word
    at: str
    source: Annotated[str, Meta(min_length=1, max_length=300)]
    zone: str | None = None
    companies: tuple[Ticker, ...] = ()
    before: str | None = None
    after: str | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    events: list[Any] = field(default_factory=list)


def load_calendar(path: Path | None = None, tickers: Container[str] | None = None) -> Agenda:
    """Load the events of the file at `path`, else of the default one.

    `tickers` are the companies that an event may name; None: any.

    Raises:
        ConfigErrors: an event cannot be read or cannot be; names every problem with file and line.

    """
    document = read_document(path or Path(str(files("monitor"))) / "books" / "calendar.yaml")
    events: list[Event] = []
    problems: list[ConfigError] = []
    known: set[str] = set()
    for number in range(len(document.convert(_File).events)):
        try:
            entry = document.convert(_Entry, "events", number)
            events.append(_event(document, number, entry))
            _check(document, number, entry, known)
            if tickers is not None:
                _check_tickers(document, number, entry.companies, tickers)
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise ConfigErrors(problems)
    return Agenda(tuple(sorted(events, key=lambda it: (it.at, it.id))))


def _check(document: Document, number: int, entry: _Entry, known: set[str]) -> None:
    """Refuse a name that means something else already, and an event that nobody needs to write."""
    where = document.where("events", number, "id")
    if entry.id in known:
        raise ConfigError(f"event `{entry.id}` is there twice", where=where, hint="rename one")
    known.add(entry.id)
    if entry.id in KINDS or entry.id == entry.kind:
        hint = f"take another id, for instance `{entry.id}-2026-01`"
        raise ConfigError(f"event id `{entry.id}` is the name of a kind", where=where, hint=hint)
    if entry.kind in COMPUTED:
        where = document.where("events", number, "kind")
        raise ConfigError(f"`{entry.kind}` is computed", where=where, hint="remove the event")
    if entry.kind == EARNINGS and not entry.companies:
        hint = "add `companies:`, without which they shut the rules of all"
        raise ConfigError(f"earnings `{entry.id}` are nobody's", where=where, hint=hint)


def _check_tickers(
    document: Document, number: int, named: Iterable[str], tickers: Container[str]
) -> None:
    for place, ticker in enumerate(named):
        if ticker not in tickers:
            where = document.where("events", number, "companies", place)
            known = list(tickers) if isinstance(tickers, Iterable) else []
            raise ConfigError(f"no company `{ticker}`", where=where, hint=nearest(ticker, known))


def _event(document: Document, number: int, entry: _Entry) -> Event:
    return Event(
        id=entry.id,
        kind=entry.kind,
        at=_moment(document, number, entry),
        source=entry.source,
        companies=entry.companies,
        before_ms=_reach(document, number, "before", entry.before, BEFORE_MS),
        after_ms=_reach(document, number, "after", entry.after, AFTER_MS),
    )


def _reach(document: Document, number: int, name: str, text: str | None, usual: int) -> int:
    if text is None:
        return usual
    where = document.where("events", number, name)
    try:
        reach = duration_ms(text)
    except ValueError as error:
        raise ConfigError(str(error), where=where) from error
    if reach > MAX_REACH_MS:
        raise ConfigError(f"`{name}` of {text} is longer than 14d", where=where)
    return reach


def _moment(document: Document, number: int, entry: _Entry) -> int:
    """Return when an event happens, ms UTC; a time by a wall must be one that the wall shows once."""
    where = document.where("events", number, "at")
    wall = _parsed(entry.at, where)
    if wall.tzinfo is not None:
        if entry.zone is not None:
            hint = "give the offset in `at` or `zone`, not both"
            raise ConfigError(f"`{entry.at}` says its offset itself", where=where, hint=hint)
        return _millis(wall)
    if entry.zone is None:
        hint = "add `zone: America/New_York`, or end it in Z for UTC"
        raise ConfigError(f"`{entry.at}` is of no zone", where=where, hint=hint)
    zone = _zone(entry.zone, document.where("events", number, "zone"))
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC) == second.astimezone(UTC):
        return _millis(first)
    shown = "twice" if first.astimezone(UTC) < second.astimezone(UTC) else "never"
    hint = "the clocks change then; write it with an offset, 2026-11-01T01:30-04:00"
    raise ConfigError(f"`{entry.at}` is shown {shown} in {entry.zone}", where=where, hint=hint)


def _parsed(text: str, where: str) -> datetime:
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    hint = "write it as 2026-01-13T08:30 beside a `zone`, or as 2026-01-13T13:30Z"
    raise ConfigError(f"`{text}` is no moment", where=where, hint=hint)


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        hint = "take a name of the IANA list, for instance America/New_York"
        raise ConfigError(f"no time zone `{name}`", where=where, hint=hint) from error


def _millis(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
