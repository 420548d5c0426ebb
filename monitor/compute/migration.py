"""What a release makes of the state that an earlier one left: which cells it would write anew. Pure.

A release reads the cells of those before it: what they do not say has a default, and a cell that it
does not know is left alone. Each cell takes its new form when it changes next, which for a rule of a
user may be never; written anew at once, the release after this one need not know the old form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from alerts.desk import ledger
from alerts.desk.pace_ledger import Kind
from monitor.compute.cells import SCHEMA, past_cell
from monitor.compute.saved import is_known, kind_of, read_cell, require_schema
from monitor.compute.span_cells import extremes_cell
from monitor.store.codec import encode_quote
from monitor.store.keys import Keys

WORDS: Mapping[str, str] = {
    "q": "last quotes",
    "h": "quotes held back",
    "a": "live alerts",
    "l": "late values",
    "w": "samples of signals",
    "e": "extremes",
    "k": "last good values",
    "x": "splits",
    "u": "metrics that were heard of",
    "b": "books",
    "p": "pairs of closes",
    "d": "days",
    "s": "sessions",
    "v": "revisions",
    "rule": "users' rules",
    "ref": "reference price",
    "past": "market's past",
    "schema": "schema",
    "now": "time",
    "cursor": "cursor",
    "entries_read": "entries read",
    ledger.STANDING: "what people know of alerts",
    ledger.SILENCE: "silences",
    ledger.WINDOW: "maintenance windows",
    ledger.DEAD: "dead inputs",
    Kind.PACE.value: "pace of alerts",
    Kind.COUNT.value: "counts of alerts",
    Kind.GROUP.value: "groups",
    Kind.CAP.value: "caps",
    Kind.EXPIRED.value: "expired rules",
}
"""What a kind of cell holds, for people."""
UNKNOWN = "unknown to this release"
_AS_IT_IS = frozenset({"schema", "now", "cursor", "entries_read"})
"""Plain text, in which nothing can be missing."""
_ENCODE: Mapping[str, Callable[[Any], bytes | None]] = {
    "q": encode_quote,
    "h": encode_quote,
    "w": lambda bar: past_cell("", bar)[1],
    "e": lambda spans: extremes_cell("", spans)[1],
}


@dataclass(frozen=True, slots=True)
class Migration:
    """What there is to do.

    Attributes:
        found: how many cells there are, by what they hold.
        anew: the cells to write, as this release writes them.
        unknown: the names of those that it does not know; they are left alone.

    """

    found: Mapping[str, int]
    anew: Mapping[str, bytes]
    unknown: tuple[str, ...]


def migration(cells: Mapping[str, bytes], key: str = Keys().state) -> Migration:
    """Return what there is to do for the fields of the hash `key`.

    Raises:
        ConfigError: the cells are of another schema, or one cannot be read; says what mends it.

    """
    require_schema(cells)
    anew: dict[str, bytes] = {}
    for name, body in cells.items():
        if is_known(name) and kind_of(name) not in _AS_IT_IS:
            now = _as_now(name, read_cell(name, body, key))
            if now is not None and not _alike(body, now):
                anew[name] = now
    if cells and "schema" not in cells:
        anew["schema"] = SCHEMA
    found = Counter(words_of(name) for name in cells)
    return Migration(found, anew, tuple(name for name in cells if not is_known(name)))


def words_of(name: str) -> str:
    """Return what a cell holds, for people."""
    return WORDS.get(kind_of(name), UNKNOWN)


def _as_now(name: str, held: Any) -> bytes | None:  # noqa: ANN401 - of any kind
    """Return a cell as this release writes it; None: it would write none."""
    return _ENCODE.get(kind_of(name), msgspec.json.encode)(held)


def _alike(one: bytes, other: bytes) -> bool:
    """Tell whether two texts in JSON say the same: 10 is 10.0, and order is none."""
    return one == other or bool(msgspec.json.decode(one) == msgspec.json.decode(other))
