"""Which tenant each company depends on now, and whose share's inputs that brings it. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from monitor.compute.firms import Firm


class Tenancy:
    """The tenant of each company, by row.

    Attributes:
        of: the ticker, None without one that is in the books too.

    """

    def __init__(self, firms: Sequence[Firm], tickers: Collection[str]) -> None:
        """Begin before any book has been read."""
        self._firms, self._tickers = firms, tickers
        self.of: list[str | None] = [None] * len(firms)

    def landlords_of(self, ticker: str) -> list[int]:
        """Return the rows of the companies that depend on `ticker`."""
        return [row for row, name in enumerate(self.of) if name == ticker]

    def read(self, now: int) -> Iterator[tuple[int, str | None]]:
        """Bind each company to the tenant that it depends on at `now`; yield what changed.

        One column holds one tenant: the first that the book names and that is in it too.
        """
        for row, firm in enumerate(self._firms):
            tenant = next((name for name in firm.tenants(now) if name in self._tickers), None)
            if tenant != self.of[row]:
                self.of[row] = tenant
                yield row, tenant
