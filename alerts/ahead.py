"""What is being committed, told to the relay of the same process before it can be read back.

Between the writing of a commit and its answer there is nothing to do for the process; the relay
words the alert's messages meanwhile. It sends them only once the entry has come out of the outbox,
so what is never committed is never sent. In another process, or told too late, it words them then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.model import Transition


class Ahead:
    """The way from the commit to the relay of one process."""

    def __init__(self) -> None:
        self._told: Callable[[Sequence[Transition]], None] | None = None

    def tell(self, transitions: Sequence[Transition]) -> None:
        """Tell whoever listens what is being committed."""
        if self._told is not None and transitions:
            self._told(transitions)

    def listen(self, told: Callable[[Sequence[Transition]], None] | None) -> None:
        """Have `told` called from now on, in place of who was before; None: nobody."""
        self._told = told
