"""What a command comes to at the door: let in, answered at once, or turned away; and its sender's words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec

from alerts.schemas.replies import CommandReply
from monitor.core.clock import Millis, iso
from monitor.domain.commands import Reply
from monitor.store.commands import Entered
from monitor.web.admission import RefusedRequest

FORBIDDEN = frozenset(
    {"unsigned", "unknown_user", "bad_signature", "old_timestamp", "other_name", "id_taken"}
)
"""Outcomes that the sender hears of as `forbidden`: what exactly, the log and the trail know."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A command that was not let in.

    Attributes:
        refusal: why.
        known: whether its sender was known by then.
        noted: whether it is in the trail; when strangers come too fast, the rest is counted only.
        at: when, ms UTC.
        name: its id, as far as that was read.

    """

    refusal: RefusedRequest
    known: bool
    noted: bool
    at: Millis
    name: str

    @property
    def answer(self) -> dict[str, object]:
        """Return what the sender is told."""
        outcome = self.refusal.outcome
        word = "forbidden" if outcome in FORBIDDEN else outcome
        return told(id=self.name, at=iso(self.at), error=word, text=self.refusal.message)


@dataclass(frozen=True, slots=True)
class LetIn:
    """A command that is among the ticks; `name` is its id as its sender wrote it."""

    entered: Entered
    name: str

    def answer(self, reply: Reply) -> dict[str, object]:
        """Return what the sender is told of what became of it."""
        facts = {field.name: getattr(reply, field.name) for field in fields(reply)}
        named = {"id": self.name, "at": iso(reply.at), "repeated": self.is_repeated}
        return told(**facts | named)

    def unanswered(self, at: Millis) -> dict[str, object]:
        """Return what the sender is told where nothing became of it by `at`."""
        text = "nobody computes now; it is done later. Ask again under the same id, signed anew"
        return told(id=self.name, at=iso(at), error="unanswered", text=text)

    @property
    def is_repeated(self) -> bool:
        """Tell whether it had come before."""
        return not self.entered.is_new


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered at once, in the words for its sender."""

    answer: dict[str, object]


def told(**facts: Any) -> dict[str, object]:  # noqa: ANN401  # the fields of the payload
    """Return a reply with these fields, as plain data; not accepted unless they say so."""
    reply: dict[str, object] = msgspec.to_builtins(CommandReply(**{"accepted": False} | facts))
    return reply
