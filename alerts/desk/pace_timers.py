"""What is told of one alert as time passes: repeats, the chain, what a pause held, calm. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec.structs import replace as changed

from alerts.desk.pace import EXPIRED, Pace, Paced, on_told
from alerts.desk.terms import SessionOf, Terms
from alerts.identity import notice_id
from alerts.model import AlertState, Transition
from alerts.pacing import cooldown, escalation, flapping
from alerts.pacing.cooldown import CooldownRecord
from alerts.pacing.repeating import next_repeat
from alerts.reasons import NoticeReason
from alerts.wording import for_people
from monitor.core.clock import MINUTE, Millis
from monitor.core.durations import span_words

Present: TypeAlias = Callable[[Transition], Transition]
"""An alert's last change as it would be told now: with the value of now, and what mutes it."""


RETRY_MS = MINUTE
"""How long after a mute that nobody commanded an owed fire is tried again."""


def by_person(muted_by: str) -> bool:
    """Tell whether a person has put an alert off: when that is over the desk tells it anew."""
    return muted_by == "ack" or muted_by.startswith("silence:")


def due(terms: Terms, pace: Pace) -> Millis | None:
    """Return when time alone changes something, ms UTC."""
    moments = [moment for moment, _ in _timers(terms, pace)]
    return min(moments, default=None)


def on_timer(
    terms: Terms, pace: Pace, present: Present, session_of: SessionOf, now: Millis
) -> Paced:
    """Do the first thing that is due at `now`."""
    _, act = min(_timers(terms, pace), key=lambda timer: timer[0])
    paced = act(terms, pace, present, now)
    record = paced.record
    for item in paced.out:
        if item.told and record is not None:
            record = on_told(terms, record, item, session_of, now)
    return Paced(None if record is None or record.idle else record, paced.out)


_Act: TypeAlias = Callable[[Terms, Pace, Present, Millis], Paced]


def _timers(terms: Terms, pace: Pace) -> Iterable[tuple[Millis, _Act]]:
    """Yield what is waited for; of one moment the first comes first."""
    notify = terms.notify
    if pace.flap is not None and notify.flap is not None:
        yield flapping.due(notify.flap, pace.flap), _calm
    if pace.cooldown is not None:
        yield cooldown.due(notify.cooldown_ms, pace.cooldown), _pause_over
    if pace.chain is not None and terms.chain is not None:
        step = escalation.due(terms.chain, pace.chain)
        if step is not None:
            yield step, _escalate
    if pace.repeat_at is not None and notify.repeat is not None:
        yield pace.repeat_at, _repeat


def _calm(terms: Terms, pace: Pace, present: Present, now: Millis) -> Paced:
    assert terms.notify.flap is not None and pace.flap is not None  # noqa: S101, PT018  # its timer
    step = flapping.on_timer(terms.notify.flap, pace.flap, now)
    calm = changed(pace, flap=step.record)
    if step.news is None:
        return Paced(calm)
    notice = _again(pace, NoticeReason.STABLE, present, now)
    stands = "it fires" if pace.firing else "it does not fire"
    text = f"Stable again, {stands}: {pace.last.summary}{_by_now(pace, notice)}"
    said = _in_the_open(changed(notice, summary=text))
    return Paced(_owing(terms, calm, notice, now), (said,))


def _pause_over(terms: Terms, pace: Pace, present: Present, now: Millis) -> Paced:
    owed = pace.cooldown is not None and pace.cooldown.owed and pace.firing
    owed = owed and not pace.told
    free = changed(pace, cooldown=None)
    if not owed or (pace.flap is not None and pace.flap.flapping):
        return Paced(free)
    notice = _again(pace, NoticeReason.NEW, present, now)
    notice = changed(notice, summary=f"{notice.summary}{_by_now(pace, notice)}")
    if terms.over(now) and notice.told:
        notice = changed(notice, muted_by=EXPIRED)
    said_so = not notice.told and notice.muted_by == pace.held_by  # a minute ago, in the trail
    return Paced(_owing(terms, free, notice, now), () if said_so else (_in_the_open(notice),))


def _owing(terms: Terms, pace: Pace, notice: Transition, now: Millis) -> Pace:
    """Return a record that tries again soon to tell of a fire that is muted right now."""
    muted = notice.muted_by
    if notice.told or not pace.firing or muted == EXPIRED or by_person(muted):
        return pace
    told_at = now + RETRY_MS - terms.notify.cooldown_ms
    owed = CooldownRecord(told_at, pace.last.severity, owed=True)
    return changed(pace, cooldown=owed, held_by=muted)


def _escalate(terms: Terms, pace: Pace, present: Present, now: Millis) -> Paced:
    assert terms.chain is not None and pace.chain is not None  # noqa: S101, PT018  # its timer
    if terms.over(now):  # it says nothing more, and to nobody
        return Paced(changed(pace, chain=escalation.on_acknowledged(pace.chain)))
    chain, inbox = escalation.on_timer(terms.chain, pace.chain)
    notice = _again(pace, NoticeReason.ESCALATION, present, now, inbox)
    waited = span_words(now - pace.chain.started_at)
    text = f"Nobody acknowledged for {waited}: {notice.summary}{_by_now(pace, notice)}"
    said = changed(notice, summary=text, inbox=inbox)
    if notice.told:
        return Paced(changed(pace, chain=chain), (said,))
    later = escalation.on_muted(pace.chain, now + RETRY_MS)  # a mute is no answer
    once = () if pace.chain.again_at is not None else (said,)
    return Paced(changed(pace, chain=later), once)


def _repeat(terms: Terms, pace: Pace, present: Present, now: Millis) -> Paced:
    assert terms.notify.repeat is not None and pace.repeats_from is not None  # noqa: S101, PT018  # its timer
    following = next_repeat(terms.notify.repeat, pace.repeats_from, now)
    later = changed(pace, repeat_at=following)
    flaps = pace.flap is not None and pace.flap.flapping
    if flaps or not pace.firing or terms.over(now):
        return Paced(later)
    notice = _again(pace, NoticeReason.REPEAT, present, now)
    fired_at = pace.repeats_from if pace.fired_at is None else pace.fired_at
    lasts = f"Still firing after {span_words(now - fired_at)}"
    stands = "" if notice.value is None else f" Now {for_people(notice.value, notice.unit)}."
    text = f"{lasts}: {pace.last.summary}{stands}"
    return Paced(later, (changed(notice, summary=text),))


def _in_the_open(notice: Transition) -> Transition:
    """Return the notice of a fire that was held: what shows where it stands says so until now."""
    fires = notice.told and notice.to_state is AlertState.FIRING
    return changed(notice, echo=False) if fires else notice


def _by_now(pace: Pace, notice: Transition) -> str:
    """Return the value that a notice carries where its sentence has an older one."""
    if notice.value is None or notice.value == pace.last.value:
        return ""
    return f" Now {for_people(notice.value, notice.unit)}."


def _again(
    pace: Pace, notice: NoticeReason, present: Present, now: Millis, word: str = ""
) -> Transition:
    """Return a notice of an alert that has not changed."""
    last = pace.last
    told = changed(last, notice=notice, muted_by="", at=now, from_state=last.to_state, echo=True)
    name = f"{notice.value}:{word}" if word else notice.value
    return changed(present(told), id=notice_id(last.id, name, now))
