"""What happened, as a source tells it: a filing, a headline, a transfer. Hop 2 to hop 5.

A quote says what something is worth; a notice says that something happened, once. It is told apart
by its source's own id (an accession number, an address, a transaction), so that the same thing seen
again is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_HOUR = 3_600_000
_DAY = 24 * _HOUR
FUTURE_MS = 600_000
MAX_ID = 300
MAX_TITLE = 300
MAX_URL = 500
MAX_FIGURES = 12
MAX_FIGURE = 100


class NoticeKind(StrEnum):
    """What kind of thing happened: the word in the place of a rule, in topics and messages."""

    FILING = "filing"
    NEWS = "news"
    TRANSFER = "large-transfer"
    CHAIN = "chain-anomaly"

    @property
    def told_for_ms(self) -> int:
        """Return how long after it happened it is still told, if it is seen only then."""
        return _TOLD_FOR_MS[self]


_TOLD_FOR_MS = {
    # a weekend and a holiday of ours must not lose a contract
    NoticeKind.FILING: 7 * _DAY,
    NoticeKind.NEWS: _DAY,
    NoticeKind.TRANSFER: 6 * _HOUR,
    NoticeKind.CHAIN: 6 * _HOUR,
}
FIRST_LOOK_MS = _DAY
"""Of what a source already had when it was asked for the first time, this much is still told."""
KEPT_MS = 30 * _DAY
"""How long ids are remembered; longer than anything is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened.

    Attributes:
        kind: what kind of thing.
        id: the source's own name for it; the same thing always has the same.
        subject: the ticker that it is about; empty for the market as a whole.
        title: one line for people, in the source's words only as far as a title goes.
        observed_at: when it happened or was published, the source's time, ms UTC.
        source: the feed.
        url: where it can be read.
        grave: act today rather than know it (severity `warning` instead of `info`).
        figures: what can be told in numbers or words (`form`: `8-K`), all as text.

    """

    kind: NoticeKind
    id: str
    subject: str
    title: str
    observed_at: int
    source: str
    url: str = ""
    grave: bool = False
    figures: Mapping[str, str] = field(default_factory=dict)


def notice_fault(notice: Notice, now: int) -> str:
    """Return why a notice cannot be kept, as a word; empty when it can.

    `future`, `no_id`, `too_long`, `no_title` or `bad_url`.
    """
    if notice.observed_at > now + FUTURE_MS:
        return "future"
    if not notice.id:
        return "no_id"
    if not notice.title.strip():
        return "no_title"
    if notice.url and not notice.url.startswith(("https://", "http://")):
        return "bad_url"
    figures = [*notice.figures, *notice.figures.values()]
    lengths = (
        len(notice.id) > MAX_ID,
        len(notice.title) > MAX_TITLE,
        len(notice.url) > MAX_URL,
        len(notice.figures) > MAX_FIGURES,
        any(len(text) > MAX_FIGURE for text in figures),
    )
    return "too_long" if any(lengths) else ""
