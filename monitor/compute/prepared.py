"""What is made ready beside the road of the ticks for a step of other books. Hop 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.compute.saved import Decoded, read_cells
from monitor.compute.step import Step


@dataclass(frozen=True, slots=True)
class Prepared:
    """What need not be done any more when other books are taken, which ticks wait for.

    Attributes:
        fresh: a step of the new books; None: it is made then.
        same: the ids of the rules that are as they were, of books that are.
        read: the cells of the state as they were a moment ago.

    """

    fresh: Step | None = None
    same: frozenset[str] = frozenset()
    read: Decoded = field(default_factory=dict)


def read_ahead(cells: Mapping[str, bytes], key: str, fresh: Step) -> Decoded:
    """Return what the cells of the hash `key` hold, and make the instruments that it is about.

    Raises:
        ConfigError: they cannot be read.

    """
    read: Decoded = {}
    for quote in read_cells(cells, key, read).quotes:
        fresh.instruments.instrument(quote.instrument)
    return read
