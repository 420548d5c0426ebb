"""The pace of one alert: which of its changes are told, and what is told of it later. Pure.

Comes after the desk has decided: what that mutes stays muted, and is only counted. A fire is told
unless the alert flaps, its rule is over or had its one turn, or the last notice is too fresh; its
end is told if the fire was. From then on repeats and the chain of inboxes run until somebody
acknowledges or it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace as replace_record

import msgspec
from msgspec.structs import replace

from alerts.desk.terms import SessionOf, Terms
from alerts.identity import notice_id
from alerts.model import AlertState, Transition
from alerts.pacing import cooldown, escalation, flapping, trigger
from alerts.pacing.cooldown import CooldownRecord
from alerts.pacing.escalation import EscalationRecord
from alerts.pacing.flapping import FlapNews, FlapRecord
from alerts.pacing.repeating import next_repeat
from alerts.pacing.trigger import TriggerRecord
from alerts.reasons import NoticeReason, Reason
from monitor.core.clock import Millis

FLAPPING, ONCE, COOLDOWN, EXPIRED = "flapping", "once", "cooldown", "expired"
"""Why a notice is held, beside the mutes of the desk."""
PAUSES = frozenset({FLAPPING, ONCE, COOLDOWN, EXPIRED})
"""While one of these alone holds a fire, the desk takes it for told, and tells its end."""

_FIRES = frozenset(
    {
        NoticeReason.NEW,
        NoticeReason.SILENCE_EXPIRED,
        NoticeReason.ACK_EXPIRED,
        NoticeReason.DATA_BACK,
    }
)

_OF_PERSON = frozenset({Reason.ACKNOWLEDGED, Reason.UNACKNOWLEDGED, Reason.ACK_EXPIRED})
"""Why somebody has an alert, or has it no more: that says nothing of the alert itself."""

_OF_DATA = frozenset({NoticeReason.NO_DATA, NoticeReason.DATA_BACK, NoticeReason.RESOLVED})
"""The notices of what does not fire by which people learn whether its value is known."""

TELL_OF_FIRE = _FIRES | {NoticeReason.FLAPPING, NoticeReason.STABLE}
"""The notices by which people learn that an alert fires."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of an alert, and whether an episode fires with it for the first time, or ends."""

    change: Transition
    fired: bool = False
    ended: bool = False


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one alert.

    Attributes:
        last: its last change, without inputs.
        told: people were told of the fire that stands.
        held_by: why they were not.
        waits: that waits in a group, and nobody has heard of it yet.
        lost: people were told that its value is unknown, and neither of a fire nor of an end since.
        acked: somebody has taken it on.
        flap: its last results.
        cooldown: its last fire notice.
        trigger: the session it was told in.
        fired_at: event time at which it fired in this episode, ms UTC; None: it has not.
        chain: where its escalation stands.
        repeats_from: event time of the notice that is repeated, ms UTC; None: none is.
        repeat_at: when that is next, ms UTC.

    """

    last: Transition
    told: bool = False
    held_by: str = ""
    waits: bool = False
    lost: bool = False
    acked: bool = False
    flap: FlapRecord | None = None
    cooldown: CooldownRecord | None = None
    trigger: TriggerRecord | None = None
    fired_at: Millis | None = None
    chain: EscalationRecord | None = None
    repeats_from: Millis | None = None
    repeat_at: Millis | None = None

    @property
    def firing(self) -> bool:
        """Tell whether it fires."""
        return self.last.to_state is AlertState.FIRING

    @property
    def heard(self) -> bool:
        """Tell whether people are still to hear of an end: of a fire, or of a loss of data."""
        return self.told or self.lost

    @property
    def over(self) -> bool:
        """Tell whether its episode has ended."""
        return self.last.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}

    @property
    def escalated(self) -> bool:
        """Tell whether it stands, and nobody acknowledged it in time: others were told as well."""
        return not self.over and self.chain is not None and bool(self.chain.told)

    @property
    def idle(self) -> bool:
        """Tell whether there is nothing left to remember."""
        kept = (self.flap, self.cooldown, self.trigger)
        owes = self.heard or bool(self.held_by)  # an end: to people, or to hold it when it comes
        return self.over and not owes and all(item is None for item in kept)


@dataclass(frozen=True, slots=True)
class Paced:
    """The record (None: nothing worth keeping) and what goes out, in order."""

    record: Pace | None
    out: tuple[Transition, ...] = ()


def on_change(
    terms: Terms, record: Pace | None, event: Event, session_of: SessionOf, now: Millis
) -> Paced:
    """Take a change as the desk decided on it."""
    change = event.change
    ends = change.to_state is AlertState.RESOLVED
    unknown = change.notice is NoticeReason.NO_DATA
    if record is None and not (ends or unknown or change.to_state is AlertState.FIRING):
        return Paced(None, (change,))
    pace = record or Pace(last=change)
    waits = pace.over and pace.told and not ends and change.to_state is not AlertState.FIRING
    if event.fired:  # whatever is left of the episode before, but an end that the desk still owes
        owed = pace.over and pace.told
        chain, held_by = (pace.chain, "") if owed else (None, change.muted_by)
        waits = owed and pace.waits
        pace = replace(pace, told=owed, held_by=held_by, waits=waits, chain=chain, fired_at=now)
    last = pace.last if waits else _kept(pace, change)  # whoever owes an end has not fired
    pace = replace(pace, last=last, acked=change.ack is not None)
    pace, change, held = _flapped(terms, pace, event, now)
    if change.told and not held:
        held = _held(terms, pace, change, session_of, now)
    if held:
        change = replace(change, muted_by=held)
        pace = _on_held(pace, change)
    elif change.told:
        pace = on_told(terms, pace, change, session_of, now)
    pace = _on_acknowledged(terms, pace, now)
    if not ends:
        return Paced(None if pace.idle else pace, (change,))
    rest = replace(pace, repeats_from=None, repeat_at=None)
    if event.change.muted_by and pace.told:  # the desk owes the end, and tells it later
        chain = pace.chain and escalation.on_acknowledged(pace.chain)
        return Paced(replace(rest, chain=chain), (change,))
    if event.change.muted_by and pace.held_by:  # it tells it later, of what nobody has heard
        return Paced(replace(rest, acked=False, chain=None), (change,))
    rest = replace(rest, told=False, held_by="", waits=False, lost=False, acked=False, chain=None)
    return Paced(None if rest.idle else rest, (change, *_told_inboxes(pace, change, now)))


def _kept(pace: Pace, change: Transition) -> Transition:
    """Return a change as it is remembered.

    What tells of a fire once more, or of who has it, keeps the sentence of the fire.
    """
    again = change.notice in _FIRES and change.from_state is AlertState.FIRING
    of_person = change.reason in _OF_PERSON
    if not ((again or of_person) and pace.firing and pace.last.since == change.since):
        return replace(change, inputs=())
    return replace(change, inputs=(), summary=pace.last.summary, value=pace.last.value)


def _flapped(terms: Terms, pace: Pace, event: Event, now: Millis) -> tuple[Pace, Transition, str]:
    """Count a toggle; return the change as the one notice of flapping, or why it is held."""
    config, change = terms.notify.flap, event.change
    if config is None:
        return replace(pace, flap=None), change, ""
    if not (event.fired or event.ended):
        flapping_now = pace.flap is not None and pace.flap.flapping
        return pace, change, FLAPPING if flapping_now and change.told else ""
    step = flapping.on_toggle(config, pace.flap, now)
    pace = replace(pace, flap=step.record)
    if step.news is FlapNews.FLAPPING and change.told:
        text = f"Flapping, so no more of it until it is stable: {change.summary}"
        return pace, replace(change, notice=NoticeReason.FLAPPING, summary=text), ""
    return pace, change, FLAPPING if step.held and change.told else ""


def _held(terms: Terms, pace: Pace, change: Transition, session_of: SessionOf, now: Millis) -> str:
    """Return why a notice is not told; empty: it is."""
    if change.notice is NoticeReason.RESOLVED:
        return "" if pace.heard else pace.held_by
    if change.notice is NoticeReason.DATA_BACK and change.to_state is not AlertState.FIRING:
        return ""
    if terms.over(now):
        return EXPIRED
    if change.notice not in _FIRES or pace.told:
        return ""
    kind = terms.notify.trigger
    if trigger.holds(kind, pace.trigger, terms.session(session_of, now)):
        return ONCE
    pause = terms.notify.cooldown_ms
    return COOLDOWN if cooldown.holds(pause, pace.cooldown, change.severity, now) else ""


def _on_held(pace: Pace, change: Transition) -> Pace:
    """Remember that a fire was held, and why."""
    if change.notice not in _FIRES:
        return pace
    owed = pace.cooldown
    if change.muted_by == COOLDOWN and owed is not None:
        owed = cooldown.on_held(owed)
    return replace(pace, held_by=change.muted_by, cooldown=owed)


def on_told(
    terms: Terms, pace: Pace, notice: Transition, session_of: SessionOf, now: Millis
) -> Pace:
    """Begin what a notice begins: the pause, the repeats, the chain."""
    if notice.inbox:
        return pace
    if not pace.firing:
        of_data = notice.notice in _OF_DATA
        return replace(pace, lost=notice.notice is NoticeReason.NO_DATA) if of_data else pace
    waits = pace.waits or (bool(terms.notify.group) and not pace.told)
    pace = replace(pace, told=True, held_by="", waits=waits, lost=pace.lost and waits)
    if notice.notice is NoticeReason.SEVERITY_CHANGED and pace.chain is not None:
        pace = replace(pace, chain=escalation.on_severity(pace.chain, notice.severity, now))
    if notice.notice not in TELL_OF_FIRE:
        return pace
    notify = terms.notify
    opened = terms.chain is not None and (pace.chain is None or pace.chain.stopped)
    return replace(
        pace,
        cooldown=cooldown.on_told(notice.severity, now) if notify.cooldown_ms else None,
        trigger=trigger.on_told(notify.trigger, terms.session(session_of, now)),
        chain=_opened(pace, notice, now) if opened else pace.chain,
        repeats_from=now if notify.repeat else None,
        repeat_at=next_repeat(notify.repeat, now, now) if notify.repeat else None,
    )


def _opened(pace: Pace, notice: Transition, now: Millis) -> EscalationRecord:
    """Begin the chain; whoever was told of a fire whose end is owed hears of that end, too."""
    begun = escalation.start(notice.severity, now)
    return begun if pace.chain is None else replace_record(begun, told=pace.chain.told)


def _on_acknowledged(terms: Terms, pace: Pace, now: Millis) -> Pace:
    """Stop repeats and the chain while somebody has taken it on."""
    repeat = terms.notify.repeat
    if pace.acked:
        chain = pace.chain and escalation.on_acknowledged(pace.chain)
        return replace(pace, chain=chain, repeat_at=None)
    if repeat is None or pace.repeats_from is None:
        return replace(pace, repeat_at=None)
    if pace.repeat_at is None:
        return replace(pace, repeat_at=next_repeat(repeat, pace.repeats_from, now))
    return pace


def _told_inboxes(pace: Pace, change: Transition, now: Millis) -> Iterable[Transition]:
    """Yield the end of an alert for all who were told of it by the chain."""
    for inbox in pace.chain.told if pace.chain is not None else ():
        word = f"{NoticeReason.RESOLVED.value}:{inbox}"
        copy = replace(change, id=notice_id(change.id, word, now), inbox=inbox, echo=True)
        yield replace(copy, notice=NoticeReason.RESOLVED, muted_by="")


def has_no_turn(
    terms: Terms, pace: Pace | None, last: Transition, session_of: SessionOf, now: Millis
) -> bool:
    """Tell whether a fire is one too many for a rule that is told once, or once a session."""
    if pace is None or pace.trigger is None:
        return False
    if not pace.over and pace.last.since == last.since:
        return pace.held_by == ONCE
    return trigger.holds(terms.notify.trigger, pace.trigger, terms.session(session_of, now))
