"""What a sink has said so far: newer than what others have read of the same."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.model import Transition
from alerts.sinks.mqtt.link import Message


class Spoken:
    """The last transition told of each alert over this connection, and the topics that hold a state."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}
        self._topics: set[str] = set()

    def note(self, transition: Transition, messages: Iterable[Message]) -> None:
        """Take what is being said of a transition."""
        if transition.has_state:
            self._last[transition.name] = transition.id
        for message in messages:
            if message.retain:
                (self._topics.add if message.payload else self._topics.discard)(message.topic)

    def overtakes(self, transition: Transition) -> bool:
        """Tell whether something else was said of its alert over this connection."""
        return self._last.get(transition.name, transition.id) != transition.id

    def holds(self, topic: str) -> bool:
        """Tell whether a state was put there."""
        return topic in self._topics

    def took_back(self, topic: str) -> None:
        """Note that a state was taken back."""
        self._topics.discard(topic)

    def begin(self) -> None:
        """Note that a new connection begins: the broker may know nothing of what was told before."""
        self._last.clear()
