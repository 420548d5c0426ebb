"""Answers kept with the provider's mark, to ask whether they changed before they are sent again. Hop 2.

An answer with an ETag or a Last-Modified is kept; the next request for the same page carries the
mark, and a 304 stands for the kept body. Memory is bounded in count and in bytes, and after a
while the page is asked for whole, whatever its mark says.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from monitor.core.clock import HOUR, Millis
from monitor.feeds.base import Answer

MAX_ENTRIES = 256
MAX_BYTES = 16 * 1024 * 1024
MAX_AGE: Millis = HOUR
"""A page is fetched whole at least this often: a broken copy must not be confirmed for ever."""

_MARKS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_OK = 200

Page = tuple[str, ...]
"""What tells one page from another: feed, address and parameters."""


@dataclass(slots=True)
class Validators:
    """The kept answers, the longest unused one first."""

    _kept: OrderedDict[Page, tuple[Answer, int]] = field(init=False, default_factory=OrderedDict)
    _bytes: int = field(init=False, default=0)

    def find(self, page: Page, now: Millis) -> Answer | None:
        """Return the kept answer of `page`; None if there is none, or it is too old to confirm."""
        kept = self._kept.get(page)
        if kept is None:
            return None
        if not 0 <= now - kept[0].received_at < MAX_AGE:
            self._forget(page)
            return None
        self._kept.move_to_end(page)
        return kept[0]

    def keep(self, page: Page, answer: Answer) -> None:
        """Keep an answer that carries a mark, in place of an earlier one of the same page."""
        self._forget(page)
        if answer.status != _OK or not _may_be_kept(answer.headers):
            return
        size = sys.getsizeof(answer.body)
        if size > MAX_BYTES:
            return
        self._kept[page] = (answer, size)
        self._bytes += size
        while len(self._kept) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, page: Page) -> None:
        _, size = self._kept.pop(page, (None, 0))
        self._bytes -= size


def conditions(kept: Answer) -> dict[str, str]:
    """Return the headers that ask for a page only if it is no longer as `kept`."""
    return {header: kept.headers[mark] for mark, header in _MARKS.items() if mark in kept.headers}


def unchanged(kept: Answer, now: Millis) -> Answer:
    """Return the kept answer as received now, for a 304.

    Its headers are those it came with: a source that tells its time in one keeps that time.
    """
    return replace(kept, received_at=now)


def _may_be_kept(headers: Mapping[str, str]) -> bool:
    barred = "no-store" in headers.get("cache-control", "").lower() or headers.get("vary") == "*"
    return not barred and any(headers.get(mark) for mark in _MARKS)
