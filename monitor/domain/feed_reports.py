"""What the feeds role says of a feed that should speak and does not. Hop 4 to hop 5, pure.

The step sees what comes, so it cannot miss what never came. Who asks the providers knows what should
exist; a report of it comes as an entry of the `ticks` stream, in its place among the prices, and is
replayed with them.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_NAME = 100
MAX_WHY = 100
MAX_INSTRUMENTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """How a feed stands that has given nothing since it was first asked, or that answers at last.

    Attributes:
        feed: its name.
        silent: it has given nothing, and is overdue; else that is over.
        since: from when it was asked, ms UTC.
        why: the reason of its last failure, a `monitor.feeds.reasons.Reason`; empty: none failed.
        instruments: what it should tell.
        asked: it is asked still; False where the books or a key took it out.

    """

    feed: str
    silent: bool
    since: int
    why: str = ""
    instruments: tuple[str, ...] = ()
    asked: bool = True


def report_fault(report: FeedReport) -> str:
    """Return why a report cannot be taken, in words; empty: it can."""
    names = (report.feed, *report.instruments)
    if any(not 0 < len(name) <= MAX_NAME or "|" in name for name in names):
        return f"a name has 1 to {MAX_NAME} characters, none of them |"
    if len(report.instruments) > MAX_INSTRUMENTS:
        return f"{len(report.instruments)} instruments; at most {MAX_INSTRUMENTS}"
    if len(report.why) > MAX_WHY:
        return f"why has {len(report.why)} characters; at most {MAX_WHY}"
    return "" if report.since >= 0 else "since is before 1970"
