"""The step's memory as it is read back from its cells. Hop 6, pure.

What the names of the cells say is told in `monitor.compute.cells`, which writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import msgspec

from alerts.desk import ledger
from alerts.desk.pace import Pace
from alerts.desk.pace_ledger import Kind
from alerts.desk.records import Dead, DeskMemory, Maintenance, Silence, Standing
from alerts.desk.user_rules import UserRule
from alerts.extremes import Span
from alerts.late import LateRecord
from alerts.pacing.capping import CapRecord
from alerts.pacing.grouping import GroupRecord
from alerts.pacing.occurrences import Occurrences
from alerts.saved import SavedAlert
from alerts.signals.ring import Bar
from monitor.compute.cells import SCHEMA, Reference
from monitor.compute.span_cells import read_spans
from monitor.compute.splits import Ruled
from monitor.compute.standing import Known
from monitor.compute.standing import Memory as InWords
from monitor.core.errors import ConfigError
from monitor.domain.chronicle import Day, Traded
from monitor.domain.events import Quote
from monitor.domain.market_days import MarketHistory
from monitor.domain.pairs import Pairing
from monitor.domain.revisions import Revised
from monitor.store.codec import decode_quote
from monitor.store.keys import Keys
from monitor.store.records import unreadable

Decoded: TypeAlias = dict[str, tuple[bytes, Any]]
"""Cells that were read before, by name: each with what it held."""

T = TypeVar("T")

_reference = msgspec.json.Decoder(Reference)
_alert = msgspec.json.Decoder(SavedAlert)
_standing = msgspec.json.Decoder(dict[str, Known])
_history = msgspec.json.Decoder(MarketHistory)
_pairing = msgspec.json.Decoder(Pairing)
_day = msgspec.json.Decoder(Day)
_traded = msgspec.json.Decoder(Traded)
_late = msgspec.json.Decoder(LateRecord)
_revised = msgspec.json.Decoder(Revised)
_last = msgspec.json.Decoder(tuple[float, int])
_bar = msgspec.json.Decoder(tuple[int, int, float, float, float])
_ruled = msgspec.json.Decoder(tuple[Ruled, ...])
_heard = msgspec.json.Decoder(tuple[str, ...])
_user_rule = msgspec.json.Decoder(UserRule)


@dataclass(slots=True)
class Saved:
    """The step's memory as read from the store.

    Attributes:
        now: the engine's event time, ms UTC; None before the first commit.
        cursor: id of the last committed entry, '' before the first.
        entries_read: entries committed in all.

    """

    now: int | None = None
    cursor: str = ""
    entries_read: int = 0
    quotes: list[Quote] = field(default_factory=list)
    alerts: list[SavedAlert] = field(default_factory=list)
    reference: Reference | None = None
    standing: dict[str, InWords] = field(default_factory=dict)
    history: MarketHistory | None = None
    pairings: list[Pairing] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    sessions: list[Traded] = field(default_factory=list)
    late: dict[str, LateRecord] = field(default_factory=dict)
    revised: dict[tuple[str, str], Revised] = field(default_factory=dict)
    ruled: dict[str, tuple[Ruled, ...]] = field(default_factory=dict)
    held: list[Quote] = field(default_factory=list)
    heard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pasts: dict[str, Bar] = field(default_factory=dict)
    extremes: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    lasts: dict[str, tuple[float, int]] = field(default_factory=dict)
    desk: DeskMemory = field(default_factory=DeskMemory)
    users: dict[str, UserRule] = field(default_factory=dict)


_Reader: TypeAlias = tuple[Callable[[bytes], Any], Callable[[Saved, str, Any], None]]
"""What decodes a cell of one kind, and what puts it where it belongs."""


def read_cells(
    cells: Mapping[str, bytes], key: str = Keys().state, before: Decoded | None = None
) -> Saved:
    """Return the memory that `cells`, the fields of the hash `key`, hold.

    A cell that says the same as in `before` is not decoded again; what is, is kept there.

    Raises:
        ConfigError: the cells were written by a version with another schema, or by a stranger.

    """
    saved, known = Saved(), {} if before is None else before
    require_schema(cells)
    for name, body in cells.items():
        kind, _, rest = name.partition("|")
        if kind not in _READ:
            continue
        found = known.get(name)
        if found is None or found[0] != body:
            found = known[name] = body, read_cell(name, body, key)
        _READ[kind][1](saved, rest, found[1])
    saved.quotes.sort(key=lambda quote: (quote.instrument, quote.source))
    return saved


def require_schema(cells: Mapping[str, bytes]) -> None:
    """Refuse cells that were written by a version with another schema.

    Raises:
        ConfigError: they were.

    """
    if cells and cells.get("schema", SCHEMA) != SCHEMA:
        raise ConfigError(
            f"it has schema {cells['schema'].decode()}, this version reads {SCHEMA.decode()}",
            where="the state in Redis",
            hint="run the version that wrote it, or give this one a database of its own",
        )


def read_cell(name: str, body: bytes, key: str = Keys().state) -> Any:  # noqa: ANN401 - of any kind
    """Return what a cell holds, the field `name` of the hash `key`; it must be of a known kind.

    Raises:
        ConfigError: it holds something else; says what mends it.

    """
    try:
        return _READ[kind_of(name)][0](body)
    except (msgspec.DecodeError, ValueError) as error:
        raise unreadable(key, name, error, _mend(key, name)) from error


def kind_of(name: str) -> str:
    """Return of which kind a cell is, the first part of its name."""
    return name.partition("|")[0]


def is_known(name: str) -> bool:
    """Tell whether this version reads a cell of that name; `schema` is read before all."""
    return kind_of(name) in _READ or name == "schema"


def _mend(key: str, name: str) -> str:
    """Return what mends a cell; without the engine's time nothing else would be taken back."""
    if name == "now":
        return f"stop the service, then redis-cli HSET '{key}' now $(date +%s000)"
    return f"stop the service, then redis-cli HDEL '{key}' '{name}'; what it remembered is lost"


def _keep_revised(saved: Saved, name: str, revised: Revised) -> None:
    instrument, _, source = name.partition("|")
    saved.revised[instrument, source] = revised


def _one(field_name: str, decode: Callable[[bytes], object]) -> _Reader:
    """Return what reads the only cell of its kind."""
    return decode, lambda saved, _, item: setattr(saved, field_name, item)


def _each(pick: Callable[[Saved], list[T]], decode: Callable[[bytes], T]) -> _Reader:
    """Return what reads cells that say themselves what they are of."""
    return decode, lambda saved, _, item: pick(saved).append(item)


def _named(pick: Callable[[Saved], dict[str, T]], decode: Callable[[bytes], T]) -> _Reader:
    """Return what reads cells whose names say what they are of."""
    return decode, lambda saved, name, item: pick(saved).update({name: item})


def _of_desk(pick: Callable[[DeskMemory], dict[str, T]], kind: type[T]) -> _Reader:
    """Return what reads cells of the desk."""
    return _named(lambda saved: pick(saved.desk), msgspec.json.Decoder(kind).decode)


_READ: Mapping[str, _Reader] = {
    "q": _each(lambda saved: saved.quotes, decode_quote),
    "a": _each(lambda saved: saved.alerts, _alert.decode),
    "p": _each(lambda saved: saved.pairings, _pairing.decode),
    "b": _named(lambda saved: saved.standing, _standing.decode),
    "d": _each(lambda saved: saved.days, _day.decode),
    "s": _each(lambda saved: saved.sessions, _traded.decode),
    "v": (_revised.decode, _keep_revised),
    "l": _named(lambda saved: saved.late, _late.decode),
    "h": _each(lambda saved: saved.held, decode_quote),
    "x": _named(lambda saved: saved.ruled, _ruled.decode),
    "u": _named(lambda saved: saved.heard, _heard.decode),
    "w": _named(lambda saved: saved.pasts, lambda body: Bar(*_bar.decode(body))),
    "e": _named(lambda saved: saved.extremes, read_spans),
    "k": _named(lambda saved: saved.lasts, _last.decode),
    "rule": _named(lambda saved: saved.users, _user_rule.decode),
    ledger.STANDING: _of_desk(lambda desk: desk.standings, Standing),
    ledger.SILENCE: _of_desk(lambda desk: desk.silences, Silence),
    ledger.WINDOW: _of_desk(lambda desk: desk.windows, Maintenance),
    ledger.DEAD: _of_desk(lambda desk: desk.dead, Dead),
    Kind.PACE: _of_desk(lambda desk: desk.pace.paces, Pace),
    Kind.GROUP: _of_desk(lambda desk: desk.pace.groups, GroupRecord),
    Kind.CAP: _of_desk(lambda desk: desk.pace.caps, CapRecord),
    Kind.EXPIRED: _of_desk(lambda desk: desk.pace.expired, int),
    Kind.COUNT: _of_desk(lambda desk: desk.pace.counts, Occurrences),
    "ref": _one("reference", _reference.decode),
    "past": _one("history", _history.decode),
    "now": _one("now", int),
    "cursor": _one("cursor", bytes.decode),
    "entries_read": _one("entries_read", int),
}
"""What becomes of a cell, by the first part of its name."""
