"""What is on its way to a broker: packet identifiers, acknowledgements, and the broker's window."""

from __future__ import annotations

from collections import deque

from alerts.sinks.mqtt.link import Batch
from alerts.sinks.mqtt.packets import UNLIMITED

_LAST_MID = 65_535


class Flight:
    """The unacknowledged messages of one connection.

    Attributes:
        window: how many the broker takes at once (its Receive Maximum); the rest waits, in order.

    """

    def __init__(self) -> None:
        self.window = UNLIMITED
        self._mid = 0
        self._batches: dict[int, Batch] = {}
        self._reserved: set[int] = set()
        self._flying = 0
        self._waiting: deque[bytes] = deque()

    @property
    def empty(self) -> bool:
        """Tell whether nothing is on its way, nor waits."""
        return not self._batches

    @property
    def oldest_at(self) -> float | None:
        """Return when the oldest was sent, in the event loop's time; None if nothing is."""
        oldest = next(iter(self._batches.values()), None)
        return None if oldest is None else oldest.sent_at

    def enter(self, batch: Batch) -> int:
        """Return the packet identifier of one more message of `batch`."""
        mid = self._free()
        self._batches[mid] = batch
        return mid

    def reserve(self) -> int:
        """Return an identifier for something that is no message; `release` frees it."""
        mid = self._free()
        self._reserved.add(mid)
        return mid

    def release(self, mid: int) -> None:
        """Free a reserved identifier."""
        self._reserved.discard(mid)

    def leave(self, mid: int) -> None:
        """Take back a message that was not sent."""
        self._batches.pop(mid, None)

    def admit(self, packet: bytes) -> bool:
        """Tell whether `packet` may go now; if not, it waits here for its turn."""
        if self._flying >= self.window:
            self._waiting.append(packet)
            return False
        self._flying += 1
        return True

    def acknowledge(self, mid: int) -> tuple[Batch | None, bytes | None]:
        """Take an acknowledgement; return whose it is, and a packet that may go now."""
        batch = self._batches.pop(mid, None)
        if batch is None:
            return None, None
        self._flying -= 1
        if not self._waiting or self._flying >= self.window:
            return batch, None
        self._flying += 1
        return batch, self._waiting.popleft()

    def fail(self, error: Exception) -> None:
        """Fail all that is on its way or waits."""
        batches, self._batches = self._batches, {}
        self._waiting.clear()
        for batch in batches.values():
            batch.fail(error)

    def _free(self) -> int:
        """Return an identifier not in use; the relay holds far fewer than there are."""
        while True:
            self._mid = self._mid % _LAST_MID + 1
            if self._mid not in self._batches and self._mid not in self._reserved:
                return self._mid
