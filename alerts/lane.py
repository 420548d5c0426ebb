"""What waits for one user: the next letters in hand, those behind them by their ids alone. Hop 9, pure.

So a user whose channel is down takes little memory however much waits for him, and the courier goes
on reading what is for others. A letter lies in Redis until it is settled: one that is known by its
id is read from there again when its turn comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TypeAlias

from alerts.letters import UserLetter
from monitor.store.outbox_stream import OutboxEntry

Held: TypeAlias = tuple[OutboxEntry, UserLetter]


class Lane:
    """The letters of one user, the oldest first; `ahead` of them at most are in hand."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._in_hand = deque[Held]()
        self._behind = deque[str]()

    def __len__(self) -> int:
        """Return how many letters wait, in hand or by their ids."""
        return len(self._in_hand) + len(self._behind)

    def add(self, held: Held) -> None:
        """Let a letter wait that is younger than all that are here."""
        if self._behind or len(self._in_hand) >= self._ahead:
            self._behind.append(held[0].id)
        else:
            self._in_hand.append(held)

    @property
    def first(self) -> Held:
        """Return the letter whose turn it is; one must be in hand."""
        return self._in_hand[0]

    def drop_first(self) -> None:
        """Forget the first letter, which is settled."""
        self._in_hand.popleft()

    def wanted(self) -> list[str]:
        """Return the ids to be read again now, the oldest first: none while a letter is in hand."""
        return [] if self._in_hand else list(islice(self._behind, self._ahead))

    def take_up(self, wanted: Sequence[str], found: Sequence[Held]) -> int:
        """Take in hand what was `found` of `wanted`; return how many are gone from the stream.

        The ids leave only now: what is added while they are read again must stay behind them.
        """
        for _ in wanted:
            self._behind.popleft()
        self._in_hand.extend(found)
        return len(wanted) - len(found)
