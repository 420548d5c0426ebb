"""The strict YAML reading: what is taken, what is refused, and how a mistake is named."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from monitor.core.errors import ConfigError
from monitor.core.yamltext import MAX_BYTES, parse_document, parse_yaml, read_yaml


class Rule(Struct, forbid_unknown_fields=True):
    """A small typed target."""

    level: float
    name: str = ""
    since: date | None = None


class Book(Struct, forbid_unknown_fields=True):
    """A target with a list of structs."""

    rules: list[Rule] = []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("79_500_000", 79_500_000),
        ("-1_483.5", -1_483.5),
        ("1e6", 1e6),
        ("2.5e-3", 2.5e-3),
        ("true", True),
        ("null", None),
        ("", None),
        ("no", "no"),
        ("22:00", "22:00"),
        ("2025-07-17", "2025-07-17"),
        ("007", "007"),
        (".nan", ".nan"),
        ('"12"', "12"),
        ("[1, two]", [1, "two"]),
        ("{404: x, null: y}", {"404": "x", "null": "y"}),
    ],
)
def test_plain_scalars_mean_what_they_look_like(text: str, value: object) -> None:
    """Numbers, booleans and null are read; everything else stays text; keys are text."""
    assert parse_document(text, "f.yaml").data == value


def test_a_date_field_takes_a_date() -> None:
    """A struct's date field turns the text into a date."""
    rule = parse_yaml("level: 1\nsince: 2025-07-17", "f.yaml", Rule)
    assert rule.since == date(2025, 7, 17)


def test_a_misspelt_field_is_named_with_line_and_nearest_field() -> None:
    """An unknown key gives file, its own line, and the nearest valid key."""
    text = "rules:\n  - level: 1\n  - levle: 2\n"
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "book.yaml", Book)
    assert caught.value.where == "book.yaml:3"
    assert caught.value.message == "unknown field `levle` at rules.1.levle"
    assert caught.value.hint == "did you mean `level`?"


def test_a_missing_field_and_a_wrong_type_name_their_line() -> None:
    """Missing fields point at their struct, wrong types at the value."""
    with pytest.raises(ConfigError, match=r"^book\.yaml:3: missing field `level` at rules\.1"):
        parse_yaml("rules:\n  - level: 1\n  - name: x\n", "book.yaml", Book)
    with pytest.raises(ConfigError, match=r"^book\.yaml:3: expected `float`, got `str`"):
        parse_yaml("rules:\n  - name: x\n    level: high\n", "book.yaml", Book)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: `a` is given twice, first on line 1"),
        ("a: &x 1\nb: *x\n", "f.yaml:1: anchors and aliases"),
        ("\na: !!python/name:os.system x\n", "f.yaml:2: the tag"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: a second document"),
        ("? [a]\n: 1\n", "f.yaml:1: a key must be plain text"),
        ("[" * 50, "f.yaml:1: nested deeper than 24"),
        ("a: " + "9" * 41, "a number of 41 digits"),
        ("a: 1e999", "too large for a number"),
        ("a: [1, 2", "is no YAML"),
        ("a: 1\n\tb: 2", "is no YAML"),
        ("a: \ud800", "no UTF-8"),
        ("a: \x00", "is no YAML"),
        ("#" * (MAX_BYTES + 1), f"larger than {MAX_BYTES} bytes"),
        ("- x\n" * 100_001, "more than 100000 values"),
    ],
)
def test_what_the_books_do_not_need_is_refused(text: str, problem: str) -> None:
    """Duplicates, anchors, tags, depth, size and broken text come back as ConfigError."""
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "f.yaml")
    assert problem in str(caught.value)


@given(st.one_of(st.text(), st.text(alphabet="[]{}:,-&*!?|>'\"%@`# \n\tab1.e_"), st.binary()))
def test_garbage_raises_nothing_but_config_error(garbage: str | bytes) -> None:
    """Whatever the text, the reading gives a value or a ConfigError."""
    text = garbage if isinstance(garbage, str) else garbage.decode("latin-1")
    with contextlib.suppress(ConfigError):
        parse_yaml(text, "f.yaml", Book)


def test_unreadable_files_are_config_errors(tmp_path: Path) -> None:
    """A missing file and a file that is no UTF-8 are named."""
    with pytest.raises(ConfigError, match=r"gone\.yaml: cannot be read"):
        read_yaml(tmp_path / "gone.yaml", Book)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: caf\xe9")
    with pytest.raises(ConfigError, match=r"latin\.yaml: is no UTF-8 text"):
        read_yaml(latin, Book)
