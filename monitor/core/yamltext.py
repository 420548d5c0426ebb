"""The one home of PyYAML: text to plain data and typed structs, strictly, with line numbers.

Books and rules are written by people, so a mistake must come back as file, line, field and mend.
The reading is stricter than YAML: keys are text and unique, there are no anchors, aliases, tags or
second documents, and size, depth and count are bounded, so no file can expand or recurse.

Plain scalars follow YAML 1.2, not 1.1: `no`, `ON`, `22:00` and `2025-07-17` stay text (a field
typed as a date then takes the text); `null`, `true`, `false` and decimal numbers are the rest.
Digits may be grouped by thousands with underscores: `79_500_000`, `1_483.5`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from monitor.core.errors import ConfigError
from monitor.core.mends import TORN, Place, Step, explained, known_words, steps_of, way_to

T = TypeVar("T")

MAX_BYTES = 1_048_576
MAX_DEPTH = 24
MAX_VALUES = 100_000

# The C parser gives the same events about ten times faster; not every build of PyYAML has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = r"(0|[1-9][0-9]*(_[0-9]{3})*)"
_INT = re.compile(rf"[-+]?{_WHOLE}")
_FLOAT = re.compile(rf"[-+]?({_WHOLE}\.[0-9]*|\.[0-9]+|{_WHOLE}(?=[eE]))([eE][-+]?[0-9]+)?")
_MAX_DIGITS = 40
_WORDS: Mapping[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: its plain data, and the line of every value and key.

    Attributes:
        name: the file's name, as errors print it.
        data: None, bool, int, float, str, list or dict with text keys.
        lines: line (from 1) of each place; the empty place is the whole file.

    """

    name: str
    data: Any
    lines: Mapping[Place, int]

    def where(self, *place: Step) -> str:
        """Return `file:line` of `place`, or of the nearest place around it."""
        for end in range(len(place), -1, -1):
            line = self.lines.get(place[:end])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name

    def at(self, *place: Step) -> Any:  # noqa: ANN401  # plain data of any shape
        """Return the plain data at `place`.

        Raises:
            KeyError, IndexError: there is no such place.

        """
        value = self.data
        for step in place:
            value = value[step]
        return value

    def convert(self, kind: type[T], *place: Step) -> T:
        """Return the data at `place` as `kind`; structs should forbid unknown fields.

        Raises:
            ConfigError: a field is unknown, missing or of the wrong type; names file and line.

        """
        try:
            return msgspec.convert(self.at(*place), kind)
        except msgspec.ValidationError as error:
            raise self._explain(error, kind, place) from error

    def _explain(self, error: msgspec.ValidationError, kind: Any, base: Place) -> ConfigError:  # noqa: ANN401  # any type msgspec can convert to
        message, _, tail = str(error).partition(" - at `")
        inner = steps_of(tail.rstrip("`"))
        place = base + inner
        quoted = re.search(r"[`']([^`']+)[`']", message)
        word = quoted.group(1) if quoted else ""
        said, hint = explained(message, word, known_words(kind, inner), self._word(place))
        if "unknown field" in message:
            place = (*place, word)
        elif not hint:
            place = self._nearer(place, message)
        path = ".".join(str(step) for step in place)
        text = f"{said[:1].lower()}{said[1:]}" + (f" at {path}" if path else "")
        return ConfigError(text, where=self.where(*place), hint=hint)

    def _word(self, place: Place) -> object:
        # a key of a mapping has no place of its own
        with suppress(KeyError, IndexError, TypeError):
            return self.at(*place)
        return place[-1]

    def _nearer(self, place: Place, message: str) -> Place:
        """Return the place of the field that a check of a whole entry is about, if it names one.

        Such a check says the field's name first, or its value.
        """
        try:
            entry = self.at(*place)
        except (KeyError, IndexError, TypeError):
            return place
        if not isinstance(entry, dict):
            return place
        words = re.findall(r"`([^`]+)`", message)
        named = next((word for word in (*words, message.partition(" ")[0]) if word in entry), None)
        said = (
            key for key, value in entry.items() if isinstance(value, str) and repr(value) in message
        )
        field_ = named or next(said, None)
        return place if field_ is None else (*place, field_)


def dump_yaml(data: Any) -> str:  # noqa: ANN401  # any JSON-able data
    """Return `data` as YAML text, in its own order."""
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    return text


def read_document(path: Path) -> Document:
    """Read and parse the file at `path`.

    Raises:
        ConfigError: it cannot be read, is no UTF-8, too large, or no acceptable YAML.

    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode()
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = way_to(path, error)
        raise ConfigError(f"cannot be read: {why}", where=str(path), hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is no UTF-8 text", where=str(path), hint="save it as UTF-8") from error
    return parse_document(text, str(path))


def read_yaml(path: Path, kind: type[T]) -> T:
    """Read the file at `path` as `kind`; raises ConfigError as `read_document` and `convert` do."""
    return read_document(path).convert(kind)


def parse_yaml(text: str, name: str, kind: type[T]) -> T:
    """Parse `text` as `kind`; `name` stands for the file in errors. Raises ConfigError."""
    return parse_document(text, name).convert(kind)


def parse_document(text: str, name: str) -> Document:
    """Parse `text` to plain data with line numbers.

    Raises:
        ConfigError: no YAML, or YAML that this reader refuses; names the line.

    """
    if len(text) > MAX_BYTES:
        raise ConfigError(f"is larger than {MAX_BYTES} bytes", where=name, hint="split the file")
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(f"is no YAML: {problem}", where=f"{name}{line}", hint=TORN) from error
    except UnicodeEncodeError as error:
        raise ConfigError("is no UTF-8 text", where=name, hint="save it as UTF-8") from error
    return Document(name, builder.root, builder.lines)


@dataclass(slots=True)
class _Frame:
    """One open list or mapping while building; `key` is the mapping's pending key."""

    value: list[Any] | dict[str, Any]
    place: Place
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Build plain data from the parser's events, without recursion."""

    name: str
    root: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    _open: list[_Frame] = field(default_factory=list)
    _documents: int = 0
    _values: int = 0

    def take(self, event: yaml.events.Event) -> None:
        """Take one event; refuse what the books do not need."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.events.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refuse("a second document starts here", line, "keep one per file")
        elif isinstance(event, yaml.events.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.events.NodeEvent):
            self._node(event, line)

    def _node(self, event: yaml.events.NodeEvent, line: int) -> None:
        if event.anchor is not None:
            raise self._refuse("anchors and aliases (&, *) are not used here", line, "write it out")
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            raise self._refuse(f"the tag {tag} is not used here", line, "remove the tag")
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._refuse(f"more than {MAX_VALUES} values", line, "split the file")
        if isinstance(event, yaml.events.ScalarEvent):
            self._scalar(event, line)
        else:
            mapping = isinstance(event, yaml.events.MappingStartEvent)
            empty: list[Any] | dict[str, Any] = {} if mapping else []
            place = self._put(empty, line)
            if len(self._open) >= MAX_DEPTH:
                raise self._refuse(f"nested deeper than {MAX_DEPTH}", line, "flatten it")
            self._open.append(_Frame(empty, place))

    def _scalar(self, event: yaml.events.ScalarEvent, line: int) -> None:
        frame = self._open[-1] if self._open else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            if event.value in frame.value:
                first = self.lines[(*frame.place, event.value)]
                problem = f"`{event.value}` is given twice, first on line {first}"
                raise self._refuse(problem, line, "keep one of them")
            frame.key = event.value
            self.lines[(*frame.place, event.value)] = line
            return
        plain = event.implicit[0]
        try:
            value = _resolve(event.value) if plain else event.value
        except ValueError as error:
            raise self._refuse(str(error), line, "write a smaller number") from error
        self._put(value, line)

    def _put(self, value: object, line: int) -> Place:
        if not self._open:
            self.root = value
            self.lines[()] = line
            return ()
        frame = self._open[-1]
        if isinstance(frame.value, list):
            place: Place = (*frame.place, len(frame.value))
            frame.value.append(value)
            self.lines[place] = line
            return place
        if frame.key is None:
            raise self._refuse("a key must be plain text", line, "write `key: value`")
        place = (*frame.place, frame.key)
        frame.value[frame.key] = value
        frame.key = None
        return place

    def _refuse(self, problem: str, line: int, hint: str) -> ConfigError:
        return ConfigError(problem, where=f"{self.name}:{line}", hint=hint)


def _resolve(text: str) -> bool | int | float | str | None:
    """Return what a plain scalar means; ValueError where a number is beyond any use."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            raise ValueError(f"a number of {len(text)} digits")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is too large for a number")
        return number
    return text
