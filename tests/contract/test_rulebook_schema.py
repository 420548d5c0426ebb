"""The published JSON Schema of a rulebook: it takes what the service takes, of every type of rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from alerts.rule_text import rulebook_schema
from monitor.app.world import find_rule_types
from monitor.core.yamltext import read_document

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted(
    [*(ROOT / "docs/samples/rules").glob("*.yaml"), *(ROOT / "alerts/books").glob("*.yaml")]
)
TAGS = [str(kind.__struct_config__.tag) for kind in find_rule_types()]
SCHEMA = rulebook_schema(find_rule_types())
VALIDATOR = Draft202012Validator(SCHEMA)


def rules_of(path: Path) -> list[dict[str, Any]]:
    """Return the rules of a book as plain data."""
    return list(read_document(path).data["rules"])


def test_the_schema_is_one() -> None:
    """It keeps the rules of JSON Schema itself."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", BOOKS, ids=lambda it: it.name)
def test_a_book_keeps_the_schema(path: Path) -> None:
    """Every sample and every book of the package is valid."""
    assert [error.message for error in VALIDATOR.iter_errors(read_document(path).data)] == []


@pytest.mark.parametrize("tag", TAGS)
def test_every_type_is_taken_and_a_misspelt_key_of_it_is_not(tag: str) -> None:
    """The samples have a rule of each type; the schema knows it and all its keys."""
    rule = next(it for path in BOOKS for it in rules_of(path) if it["type"] == tag)
    assert VALIDATOR.is_valid({"rules": [rule]})
    assert not VALIDATOR.is_valid({"rules": [{**rule, "sevrity": "info"}]})
