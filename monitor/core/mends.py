"""How to mend a mistake in a file: the nearest word that would have done, at its place.

Reads msgspec's description of the wanted type; used by the strict YAML reading and by the books.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import inspect

Step: TypeAlias = str | int
MANY = 12
"""More known words than this are not all listed."""
LIKELY = 5
TORN = "look there and a line above for a missing quote, bracket or space"
"""The mend of what is no YAML at all."""

Place: TypeAlias = tuple[Step, ...]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a mend for an unknown word: the nearest known one, else all, else the likeliest."""
    names = sorted(set(known))
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


def explained(message: str, word: str, known: list[str], said: object) -> tuple[str, str]:
    """Return what msgspec says in our words, and the mend; no mend where it names none.

    `word` is what its message quotes, `known` what might stand there, `said` what does.
    """
    if "unknown field" in message:
        return f"unknown field `{word}`", nearest(word, known)
    if "missing required" in message:
        return f"missing field `{word}`", f"add `{word}:`"
    if "enum value" in message or "Invalid value" in message:
        return message, nearest(word, known)
    return _as_written(message, said)


def _as_written(message: str, said: object) -> tuple[str, str]:
    """Return what is wrong with how a value is written, and how to write it."""
    if "matching regex" in message:
        return f"`{said}` may not stand here", form_of(message)
    mend = ""
    if message.endswith(("got `null`", "got `NoneType`")):
        message = f"{message.rpartition('got')[0]}and there is nothing"
        mend = "write it, or leave it out"
    elif "RFC3339" in message:
        mend = "write it as 2025-07-17"
    elif "got `str`" in message and ("`float" in message or "`int" in message):
        mend = _number_meant(said)
    elif "`str`, got `int`" in message:
        mend = f'write it as text: "{said}"; a time has a unit: {said}s, {said}m or {said}h'
    return message, mend


_SCALED = re.compile(r"([-+]?\d*\.?\d+)\s*([%kKmM])")
_SCALES = {"%": 0.01, "k": 1e3, "m": 1e6}


def _number_meant(said: object) -> str:
    """Return the number that somebody meant with a text."""
    found = _SCALED.fullmatch(str(said).replace("_", "").replace(",", ""))
    if found is None:
        return "write a number; to have none, leave the key out"
    number = float(found[1]) * _SCALES[found[2].lower()]
    return f"write {number:g}" + (", ratios are fractions" if found[2] == "%" else "")


_NAME = re.compile(r"\^\(?\[([^]]+)\]\[([^]]+)\]\{0,(\d+)\}\)?\??\$")
_EXAMPLES = {
    ":[0-5]": "07:00",
    "3[01])$": "12-31",
    "{0,4}:[1-9]": "4:1",
    "[A-Z]{3}": "CAD",
    "[^\\s@<>": "ana@example.org",
}
"""A part of a pattern, and a text that fits it."""
_FIRST = {
    "a-z0-9": "a letter or digit first",
    "A-Za-z0-9": "a letter or digit first",
    "A-Z": "a capital first",
}


def form_of(message: str) -> str:
    """Return in words which form msgspec wants of a text, by the pattern in its message."""
    pattern = message.partition("matching regex '")[2].rstrip("'")
    found = _NAME.fullmatch(pattern)
    if found is None:
        example = next((it for part, it in _EXAMPLES.items() if part in pattern), "")
        return f"write it as {example}" if example else f"write it so that it fits {pattern}"
    first, others, more = found.groups()
    signs = re.findall(r".-.|.", others)
    words = f"{', '.join(signs[:-1])} and {signs[-1]}"
    return f"use 1 to {int(more) + 1} of {words}, {_FIRST[first]}"


def way_to(path: Path, error: OSError) -> str:
    """Return the mend for a file that cannot be opened: most often its name is misspelt."""
    if isinstance(error, IsADirectoryError):
        return "name a file in it"
    if isinstance(error, PermissionError):
        return "give its reader the right to"
    try:
        beside = [it.name for it in path.parent.iterdir()]
    except OSError:
        return f"there is no folder {path.parent}; name a file that is there"
    near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.8)
    return f"did you mean {path.with_name(near[0])}?" if near else "name a file that is there"
