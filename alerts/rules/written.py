"""A rule as a rulebook writes it: its own fields and those of its manner side by side.

Kept is something else (`Rule`): what many rules say alike they share. So each type has a second
struct, made from the first, which is what a file is checked against and what its schema shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, Union, get_type_hints

import msgspec

from alerts.rules.base import Rule
from alerts.rules.manner import PLAIN, Manner

R = TypeVar("R", bound=Rule)

TOGETHER = 1_000
"""Rules read in one call, which holds up all other threads for a millisecond or two."""
_MANNER = Manner.__struct_fields__
_SAID = attrgetter(*_MANNER)
_PLAIN = _SAID(PLAIN)
_UNSAID: Mapping[str, object] = msgspec.to_builtins(PLAIN)


class Keeper:
    """Makes rules of what is written; those of one keeper share what they say alike."""

    def __init__(self) -> None:
        """Begin with nothing to share."""
        self._manners: dict[Any, Manner] = {_PLAIN: PLAIN}

    def keep(self, kind: type[R], written: Any) -> R:  # noqa: ANN401  # made at run time
        """Return the rule.

        Raises:
            ValueError: its fields contradict each other.

        """
        names, values = _own(kind)
        return kind(manner=self._manner(written), **dict(zip(names, values(written), strict=True)))

    def _manner(self, written: Any) -> Manner:  # noqa: ANN401  # made at run time
        said = _SAID(written)
        try:
            found = self._manners.get(said)
            key: Any = said
        except TypeError:  # overrides are a mapping
            key = msgspec.json.encode(said)
            found = self._manners.get(key)
        if found is None:
            found = Manner(**dict(zip(_MANNER, said, strict=True)))
            self._manners[key] = found
        return found


@cache
def _own(kind: type[Rule]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the fields that are not of the manner, and what reads them all: `id` and `on` at least."""
    names = tuple(name for name in kind.__struct_fields__ if name != "manner")
    return names, attrgetter(*names)


@cache
def written_type(kind: type[Rule], *, checked: bool = True) -> type[msgspec.Struct]:
    """Return the struct of a type's rules as they are written.

    One that is `checked` exists only if the rule does; without that each field is right by itself.
    """
    hints = get_type_hints(Manner, include_extras=True) | get_type_hints(kind, include_extras=True)
    own = {it.name: it for it in msgspec.structs.fields(kind) if it.name != "manner"}
    first = [own.pop("id"), own.pop("on")]
    fields = [*first, *msgspec.structs.fields(Manner), *own.values()]

    def check(self: Any) -> None:  # noqa: ANN401  # made at run time
        Keeper().keep(kind, self)

    config = kind.__struct_config__
    namespace: dict[str, Any] = {"__doc__": kind.__doc__} | (
        {"__post_init__": check} if checked else {}
    )
    return msgspec.defstruct(
        kind.__name__,
        [_field(it, hints[it.name]) for it in fields],
        module=kind.__module__,
        namespace=namespace,
        tag=config.tag,
        tag_field=config.tag_field,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
    )


def _field(info: msgspec.structs.FieldInfo, hint: Any) -> tuple[str, Any, Any]:  # noqa: ANN401  # any type
    """Return a field as `defstruct` takes it."""
    made: dict[str, Any] = {"name": info.encode_name}
    if info.default_factory is not msgspec.NODEFAULT:
        made["default_factory"] = info.default_factory
    elif info.default is not msgspec.NODEFAULT:
        made["default"] = info.default
    return info.name, hint, msgspec.field(**made)


def any_written(types: Sequence[type[Rule]], *, checked: bool = True) -> Any:  # noqa: ANN401  # a union made at run time
    """Return the type of a rule of any of the types, as it is written."""
    return Union[tuple(written_type(kind, checked=checked) for kind in types)]  # noqa: UP007  # likewise


def kept(written: Iterable[msgspec.Struct], types: Sequence[type[Rule]]) -> tuple[Rule, ...]:
    """Return the rules of one file."""
    return tuple(map(_keeper(types), written))


def _keeper(types: Sequence[type[Rule]]) -> Callable[[msgspec.Struct], Rule]:
    """Return what makes rules of one file of what is written."""
    kinds = {kind.__struct_config__.tag: kind for kind in types}
    keeper = Keeper()
    return lambda written: keeper.keep(kinds[written.__struct_config__.tag], written)


def kept_of_json(raw: Sequence[msgspec.Raw], types: Sequence[type[Rule]]) -> tuple[Rule, ...]:
    """Return the rules of one JSON file, read some at a time: a million need no second copy.

    Those that say nothing of their manner are read as what they are, in a quarter of the time.

    Raises:
        ValueError: one is no rule; its place in the file is not named.

    """
    plain = msgspec.json.Decoder(list[Union[tuple(types)]])  # type: ignore[misc]  # noqa: UP007  # made at run time
    written = msgspec.json.Decoder(any_written(types, checked=False))
    keeper = _keeper(types)
    found: list[Rule] = []
    for first in range(0, len(raw), TOGETHER):
        some = raw[first : first + TOGETHER]
        found += _plain(plain, some) or map(keeper, map(written.decode, some))
    return tuple(found)


def _plain(decoder: msgspec.json.Decoder[list[Rule]], raw: Iterable[msgspec.Raw]) -> list[Rule]:
    """Return rules of which none says anything of its manner; none of them if one does, or is wrong."""
    try:
        rules = decoder.decode(b"[" + b",".join(raw) + b"]")
    except msgspec.DecodeError:
        return []
    # a file says a manner side by side with the rest, so a field `manner` is no word of it
    return rules if all(rule.manner is PLAIN for rule in rules) else []


def said_by(rule: Rule) -> dict[str, Any]:
    """Return a rule as a person would write it: without what goes without saying."""
    body = rule.written()
    return {name: it for name, it in body.items() if name not in _UNSAID or it != _UNSAID[name]}


def rule_of(body: Mapping[str, object], kind: type[R]) -> R:
    """Return one rule from plain data, as a file would write it.

    Raises:
        msgspec.ValidationError: a field is unknown, missing or wrong.

    """
    return Keeper().keep(kind, msgspec.convert(body, written_type(kind)))
