"""What failed of many things of which none may stop another: kept by name, counted, told once. Pure."""

from __future__ import annotations

from collections import Counter


class Faults:
    """Which of them fail now, and why.

    Attributes:
        why: of each that failed the last time, in words.

    """

    def __init__(self) -> None:
        """Begin with nothing that fails."""
        self.why: dict[str, str] = {}
        self._times: Counter[str] = Counter()
        self._begun: dict[str, str] = {}

    def failed(self, name: str, bug: Exception) -> None:
        """Take it that `name` raised."""
        said = f"{type(bug).__name__}: {bug}"
        if name not in self.why:
            self._begun[name] = said
        self.why[name] = said
        self._times[name] += 1

    def worked(self, name: str) -> None:
        """Take it that `name` did not; costs next to nothing while nothing fails."""
        if self.why:
            self.why.pop(name, None)

    def take(self) -> tuple[Counter[str], dict[str, str]]:
        """Return how often each failed since the last call, and why those that began to."""
        taken = self._times, self._begun
        self._times, self._begun = Counter(), {}
        return taken
