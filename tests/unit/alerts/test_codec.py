"""The outbox form of a transition."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from alerts.codec import decode_transition, encode_transition
from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason
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


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        (AlertState.FIRING, NoticeReason.NEW),
        (AlertState.RESOLVED, NoticeReason.RESOLVED),
        (AlertState.PENDING, None),
    ],
)
def test_an_entry_from_before_the_desk_is_told_as_it_was(
    state: AlertState, notice: NoticeReason | None
) -> None:
    """What waits in the outbox while the service is renewed must not fall silent."""
    entry = json.loads(encode_transition(transition(to_state=state, notice=None)))
    del entry["d"]
    for name in ("notice", "muted_by", "ack", "duration_s", "min", "max", "members"):
        del entry["t"][name]
    assert decode_transition(json.dumps(entry).encode()).notice is notice


def test_what_the_desk_decided_stays() -> None:
    """A fire that the desk does not tell must not be taken for one from before there was a desk."""
    kept = transition(to_state=AlertState.FIRING, notice=None)
    assert decode_transition(encode_transition(kept)).notice is None


def test_a_newer_schema_is_refused_by_number() -> None:
    """An entry of a schema from the future must be refused, whatever its other fields are."""
    with pytest.raises(ValueError, match="schema 2, this release reads 1"):
        decode_transition(b'{"v": 2, "t": {"entirely": "different"}}')


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"v":1}', b'{"v":1,"t":{}}', b"\xff\x00"])
def test_anything_else_is_a_value_error(data: bytes) -> None:
    """Bytes that are no entry must raise ValueError and nothing else."""
    with pytest.raises(ValueError, match="cannot be read"):
        decode_transition(data)
