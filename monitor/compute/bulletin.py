"""What happened without a rule: notices of sources, and what changed in words in the books. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from alerts.model import Transition
from monitor.compute.firms import Firm
from monitor.compute.noting import noted
from monitor.compute.standing import Memory, compared
from monitor.domain.notices import Notice


class Bulletin:
    """The news that is not of an alert, and how the books stood when they were looked at last."""

    def __init__(self, firms: Sequence[Firm]) -> None:
        self._firms = {firm.ticker: firm for firm in firms}
        self._standing: dict[str, Memory] = {}
        self._changed: dict[str, Memory] = {}
        self._news: list[Transition] = []

    def tell(self, notice: Notice, now: int) -> None:
        """Take a notice, with the standing flags of the company it is about."""
        firm = self._firms.get(notice.subject)
        self._news.append(noted(notice, () if firm is None else _flags(firm, now), now))

    def read_books(self, now: int) -> None:
        """Tell what changed in words since the books were looked at last."""
        for ticker, firm in self._firms.items():
            before = self._standing.get(ticker)
            memory, news = compared(ticker, before, firm.standing(now), now)
            self._news += [replace(item, flags=_flags(firm, now)) for item in news]
            if memory != before:
                self._standing[ticker] = self._changed[ticker] = memory

    def take_news(self) -> list[Transition]:
        """Return the news since the last call, in order."""
        taken, self._news = self._news, []
        return taken

    def take_changed(self) -> dict[str, Memory]:
        """Return how the books stand, of those companies for which that changed."""
        taken, self._changed = self._changed, {}
        return taken

    def restore(self, saved: Mapping[str, Memory]) -> None:
        """Take back how the books stood."""
        self._standing = dict(saved)


def _flags(firm: Firm, now: int) -> tuple[str, ...]:
    return tuple(word for word, _ in firm.flags(now))
