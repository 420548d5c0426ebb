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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from alerts.desk.user_rules import UserRule
from alerts.late import LateRecord
from alerts.saved import SavedAlert
from alerts.signals.ring import Bar
from monitor.compute.history import HistoryChanges
from monitor.compute.splits import Ruled
from monitor.compute.standing import Memory as InWords
from monitor.core.clock import iso
from monitor.domain.consensus import Memory
from monitor.domain.events import Quote, Reading
from monitor.domain.revisions import Revised
from monitor.domain.volumes import Usual
from monitor.store.codec import encode_quote
from monitor.store.keyspace import STATE_SCHEMA

SCHEMA = STATE_SCHEMA.encode()


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference price as last agreed, what the agreement remembers, and the usual volumes."""

    reading: Reading
    memory: Memory
    volumes: Mapping[str, Usual] = field(default_factory=dict)


Remembered: TypeAlias = Mapping[tuple[str, str], object]
"""What the desk and its pace remember anew, by the parts of the cells' names; None removes one."""

_encode = msgspec.json.encode


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
