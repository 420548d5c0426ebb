"""Transitions in the outbox: one JSON object with the number of its schema. Hop 6 to hop 7.

The compute commit writes the entry, the relay reads it, perhaps in a newer release: a reader
ignores fields it does not know and refuses a schema newer than its own, so an entry is never
half understood.

An entry without the mark `d` is from before there was a desk that decides what is told: then
every fire, its end and what just happened was.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason

FIELD = "n"
"""The field of the outbox entry that holds the encoded transition."""

SCHEMA = 1


class _Envelope(msgspec.Struct, frozen=True):
    v: int
    t: Transition
    d: bool = False


class _Version(msgspec.Struct, frozen=True):
    v: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Envelope)
_version = msgspec.json.Decoder(_Version)


def encode_transition(transition: Transition) -> bytes:
    """Return the outbox form of `transition`."""
    return _encoder.encode(_Envelope(SCHEMA, transition, d=True))


def decode_transition(data: bytes) -> Transition:
    """Return the transition that `encode_transition` wrote.

    Raises:
        ValueError: not ours, or of a schema this release does not know.

    """
    try:
        envelope = _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(_refusal(data) or f"outbox entry cannot be read: {error}") from error
    if envelope.v != SCHEMA:
        raise ValueError(_refusal(data))
    return envelope.t if envelope.d else _as_told_before(envelope.t)


def _as_told_before(transition: Transition) -> Transition:
    if not transition.notifies:
        return transition
    ended = transition.to_state is AlertState.RESOLVED
    return replace(transition, notice=NoticeReason.RESOLVED if ended else NoticeReason.NEW)


def _refusal(data: bytes) -> str:
    """Return that the schema is another one, if that much can be read; else nothing."""
    try:
        schema = _version.decode(data).v
    except msgspec.MsgspecError:
        return ""
    if schema == SCHEMA:
        return ""
    return f"outbox entry has schema {schema}, this release reads {SCHEMA}"
