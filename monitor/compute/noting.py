"""From a notice to the news of it: one transition without duration. Hop 5, pure."""

from __future__ import annotations

import hashlib
import re

from alerts.identity import transition_id
from alerts.model import AlertState, News, Severity, Transition
from alerts.reasons import Reason
from monitor.domain.notices import Notice

VERSION = "1"
"""Goes into the ids of the news, as a rule's version does into those of its alerts."""
MARKET = "bitcoin"
_SHORT_ID = re.compile(r"[A-Za-z0-9._-]{1,48}")


def noted(notice: Notice, flags: tuple[str, ...], now: int) -> Transition:
    """Return the news of `notice`, seen at `now` (ms UTC).

    Its id is made of the source's own id for the thing: told twice, it is the same news.
    """
    rule = News(notice.kind.value)
    subject = {"company": notice.subject} if notice.subject else {"market": MARKET}
    labels = subject | {"notice": notice.id}
    figures = ({"name": name, "value": text} for name, text in sorted(notice.figures.items()))
    origin = {
        "name": rule.value.replace("-", "_"),
        "value": notice.id,
        "source": notice.source,
        "url": notice.url,
        "observed_at": notice.observed_at,
    }
    return Transition(
        id=transition_id(rule.value, VERSION, labels, notice.observed_at, 1),
        rule=rule.value,
        rule_version=VERSION,
        labels=labels,
        key=f"{notice.subject or MARKET}-{_key(notice.id)}",
        severity=Severity.WARNING if notice.grave else Severity.INFO,
        target=rule.value.replace("-", "_"),
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.HAPPENED,
        value=None,
        bound=None,
        at=now,
        since=notice.observed_at,
        number=1,
        observed_at=notice.observed_at,
        summary=_summary(notice),
        inputs=(origin, *figures),
        flags=flags,
    )


def _key(identifier: str) -> str:
    """Return a short word for an id that may be an address: it goes into a topic."""
    if _SHORT_ID.fullmatch(identifier):
        return identifier
    return hashlib.blake2b(identifier.encode(), digest_size=8).hexdigest()


def _summary(notice: Notice) -> str:
    title = notice.title.rstrip(".")
    about = f"{notice.subject}: " if notice.subject else ""
    return f"{about}{title}. {notice.url}".rstrip()
