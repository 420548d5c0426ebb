"""A number per topic, so that a reader can tell a gap from a repeat."""

from __future__ import annotations

from collections import OrderedDict

MAX_TOPICS = 100_000


class Sequences:
    """Counts the messages of each topic, from 1; a message sent again keeps its number.

    Memory is bounded: beyond `limit` topics the one unused for longest starts anew.
    """

    def __init__(self, limit: int = MAX_TOPICS) -> None:
        self._limit = limit
        self._last: OrderedDict[str, tuple[int, str | None]] = OrderedDict()

    def next(self, topic: str, message_id: str | None) -> int:
        """Return the number of the message `message_id` on `topic`; None is never a repeat."""
        number, last_id = self._last.get(topic, (0, None))
        if message_id is None or message_id != last_id:
            number += 1
        self._last[topic] = (number, message_id)
        self._last.move_to_end(topic)
        if len(self._last) > self._limit:
            self._last.popitem(last=False)
        return number
