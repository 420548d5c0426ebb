"""The step's memory as bytes, one cell a field of the `state` hash. Hop 6.

A cell's name says what it holds: `q|instrument|source` a quote, `a|rule|key` a live alert,
`ref` the reference price with its memory, `b|RIOT` what stood in a company's book, `p|RIOT` the pairs of its
closes, `past` what the market did, `d|2025-07-17` a midnight and `s|2025-07-17` a session as they were,
`l|rule|key` what a rule would have said of values told afterwards, `v|instrument|source` the versions
of figures that name their period, `x|RIOT|moment` which rules a split found,
`h|instrument|source` a quote held back, `u|metric` for whom a metric ever had a usable value,
`w|target|company|ring|slot` a sample of what a signal is made of, `e|target|company|signal` the
extremes since alerts on it began, `k|target|company|signal` the last good value of what is unknown,
`now` its time; of the desk `t|rule|key` an alert as people were told of it, `i|id` a silence,
`m|id` a maintenance window, `f|instrument` an input that nobody tells any more, `f||feed` a feed that never spoke; of its pace
`pace|rule|key` an alert, `count|rule|key` how often it fired, `group|name|common` what waits in a
group, `cap|name|whose` what passed and was held, `expired|rule` a rule whose end was told;
`rule|ana.iren` a rule of a user. All is JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

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
from monitor.compute.history import HistoryChanges
from monitor.compute.span_cells import read_spans
from monitor.compute.splits import Ruled
from monitor.compute.standing import Known
from monitor.compute.standing import Memory as InWords
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.domain.chronicle import Day, Traded
from monitor.domain.consensus import Memory
from monitor.domain.events import Quote, Reading
from monitor.domain.market_days import MarketHistory
from monitor.domain.pairs import Pairing
from monitor.domain.revisions import Revised
from monitor.domain.volumes import Usual
from monitor.store.codec import decode_quote, encode_quote
from monitor.store.keys import Keys
from monitor.store.keyspace import STATE_SCHEMA
from monitor.store.records import unreadable

SCHEMA = STATE_SCHEMA.encode()


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference price as last agreed, what the agreement remembers, and the usual volumes."""

    reading: Reading
    memory: Memory
    volumes: Mapping[str, Usual] = field(default_factory=dict)


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


Remembered: TypeAlias = Mapping[tuple[str, str], object]
"""What the desk and its pace remember anew, by the parts of the cells' names; None removes one."""

_Reader: TypeAlias = Callable[[Saved, str, bytes], None]
T = TypeVar("T")

_encode = msgspec.json.encode
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


def quote_cell(quote: Quote) -> tuple[str, bytes]:
    """Return the cell of a source's last quote."""
    return f"q|{quote.instrument}|{quote.source}", encode_quote(quote)


def alert_cell(name: str, alert: SavedAlert | None) -> tuple[str, bytes | None]:
    """Return the cell of an alert; None removes it."""
    return f"a|{name}", None if alert is None else _encode(alert)


def reference_cell(reference: Reference) -> tuple[str, bytes]:
    """Return the cell of the reference price."""
    return "ref", _encode(reference)


def standing_cell(ticker: str, standing: InWords) -> tuple[str, bytes]:
    """Return the cell of what stands in a company's book."""
    return f"b|{ticker}", _encode(standing)


def split_cell(name: str, ruled: tuple[Ruled, ...]) -> tuple[str, bytes]:
    """Return the cell of the rules that a split, `ticker|moment`, found at work."""
    return f"x|{name}", _encode(ruled)


def past_cell(name: str, bar: Bar | None) -> tuple[str, bytes | None]:
    """Return the cell of one slot of a signal's past; None removes it."""
    body = None if bar is None else _encode((bar.number, bar.at, bar.last, bar.low, bar.high))
    return f"w|{name}", body


def last_cell(name: str, last: tuple[float, int] | None) -> tuple[str, bytes | None]:
    """Return the cell of the last good value of a series; None removes it."""
    return f"k|{name}", None if last is None else _encode(last)


def held_cell(name: tuple[str, str], quote: Quote | None) -> tuple[str, bytes | None]:
    """Return the cell of a quote that is held back, by instrument and source; None removes it."""
    return f"h|{name[0]}|{name[1]}", None if quote is None else encode_quote(quote)


def heard_cell(metric: str, companies: tuple[str, ...]) -> tuple[str, bytes]:
    """Return the cell of the companies that a metric ever had a usable value for."""
    return f"u|{metric}", _encode(companies)


def late_cell(name: str, record: LateRecord | None) -> tuple[str, bytes | None]:
    """Return the cell of what a rule would have said of the past; None removes it."""
    return f"l|{name}", None if record is None else _encode(record)


def revised_cell(what: tuple[str, str], revised: Revised) -> tuple[str, bytes]:
    """Return the cell of the versions of an instrument's figures by a source."""
    return f"v|{what[0]}|{what[1]}", _encode(revised)


def _keep_revised(saved: Saved, name: str, body: bytes) -> None:
    instrument, _, source = name.partition("|")
    saved.revised[instrument, source] = _revised.decode(body)


def user_rule_cell(name: str, rule: UserRule | None) -> tuple[str, bytes | None]:
    """Return the cell of a user's rule, by its id at work; None removes it."""
    return f"rule|{name}", None if rule is None else _encode(rule)


def desk_cells(changed: Remembered) -> dict[str, bytes | None]:
    """Return the cells of what the desk remembers anew; None removes one."""
    return {
        f"{letter}|{name}": None if record is None else _encode(record)
        for (letter, name), record in changed.items()
    }


def history_cells(changes: HistoryChanges) -> dict[str, bytes | None]:
    """Return the cells of what the past gained and lost."""
    cells: dict[str, bytes | None] = {
        f"p|{ticker}": _encode(pairing) for ticker, pairing in changes.pairings.items()
    }
    for letter, kept in (("d", changes.chronicle.days), ("s", changes.chronicle.sessions)):
        for at, item in kept.items():
            cells[f"{letter}|{iso(at)[:10]}"] = None if item is None else _encode(item)
    if changes.market is not None:
        cells["past"] = _encode(changes.market)
    return cells


def read_cells(cells: Mapping[str, bytes], key: str = Keys().state) -> Saved:
    """Return the memory that `cells`, the fields of the hash `key`, hold.

    Raises:
        ConfigError: the cells were written by a version with another schema, or by a stranger.

    """
    saved = Saved()
    if cells and cells.get("schema", SCHEMA) != SCHEMA:
        raise ConfigError(
            f"it has schema {cells['schema'].decode()}, this version reads {SCHEMA.decode()}",
            where="the state in Redis",
            hint="run the version that wrote it, or give this one a database of its own",
        )
    for name, body in cells.items():
        kind, _, rest = name.partition("|")
        if kind in _READ:
            try:
                _READ[kind](saved, rest, body)
            except (msgspec.DecodeError, ValueError) as error:
                raise unreadable(key, name, error, _mend(key, name)) from error
    saved.quotes.sort(key=lambda quote: (quote.instrument, quote.source))
    return saved


def _mend(key: str, name: str) -> str:
    """Return what mends a cell; without the engine's time nothing else would be taken back."""
    if name == "now":
        return f"stop the service, then redis-cli HSET '{key}' now $(date +%s000)"
    return f"stop the service, then redis-cli HDEL '{key}' '{name}'; what it remembered is lost"


def _keep_standing(saved: Saved, ticker: str, body: bytes) -> None:
    saved.standing[ticker] = _standing.decode(body)


def _set(field_name: str, read: Callable[[bytes], object]) -> Callable[[Saved, str, bytes], None]:
    return lambda saved, _, body: setattr(saved, field_name, read(body))


def _into(pick: Callable[[DeskMemory], dict[str, T]], kind: type[T]) -> _Reader:
    """Return what puts a cell of the desk where `pick` says."""
    decode = msgspec.json.Decoder(kind).decode

    def keep(saved: Saved, name: str, body: bytes) -> None:
        pick(saved.desk)[name] = decode(body)

    return keep


_READ: Mapping[str, _Reader] = {
    "q": lambda saved, _, body: saved.quotes.append(decode_quote(body)),
    "a": lambda saved, _, body: saved.alerts.append(_alert.decode(body)),
    "p": lambda saved, _, body: saved.pairings.append(_pairing.decode(body)),
    "b": _keep_standing,
    "d": lambda saved, _, body: saved.days.append(_day.decode(body)),
    "s": lambda saved, _, body: saved.sessions.append(_traded.decode(body)),
    "v": _keep_revised,
    "l": lambda saved, name, body: saved.late.update({name: _late.decode(body)}),
    "h": lambda saved, _, body: saved.held.append(decode_quote(body)),
    "x": lambda saved, name, body: saved.ruled.update({name: _ruled.decode(body)}),
    "u": lambda saved, name, body: saved.heard.update({name: _heard.decode(body)}),
    "w": lambda saved, name, body: saved.pasts.update({name: Bar(*_bar.decode(body))}),
    "e": lambda saved, name, body: saved.extremes.update({name: read_spans(body)}),
    "k": lambda saved, name, body: saved.lasts.update({name: _last.decode(body)}),
    "rule": lambda saved, name, body: saved.users.update({name: _user_rule.decode(body)}),
    ledger.STANDING: _into(lambda desk: desk.standings, Standing),
    ledger.SILENCE: _into(lambda desk: desk.silences, Silence),
    ledger.WINDOW: _into(lambda desk: desk.windows, Maintenance),
    ledger.DEAD: _into(lambda desk: desk.dead, Dead),
    Kind.PACE: _into(lambda desk: desk.pace.paces, Pace),
    Kind.GROUP: _into(lambda desk: desk.pace.groups, GroupRecord),
    Kind.CAP: _into(lambda desk: desk.pace.caps, CapRecord),
    Kind.EXPIRED: _into(lambda desk: desk.pace.expired, int),
    Kind.COUNT: _into(lambda desk: desk.pace.counts, Occurrences),
    "ref": _set("reference", _reference.decode),
    "past": _set("history", _history.decode),
    "now": _set("now", int),
    "cursor": _set("cursor", bytes.decode),
    "entries_read": _set("entries_read", int),
}
"""What becomes of a cell, by the first part of its name."""
