"""Which readings of a value a past is made of, where a rule minds more than the number. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.domain.events import Reading
from monitor.domain.sessions import SessionState


@dataclass(frozen=True, slots=True)
class Heed:
    """What a rule asks of a reading before it counts.

    Attributes:
        sessions: of the exchange that it may be of; None: any.
        realtime: it may not be told late by contract.

    """

    sessions: tuple[SessionState, ...] | None = None
    realtime: bool = False

    def takes(self, reading: Reading) -> bool:
        """Tell whether a reading is a sample."""
        if self.realtime and reading.delay_ms:
            return False
        return self.sessions is None or reading.session in self.sessions

    @property
    def word(self) -> str:
        """Return its name in the store."""
        words = sorted(it.value for it in self.sessions or ())
        return "+".join([*words, "realtime"] if self.realtime else words)
