"""What a broker has refused of the retained states: told, and left alone for a while."""

from __future__ import annotations

import structlog

from alerts.topics import Topic
from monitor.core.clock import MINUTE, Clock, Millis
from monitor.core.errors import DeliveryError

REFUSED_MS = 10 * MINUTE
"""How long a broker that refused something is not asked again."""
_FORBIDDEN = "refused"
"""The reason of a refusal that means the place, where others mean what was sent to it."""

log = structlog.get_logger()


class Refusals:
    """Which topics, or kinds of them, are left alone by now.

    Some brokers end the connection at what they refuse, and alerts go over the same one: to ask at
    each turn would cut them off each second.
    """

    def __init__(self, clock: Clock, below: str) -> None:
        """`below` is where all our topics begin, for the words that say what to allow."""
        self._clock, self._below = clock, below
        self._until: dict[str, Millis] = {}

    def has(self, topic: Topic) -> bool:
        """Tell whether a topic, or others of its kind, was refused a while ago."""
        return self._clock.now() < max(self._until.get(it, 0) for it in (topic.name, topic.kind))

    def take(self, error: DeliveryError, topic: Topic) -> None:
        """Leave alone what may not be written, with all of its kind, and what is too large by itself.

        Raises:
            DeliveryError: `error`, where the broker may take it at the next turn.

        """
        if error.retriable:
            raise error
        forbidden = error.reason == _FORBIDDEN
        self._until[topic.kind if forbidden else topic.name] = self._clock.now() + REFUSED_MS
        hint = "let the broker take larger packets, or let rules watch fewer metrics"
        if forbidden:
            hint = f"let our user write {self._below}# in the broker's rules"
        log.warning("states.refused", topic=topic.name, why=str(error), hint=hint)
