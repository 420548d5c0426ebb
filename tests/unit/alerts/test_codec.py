"""The outbox form of a transition."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from alerts.codec import decode_transition, encode_transition
from alerts.model import Transition
from tests.transitions import any_transition, transition


@given(any_transition())
def test_round_trip(given_transition: Transition) -> None:
    """What the commit writes the relay must read, to the last field."""
    assert decode_transition(encode_transition(given_transition)) == given_transition


def test_unknown_fields_are_ignored() -> None:
    """A newer writer of the same schema may add a field without stopping an older relay."""
    entry = json.loads(encode_transition(transition()))
    entry["t"]["later"] = {"x": 1}
    assert decode_transition(json.dumps(entry).encode()) == transition()


def test_an_entry_without_a_later_field_is_read() -> None:
    """An entry written before a field with a default existed must still be delivered."""
    entry = json.loads(encode_transition(transition()))
    del entry["t"]["test"]
    assert decode_transition(json.dumps(entry).encode()) == transition(test=False)


def test_a_newer_schema_is_refused_by_number() -> None:
    """An entry of a schema from the future must be refused, whatever its other fields are."""
    with pytest.raises(ValueError, match="schema 2, this release reads 1"):
        decode_transition(b'{"v": 2, "t": {"entirely": "different"}}')


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"v":1}', b'{"v":1,"t":{}}', b"\xff\x00"])
def test_anything_else_is_a_value_error(data: bytes) -> None:
    """Bytes that are no entry must raise ValueError and nothing else."""
    with pytest.raises(ValueError, match="cannot be read"):
        decode_transition(data)
