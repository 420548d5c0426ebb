"""All that is wrong with one rule of a file, not only the first: each is one edit and one run less."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from alerts.rules.base import Rule
from alerts.rules.written import any_written
from monitor.core.errors import ConfigError
from monitor.core.mends import Place, Step, steps_of
from monitor.core.yamltext import Document

MOST = 10
"""So many of one rule: who has made more will read the page."""


def mistakes(document: Document, types: Sequence[type[Rule]], *place: Step) -> list[ConfigError]:
    """Return what is wrong with the rule at `place` in a document, none if it is one.

    What its fields say together is checked only where each is right.
    """
    found = _field_by_field(document, types, place)
    if not found:
        try:
            document.convert(any_written(types), *place)
        except ConfigError as error:
            found.append(error)
    return found


def _field_by_field(
    document: Document, types: Sequence[type[Rule]], place: Place
) -> list[ConfigError]:
    """Return which fields are wrong: each is told and left out, and the rest read again."""
    kind, rest = any_written(types, checked=False), _alone(document, place)
    found, cut = list[ConfigError](), list[Place]()
    while len(found) < MOST:
        try:
            rest.convert(kind, *place)
        except ConfigError as error:
            at, missing = _place_of(error)
            if not _follows(at, missing, cut, found):
                found.append(error)
            while at and isinstance(at[-1], int):  # the parts of a list would have other places
                at = at[:-1]
            if not at:
                break
            cut.append(at)
            _leave_out(rest.at(*place), at)
        else:
            break
    return found


def _follows(at: Place, missing: str, cut: Sequence[Place], found: Sequence[ConfigError]) -> bool:
    """Tell whether a mistake is there only for what was left out."""
    if missing:
        return (*at, missing) in cut or any(f"did you mean `{missing}`" in it.hint for it in found)
    return any(it[: len(at)] == at for it in cut)


def _alone(document: Document, place: Place) -> Document:
    """Return a copy of what is at `place`, and nothing around it."""
    data = copy.deepcopy(document.at(*place))
    for step in reversed(place):
        data = {step: data}
    return replace(document, data=data)


def _place_of(error: ConfigError) -> tuple[Place, str]:
    """Return where in the rule a mistake is, and the field that is missing there, if one is.

    Without a place it is of the whole rule.
    """
    message, _, tail = str(error.__cause__).partition(" - at `")
    place = steps_of(tail.rstrip("`"))
    _, unknown, name = message.partition("unknown field `")
    if unknown:
        place = (*place, name.rstrip("`"))
    return place, message.partition("missing required field `")[2].rstrip("`")


def _leave_out(rule: Any, at: Place) -> None:  # noqa: ANN401  # plain data of any shape
    *around, last = at
    with suppress(KeyError, IndexError, TypeError):  # a key that cannot be read has no place
        for step in around:
            rule = rule[step]
        del rule[last]
