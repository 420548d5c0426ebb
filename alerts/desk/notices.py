"""What the desk itself has to say, as transitions: their ids are as stable as those of the watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from alerts.desk.matching import words_of
from alerts.desk.records import Dead, Maintenance, Silence, Standing
from alerts.forms import owner_of, owner_of_alert
from alerts.identity import notice_id, transition_id
from alerts.model import AlertState, News, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.wording import for_people
from monitor.core.clock import iso
from monitor.core.plurals import counted
from monitor.domain.commands import Place
from monitor.domain.events import Quality, Reading

VERSION = "1"
"""Goes into the ids, as a rule's version does into those of its alerts."""

OTHERS = "users' own"
MOST_NAMED = 8
"""Alerts that a sentence names; all of them are in the message's `members`."""

_WHY = {
    Reason.SILENCE_EXPIRED: "the silence on it is over",
    Reason.ACK_EXPIRED: "the time it was put off for is over",
    Reason.QUIET_OVER: "the quiet time is over",
    Reason.INHIBITION_OVER: "what explained it is over",
    Reason.MAINTENANCE_OVER: "the maintenance is over",
    Reason.INPUT_BACK: "its data is back",
    Reason.UNACKNOWLEDGED: "it was given back",
    Reason.MADE_LIVE: "its rule was made live",
}


def again(
    standing: Standing, notice: NoticeReason, reason: Reason, reading: Reading, now: int
) -> Transition:
    """Return the notice that an alert fires still, with the value of now."""
    last = standing.last
    value = reading.value if reading.quality.usable else None
    stands = "" if value is None else f" Now {for_people(value, last.unit)}."
    return replace(
        last,
        id=notice_id(last.id, notice.value, now),
        from_state=last.to_state,
        reason=reason,
        value=value,
        quality=reading.quality.word,
        observed_at=reading.observed_at,
        at=now,
        summary=f"Still firing, {_WHY[reason]}: {last.summary}{stands}",
        notice=notice,
        muted_by="",
        ack=standing.ack,
    )


def end_at_last(standing: Standing, reason: Reason, now: int) -> Transition:
    """Return the end of an alert that was kept back while something muted it, or of lost data.

    Of a rule that is gone it says so still: no state of it may be left behind.
    """
    last = standing.last
    back, gone = last.reason is Reason.DATA_BACK, last.reason is Reason.RULE_REMOVED
    notice = NoticeReason.DATA_BACK if back else NoticeReason.RESOLVED
    word = "It was so since" if back else "It ended at"
    return replace(
        last,
        id=notice_id(last.id, notice.value, now),
        from_state=last.to_state,
        reason=last.reason if gone else reason,
        at=now,
        summary=f"{last.summary} {word} {iso(last.at)}; {_WHY[reason]}.",
        notice=notice,
        muted_by="",
        echo=last.to_state is not AlertState.RESOLVED,  # where it stands by now is another thing
    )


def known_again(end: Transition) -> str:
    """Return what is said of an end that nobody waits for, to who heard that its value is unknown."""
    return f"Known again: {end.summary.removeprefix('Resolved: ')}"


def ack_changed(
    standing: Standing, reason: Reason, word: str, summary: str, now: int
) -> Transition:
    """Return that an alert was taken on or given back; `word` tells commands of one moment apart."""
    last = standing.last
    return replace(
        last,
        id=notice_id(last.id, f"{reason.value}:{word}", now),
        from_state=last.to_state,
        reason=reason,
        at=now,
        summary=summary,
        notice=None,
        muted_by="",
        ack=standing.ack,
    )


def died(dead: Dead, severity: Severity, dependents: int, now: int) -> Transition:
    """Return the one notice of an input that no source tells any more."""
    seen = "" if dead.observed_at is None else f", last seen {iso(dead.observed_at)}"
    rest = "1 alert rests" if dependents == 1 else f"{dependents} alerts rest"
    labels, key = _what(dead)
    return Transition(
        id=transition_id(News.FEED, VERSION, labels, dead.since, 1),
        rule=News.FEED.value,
        rule_version=VERSION,
        labels=labels,
        key=key,
        severity=severity,
        target=key,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.FIRING,
        reason=Reason.INPUT_UNUSABLE,
        value=None,
        bound=None,
        at=now,
        since=dead.since,
        number=1,
        observed_at=dead.observed_at,
        quality=Quality.STALE.word,
        summary=f"{dead.instrument} is stale{seen}: {rest} on it and cannot be judged.",
    )


def with_others(died: Transition, source: str, names: Sequence[str], more: int) -> Transition:
    """Return the notice of an input with what else of its `source` is stale; `more` rest on that."""
    if not names:
        return died
    shown = ", ".join(names[:MOST_NAMED])
    left = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    are = "is" if len(names) == 1 else "are"
    rest = "1 more alert rests" if more == 1 else f"{more} more alerts rest"
    text = f"{died.summary} {shown}{left} {are} too, which only {source} tells: {rest} on that."
    members = tuple(f"{News.FEED.value}|{name}" for name in names)
    return replace(died, summary=text, members=members)


def silent(feed: Dead, severity: Severity, dependents: int, why: str, now: int) -> Transition:
    """Return the one notice of a feed that never gave a value since it was first asked."""
    rest = "1 alert rests" if dependents == 1 else f"{dependents} alerts rest"
    because = f" ({why.replace('_', ' ')})" if why else ""
    cost = f"{rest} on what only it tells and cannot be judged" if dependents else "no alert waits"
    return replace(
        died(feed, severity, dependents, now),
        quality=Quality.MISSING.word,
        summary=f"The feed {feed.feed} has given nothing since {iso(feed.since)}{because}: {cost}.",
    )


def revived(
    dead: Dead, severity: Severity, reason: Reason, reading: Reading, now: int
) -> Transition:
    """Return the end of that."""
    what = "told again" if reason is Reason.INPUT_BACK else "not watched any more"
    name = dead.instrument
    if dead.is_feed:
        name = f"the feed {dead.feed}"
        what = "heard" if reason is Reason.INPUT_BACK else "not asked any more"
    labels, _ = _what(dead)
    return replace(
        died(dead, severity, 0, now),
        id=transition_id(News.FEED, VERSION, labels, dead.since, 2),
        from_state=AlertState.FIRING,
        to_state=AlertState.RESOLVED,
        reason=reason,
        number=2,
        observed_at=reading.observed_at,
        quality=reading.quality.word,
        summary=f"Resolved: {name} is {what}.",
    )


def _what(dead: Dead) -> tuple[Mapping[str, str], str]:
    """Return the labels and the key of the notice on what is dead."""
    if dead.is_feed:
        return {"feed": dead.feed}, dead.feed
    return {"instrument": dead.instrument}, dead.instrument


def of_silence(
    silence: Silence,
    reason: Reason,
    notice: NoticeReason | None,
    members: Sequence[str],
    now: int,
) -> Transition:
    """Return that a silence began, ends soon or has ended, and what it hid.

    Of a user's own rule that user alone is told; and no other hears what of his own a silence hid.
    """
    what = words_of(silence.match)
    owner = owner_of(silence.match.get("rule", ""))
    shown = [name for name in members if owner_of_alert(name) in {"", owner}]
    said = {
        Reason.COMMANDED: f"{silence.by} silenced {what} until {iso(silence.until)}: "
        f"{silence.reason}",
        Reason.ENDS_SOON: f"The silence of {silence.by} on {what} ends at {iso(silence.until)}; "
        f"it hides {f'{len(shown)} firing: ' if shown else ''}{_named(shown) or OTHERS}",
        Reason.ENDED: f"The silence of {silence.by} on {what} is over; it hid "
        f"{counted(silence.count, 'notice')} of {counted(len(silence.hidden), 'alert')}: "
        f"{_named(shown) or (OTHERS if silence.hidden else 'nothing')}",
    }
    number = 1 + list(said).index(reason)
    labels = {"silence": silence.id}
    item = _noted(News.SILENCE, labels, silence.at, number, now)
    return replace(
        item,
        reason=reason,
        notice=notice,
        summary=said[reason],
        members=tuple(shown),
        inbox=owner,
    )


def _named(alerts: Sequence[str]) -> str:
    """Return the first alerts by their names, and how many more there are."""
    left = len(alerts) - MOST_NAMED
    return ", ".join(alerts[:MOST_NAMED]) + (f" and {left} more" if left > 0 else "")


def of_maintenance(window: Maintenance, reason: Reason, now: int) -> Transition:
    """Return that announced work was commanded, begins, or has ended."""
    what = "the broker" if window.place is Place.BROKER else f"the feed {window.feed}"
    said = {
        Reason.COMMANDED: f"{window.by} announced maintenance of {what} from {iso(window.begin)} "
        f"to {iso(window.until)}: {window.reason}",
        Reason.BEGUN: f"Maintenance of {what} begins, until {iso(window.until)}: {window.reason}",
        Reason.ENDED: f"Maintenance of {what} is over: {window.reason}",
    }
    number = 1 + list(said).index(reason)
    item = _noted(News.MAINTENANCE, {"maintenance": window.id}, window.begin, number, now)
    told = None if reason is Reason.COMMANDED else NoticeReason.MAINTENANCE
    return replace(item, reason=reason, notice=told, summary=said[reason])


def _noted(news: News, labels: Mapping[str, str], since: int, number: int, now: int) -> Transition:
    return Transition(
        id=transition_id(news.value, VERSION, labels, since, number),
        rule=news.value,
        rule_version=VERSION,
        labels=labels,
        key="-".join(labels.values()),
        severity=Severity.INFO,
        target=news.value,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.COMMANDED,
        value=None,
        bound=None,
        at=now,
        since=since,
        number=number,
    )
