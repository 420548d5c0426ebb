"""What the chain lets expect, from the readings of the network. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable

from monitor.domain.agenda import Event, chain_events
from monitor.domain.events import BLOCK_PACE, HEIGHT, Reading

OF_THE_AGENDA = frozenset({HEIGHT, BLOCK_PACE})
"""The instruments that move what is expected."""


def foreseen(reading_of: Callable[[str], Reading]) -> tuple[Event, ...]:
    """Return the retargets and halvings around now; none before a height is known.

    An old height still says when they are: it is the best that is known.
    """
    height, pace = reading_of(HEIGHT), reading_of(BLOCK_PACE)
    if height.value is None or height.observed_at is None:
        return ()
    return chain_events(int(height.value), height.observed_at, pace.value)
