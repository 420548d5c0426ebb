"""Notices about several alerts or about a rule: digests, summaries of what was held, expiry."""

from __future__ import annotations

from alerts.forms import owner_of
from alerts.identity import transition_id
from alerts.model import AlertState, News, Severity, Transition
from alerts.pacing.capping import Overflow
from alerts.pacing.digest import Digest
from alerts.pacing.grouping import Flush
from alerts.pacing.severities import LOUDNESS
from alerts.reasons import NoticeReason, Reason
from alerts.rules.base import Rule
from monitor.core.clock import Millis

_OVER = AlertState.RESOLVED
VERSION = "1"
"""Goes into the ids, as a rule's version does into those of its alerts."""
SHOWN = 8
"""How many subjects the sentence names; the lines have them all."""
_NAMELESS = {News.SILENCE.value: "a silence", News.MAINTENANCE.value: "maintenance"}
"""What is told of under an id that says nothing to people."""


def digest_notice(place: str, flush: Flush, now: Millis) -> Transition:
    """Return the one message of a group, named by its beginning and number."""
    digest = flush.digest
    count = f"{len(digest)}{_plus(digest)}"
    alerts = "alert" if count == "1" else "alerts"
    text = f"{count} {alerts} together, {_what(digest)}: {_subjects(digest)}.{_loudest(digest)}"
    since, number = flush.opened_at, flush.number
    return _noted(News.DIGEST, place, since, number, now, text, flush.digest)


def overflow_notice(place: str, overflow: Overflow, now: Millis) -> Transition:
    """Return the summary of what a cap held."""
    cap = place.partition("|")[0]
    digest = overflow.digest
    held = f"{overflow.held} held by the cap {cap}, {_what(digest)}: {_subjects(digest)}."
    return _noted(News.OVERFLOW, place, now, 1, now, f"{held}{_loudest(digest)}", digest)


def expired_notice(rule: Rule, expires_at: Millis, now: Millis) -> Transition:
    """Return the one notice that a rule is past its expiry."""
    text = f"The rule {rule.id} has expired, and tells nothing any more."
    labels = {"rule": rule.id}
    return Transition(
        id=transition_id(rule.id, VERSION, labels, expires_at, 1),
        rule=rule.id,
        rule_version=rule.version,
        labels=labels,
        key="expired",
        severity=Severity.INFO,
        target=rule.on,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.EXPIRED,
        value=None,
        bound=None,
        at=now,
        since=expires_at,
        number=1,
        summary=text,
        notice=NoticeReason.EXPIRED,
    )


def _noted(  # noqa: PLR0913, PLR0917  # one line a field of what is told
    news: News, place: str, since: Millis, number: int, now: Millis, text: str, digest: Digest
) -> Transition:
    labels = {news.value: place}
    digest_of = {News.DIGEST: NoticeReason.DIGEST, News.OVERFLOW: NoticeReason.OVERFLOW}
    return Transition(
        id=transition_id(news.value, VERSION, labels, since, number),
        rule=news.value,
        rule_version=VERSION,
        labels=labels,
        key=place.strip("|").replace("|", "-"),
        severity=digest.severity,
        target=news.value,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.TOGETHER if news is News.DIGEST else Reason.OVER_CAP,
        value=None,
        bound=None,
        at=now,
        since=since,
        number=number,
        summary=text,
        notice=digest_of[news],
        members=tuple(f"{line.rule}|{line.key}" for line in digest.lines),
        lines=digest.lines,
        more=digest.more,
        inbox=_whose(digest),
    )


def _whose(digest: Digest) -> str:
    """Return whose own rules it is about: such a message goes to that user alone, see `digest.apart`."""
    return owner_of(digest.lines[0].rule) if digest.lines else ""


def _what(digest: Digest) -> str:
    """Return how many began and how many ended: a phone shows this sentence and no line."""
    fire = sum(line.state is AlertState.FIRING for line in digest.lines)
    ended = sum(line.state is AlertState.RESOLVED for line in digest.lines)
    others = len(digest) - fire - ended
    words = ((fire, " fire"), (ended, " ended"), (others, f"{_plus(digest)} more"))
    return ", ".join(f"{count}{word}" for count, word in words if count)


def _plus(digest: Digest) -> str:
    """Return what follows a number of alerts that there are at least."""
    return "+" if digest.at_least else ""


def _loudest(digest: Digest) -> str:
    """Return the sentence of the loudest line, to follow another one; none of no lines.

    What is over is loudest only where all is.
    """
    if not digest.lines:
        return ""
    loudest = max(digest.lines, key=lambda it: (it.state is not _OVER, LOUDNESS[it.severity]))
    return f" The loudest: {loudest.summary}"


def _subjects(digest: Digest) -> str:
    """Return whom it is about, in a few words."""
    named = (_NAMELESS.get(line.rule, line.key) for line in digest.lines)
    names = list(dict.fromkeys(named))
    more = len(digest) - len(digest.lines) + max(0, len(names) - SHOWN)
    return ", ".join(names[:SHOWN]) + (f" and {more}{_plus(digest)} more" if more else "")
