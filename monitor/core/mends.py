"""How to mend a mistake in a file: the nearest word that would have done, at its place.

Reads msgspec's description of the wanted type; used by the strict YAML reading and by the books.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from msgspec import inspect

Step: TypeAlias = str | int
MANY = 12
"""More known words than this are not all listed."""
LIKELY = 5

Place: TypeAlias = tuple[Step, ...]
_NO_NAME = re.compile(r"matching regex '\^\[a-z0-9\]\[a-z0-9_-\]\{0,(\d+)\}\$'")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a mend for an unknown word: the nearest known one, else all, else the likeliest."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return "remove it"
    likely = names
    if len(names) > MANY:
        likely = difflib.get_close_matches(word, names, n=LIKELY, cutoff=0.0)
    words = ", ".join(f"`{name}`" for name in likely)
    return f"known are {words}" if likely is names else f"the nearest of {len(names)} are {words}"


def name_mend(message: str) -> str:
    """Return how a name is written, where `message` is msgspec's that a text is none; else nothing."""
    found = _NO_NAME.search(message)
    if found is None:
        return ""
    return f"lower-case letters, digits, - and _, no sign first, at most {int(found[1]) + 1} in all"


def steps_of(path: str) -> Place:
    """Return msgspec's `$.rules[3].level` as steps, up to the first key it does not name."""
    steps: list[Step] = []
    for name, index in re.findall(r"\.([^.\[\]]+)|\[([^\]]*)\]", path):
        if name:
            steps.append(name)
        elif index.isdecimal():
            steps.append(int(index))
        else:
            break
    return tuple(steps)


def _leaves(info: inspect.Type, place: Place) -> Iterator[inspect.Type]:
    """Yield the types that may stand at `place` inside `info`: all members of a union."""
    if isinstance(info, inspect.UnionType):
        for member in info.types:
            yield from _leaves(member, place)
    elif isinstance(info, inspect.Metadata):
        yield from _leaves(info.type, place)
    elif not place:
        yield info
    elif isinstance(info, inspect.StructType):
        yield from _members(info, place)
    elif isinstance(info, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        yield from _leaves(info.item_type, place[1:])
    elif isinstance(info, inspect.DictType):
        yield from _leaves(info.value_type, place[1:])


def _members(info: inspect.StructType, place: Place) -> Iterator[inspect.Type]:
    """Yield the types that may stand at `place` inside a struct; its tag is a field too."""
    if info.tag is not None and place == (info.tag_field,):
        yield inspect.LiteralType((info.tag,))
    for entry in info.fields:
        if entry.encode_name == place[0]:
            yield from _leaves(entry.type, place[1:])


def known_words(kind: Any, place: Place) -> list[str]:  # noqa: ANN401  # any type msgspec can convert to
    """Return the field names or enum values that may stand at `place`."""
    words: list[str] = []
    for leaf in _leaves(inspect.type_info(kind), place):
        if isinstance(leaf, inspect.StructType):
            words.extend(entry.encode_name for entry in leaf.fields)
            words.extend([leaf.tag_field] if leaf.tag_field else [])
        elif isinstance(leaf, inspect.EnumType):
            words.extend(str(member.value) for member in leaf.cls)
        elif isinstance(leaf, inspect.LiteralType):
            words.extend(str(value) for value in leaf.values)
    return words
