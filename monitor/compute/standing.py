"""What stands in the books in words (a contract's stage, a risk's level), and the news of a change.

The news is one transition without duration. At a cold start all is new and nothing is told; of what
a later book adds, only what began within `NEWS_DAYS` is news. Hop 5, pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.identity import transition_id
from alerts.model import AlertState, News, Severity, Transition
from alerts.reasons import Reason

NEWS_DAYS = 30
DAY = 86_400_000
VERSION = "1"
"""Goes into the ids of the news, as a rule's version does into those of its alerts."""


_LABEL = {News.STAGE: "contract", News.RISK: "risk"}
_REASON = {News.STAGE: Reason.STAGE_CHANGED, News.RISK: Reason.LEVEL_CHANGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One thing of one company as it stands.

    Attributes:
        topic: what kind of news its change is.
        subject: the contract's name, or the risk.
        word: its stage or level.
        rank: a higher rank is farther (stages) or worse (levels).
        since: moment of the books from which it holds, ms UTC.
        source: who says so.

    """

    topic: News
    subject: str
    word: str
    rank: int
    since: int
    source: str = ""

    @property
    def key(self) -> str:
        """Return what identifies it within its company."""
        return f"{self.topic.value}|{self.subject}"


@dataclass(frozen=True, slots=True)
class Known:
    """What was last committed of one thing: its word, its rank, and how often it changed."""

    word: str
    rank: int
    changes: int = 0


Memory = Mapping[str, Known]
"""By `Standing.key`."""


def compared(
    ticker: str, before: Memory | None, standings: Iterable[Standing], now: int
) -> tuple[Memory, list[Transition]]:
    """Return what to remember of a company at `now` (ms UTC), and the news of what changed.

    `before` is None at the very first look: then all is remembered and nothing told.
    """
    memory: dict[str, Known] = {}
    news: list[Transition] = []
    for standing in standings:
        known = None if before is None else before.get(standing.key)
        changes = 0 if known is None else known.changes
        if known is not None and known.word == standing.word:
            memory[standing.key] = known
            continue
        fresh = known is not None or now - standing.since <= NEWS_DAYS * DAY
        if before is not None and fresh:
            changes += 1
            news.append(_news(ticker, known, standing, changes, now))
        memory[standing.key] = Known(standing.word, standing.rank, changes)
    return memory, news


def _news(
    ticker: str, known: Known | None, standing: Standing, number: int, now: int
) -> Transition:
    rule = standing.topic.value
    labels = {"company": ticker, _LABEL[standing.topic]: standing.subject}
    worse = standing.topic is News.RISK and standing.rank > (known.rank if known else 0)
    words = f"from {known.word} to {standing.word}" if known else f"new, {standing.word}"
    return Transition(
        id=transition_id(rule, VERSION, labels, now, number),
        rule=rule,
        rule_version=VERSION,
        labels=labels,
        key=f"{ticker}-{standing.subject}",
        severity=Severity.WARNING if worse else Severity.INFO,
        target=rule.replace("-", "_"),
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=_REASON[standing.topic],
        value=None,
        bound=None,
        at=now,
        since=now,
        number=number,
        observed_at=standing.since,
        summary=f"{ticker}: {_LABEL[standing.topic]} {standing.subject} is {words}.",
        inputs=(
            {
                "name": _LABEL[standing.topic],
                "value": standing.word,
                "before": known.word if known else None,
                "source": standing.source,
                "observed_at": standing.since,
            },
        ),
    )
