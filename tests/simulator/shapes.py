"""A kind of answer: what it is when all is well, and where in it the value and the time stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.simulator.market import Market

Document = Any
Path = tuple[str | int, ...]


ANY = "*"
"""In a path: the first member there, whatever it is called."""
EACH = "**"
"""In a path: every member there, of an object or a list."""


class UnknownSymbolError(Exception):
    """The provider does not know the symbol; it answers so in its own way."""

    def __init__(self, status: int, body: Document) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of answer.

    Attributes:
        matches: how its path begins, behind the provider's prefix.
        render: builds the document from the market, the rest of the path and the query (of a
            POST: its JSON body's members as text). A text is sent as it is, not as JSON.
        price: where one of the values stands; empty for a bare number.
        time: where the source's time stands; None when it has none.
        rename: which key a silent rename hits; empty: there is none.
        book: where the best bid and ask stand; None when it gives none.
        content_type: of the answer.

    """

    matches: str
    render: Callable[[Market, str, Mapping[str, str]], Document]
    price: Path
    time: Path | None = None
    rename: Path = ()
    book: tuple[Path, Path] | None = None
    content_type: str = "application/json"

    @property
    def is_text(self) -> bool:
        """Tell whether the answer is no JSON."""
        return self.content_type != "application/json"


def put(document: Document, path: Path, value: object) -> Document:
    """Return `document` with `value` at `path`; the empty path replaces all of it."""
    if not path:
        return value
    head, *tail = path
    if head == EACH:
        for key in _keys(document):
            document = put(document, (key, *tail), value)
        return document
    if head == ANY:
        head = _keys(document)[0]
    changed = document.copy()
    changed[head] = put(document[head], tuple(tail), value)
    return changed


def _keys(document: Document) -> list[Any]:
    """Return the names of an object's members, or the places of a list's."""
    return list(document) if isinstance(document, dict) else list(range(len(document)))


def look(document: Document, path: Path) -> Any:
    """Return what stands at `path`."""
    for step in path:
        document = document[_keys(document)[0] if step in {ANY, EACH} else step]
    return document


def like(old: object, value: Decimal) -> object:
    """Return `value` written as `old` is: text stays text, numbers stay numbers."""
    return str(value) if isinstance(old, str) else int(value)
