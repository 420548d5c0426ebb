"""What comes over MQTT and what is said to it, whoever hears it: the words between `inbox` and hearers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

STORE_UNAVAILABLE = "store_unavailable"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message as the broker handed it over.

    Attributes:
        name: the last level of its topic.
        payload: None where it is larger than its hearer looks at: it was let go unread.
        retained: the broker keeps it, or kept it: it says nothing of now.
        properties: user properties of MQTT 5, their names in small letters; empty without.
        reply_to: the response topic of MQTT 5; empty without.
        correlation: its correlation data; empty without.

    """

    name: str
    payload: bytes | None
    retained: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    reply_to: str = ""
    correlation: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one message.

    Attributes:
        outcome: the word that it is counted by.
        answer: what the sender is told.
        answered: whether it is told: a name that is none has no topic for an answer, and what is
            retained would be answered at each connection.
        to: the topic of the answer; empty: `…/answer` below that of the message.
        correlation: goes with the answer where MQTT 5 is spoken.
        later: gives the answer when there is one; the message itself is done with.
        more: the rest of the answer, a message each.

    """

    outcome: str
    answer: Mapping[str, object]
    answered: bool = True
    to: str = ""
    correlation: bytes = b""
    later: Callable[[], Awaitable[Reply]] | None = None
    more: Sequence[Mapping[str, object]] = ()

    @property
    def is_done(self) -> bool:
        """Tell whether the broker may forget the message; else it is to hand it over again."""
        return self.outcome != STORE_UNAVAILABLE


class Hearer(Protocol):
    """Who is given the messages of one filter, one after the other."""

    @property
    def levels(self) -> str:
        """Return the filter, below the instance."""
        ...

    @property
    def max_payload(self) -> int:
        """Return how many bytes of a payload are looked at."""
        ...

    async def take(self, message: Delivered) -> Reply:
        """Do what is to be done with a message; nothing but a bug of ours leaves here."""
        ...

    def overrun(self) -> None:
        """Count a message that came while too many were waiting."""
        ...
