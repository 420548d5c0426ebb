"""What becomes of one change of one alert: told, or not for a named reason. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from alerts.acks import Ack
from alerts.desk import notices
from alerts.desk.ledger import Ledger
from alerts.desk.matching import subject_of
from alerts.desk.mutes import Mutes
from alerts.desk.records import MAX_HIDDEN, Standing
from alerts.model import COLD_START, SHADOW, AlertState, Severity, Transition
from alerts.reasons import NoticeReason, Reason

_ON = frozenset({AlertState.FIRING, AlertState.RECOVERING})
_LIVE = _ON | {AlertState.PENDING, AlertState.NO_DATA, AlertState.ERROR}
_OF_DATA = frozenset({Reason.NO_DATA_ALERT, Reason.DATA_BACK})
_OF_THE_RULE = frozenset({Reason.RULE_CHANGED, Reason.RULE_REMOVED})
_LOUDNESS = {severity: -number for number, severity in enumerate(Severity)}
_LOUD = frozenset(
    {NoticeReason.SEVERITY_CHANGED, NoticeReason.ACK_EXPIRED, NoticeReason.SILENCE_EXPIRED}
)
"""What people are told of an alert that they know of: if something mutes it, they are told after."""
UNTOLD = "untold"
"""Why the end is not told of an alert whose fire was hidden by what is over since."""


class Verdicts:
    """Decides on changes and keeps the record of each alert."""

    def __init__(self, ledger: Ledger, mutes: Mutes) -> None:
        self._ledger = ledger
        self._mutes = mutes

    def on(self, change: Transition, now: int) -> Transition:
        """Return a change with what is to be done about it."""
        if change.muted_by == SHADOW:
            if not self._ends_what_was_told(change):
                return self._in_shadow(change)
            change = replace(change, muted_by="")
        if change.to_state is AlertState.NOTED:
            return self._noted(change, now)
        if change.reason in _OF_DATA and change.to_state is not AlertState.FIRING:
            return self._of_data(change, now)
        if change.to_state in _LIVE:
            firing = change.to_state is AlertState.FIRING
            return self._firing(change, now) if firing else self._waiting(change)
        ended = replace(change, duration_s=(change.at - change.since) / 1_000)
        known = self._ledger.standings.get(change.name)
        unknown = known is not None and known.lost and not known.over
        if change.to_state is AlertState.RESOLVED or unknown:
            return self._resolved(ended, now)
        self._forget(change.name)
        return ended

    def _forget(self, name: str) -> None:
        """Forget an alert, unless somebody is still to hear that it has ended."""
        known = self._ledger.standings.get(name)
        if known is None or not known.over:
            self._ledger.forget(name)

    def _ends_what_was_told(self, change: Transition) -> bool:
        """Tell whether it is the end of what was told before its rule went into the shadow.

        That is a fire, or that its value is unknown.
        """
        known = self._ledger.standings.get(change.name)
        if known is None or known.over:
            return False
        if known.lost and not known.told:
            return change.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}
        same = known.told and known.last.since == change.since
        return same and change.to_state is AlertState.RESOLVED

    def _in_shadow(self, change: Transition) -> Transition:
        """Remember a fire that nobody is told of: nor is its end, whatever becomes of the rule."""
        known = self._ledger.standings.get(change.name)
        if known is not None and known.told:
            self._behind(known, change)
            return change
        if change.to_state is AlertState.FIRING or change.reason is Reason.NO_DATA_ALERT:
            lost = known is not None and (known.lost or known.owes_return)
            hidden = Standing(last=_lean(change), told=False, muted_by=SHADOW, lost=lost)
            self._ledger.stand(hidden)
        elif change.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}:
            self._forget(change.name)
        elif known is not None and not known.over and change.to_state in _LIVE:
            self._ledger.stand(replace(known, last=_lean(change)))
        return change

    def _behind(self, known: Standing, change: Transition) -> None:
        """Keep a fire in the shadow behind the end of one that people were told of and that is owed."""
        goes_on = known.behind is not None and change.to_state in _LIVE
        if known.over and (goes_on or change.to_state is AlertState.FIRING):
            self._ledger.stand(replace(known, behind=_lean(change)))
        elif known.behind is not None:
            self._ledger.stand(replace(known, behind=None))

    def _noted(self, change: Transition, now: int) -> Transition:
        if not change.notifies:
            return change
        muted = self._mutes.of(subject_of(change), now)
        moved = change.reason is Reason.MOVED
        notice = NoticeReason.VALUE_CHANGED if moved else NoticeReason.NEW
        return self._hidden(replace(change, notice=notice, muted_by=muted))

    def _firing(self, change: Transition, now: int) -> Transition:
        known = self._ledger.standings.get(change.name)
        if known is None or known.over or known.last.since != change.since:
            # who still is to hear of the end of the one before knows of no other state than this
            told = known is not None and known.over and known.told
            lost = known is not None and (known.lost or known.owes_return)
            return self._tell(change, NoticeReason.NEW, None, now, told=told, lost=lost)
        if known.told and known.lost and change.reason is Reason.DATA_BACK:
            return self._tell(change, NoticeReason.DATA_BACK, known.ack, now, told=True)
        if not known.told:
            if known.muted_by == COLD_START:  # the first sample's episode, whatever becomes of it
                change = replace(change, muted_by=COLD_START)
            back = change.reason is Reason.INPUT_BACK
            notice = NoticeReason.DATA_BACK if back else NoticeReason.NEW
            return self._tell(change, notice, known.ack, now, told=False, lost=known.lost)
        if _LOUDNESS[change.severity] > _LOUDNESS[known.last.severity]:
            # it grew worse: whoever has taken it on did not know
            return self._tell(change, NoticeReason.SEVERITY_CHANGED, None, now, told=True)
        if known.owed is not None:  # it fires again, after a loss of data
            return self._tell(change, known.owed, known.ack, now, told=True)
        self._ledger.stand(replace(known, last=_lean(change)))
        return replace(change, ack=known.ack)

    def _tell(
        self,
        change: Transition,
        notice: NoticeReason,
        ack: Ack | None,
        now: int,
        *,
        told: bool,
        lost: bool = False,
    ) -> Transition:
        muted = change.muted_by or self._mutes.of(subject_of(change), now, ack)
        still = lost and bool(muted)  # who hears of the fire hears that the value is known
        standing = Standing(
            last=_lean(change),
            told=told or not muted,
            muted_by=muted,
            ack=ack,
            lost=still,
            owed=notice if muted and told and notice in _LOUD else None,
        )
        self._ledger.stand(standing)
        return self._hidden(replace(change, notice=notice, muted_by=muted, ack=ack))

    def _of_data(self, change: Transition, now: int) -> Transition:
        """Tell that a value is unknown, of a rule that asked for that, and that it is known again."""
        known, subject = self._ledger.standings.get(change.name), subject_of(change)
        if change.reason is Reason.NO_DATA_ALERT:
            muted = self._mutes.announced(subject, now)
            decided = replace(change, notice=NoticeReason.NO_DATA, muted_by=muted)
            still = known is not None and known.owes_return
            known = None if still else known  # that it was known meanwhile is no news any more
            before = known or Standing(last=change, told=False, muted_by=muted)
            last = before.last if before.over else _lean(decided)
            lost = before.lost or still or not muted
            self._ledger.stand(replace(before, last=last, lost=lost))
            return self._hidden(decided)
        muted = self._mutes.of(subject, now)
        if known is not None and not known.lost:
            muted = muted or known.last.muted_by or UNTOLD  # nobody is told half
        decided = replace(change, notice=NoticeReason.DATA_BACK, muted_by=muted)
        if known is not None:
            self._known_again(known, decided)
        return self._hidden(decided)

    def _known_again(self, known: Standing, change: Transition) -> None:
        """Remember who is still to hear that a value is known again, or that an alert is over."""
        if known.over:
            self._ledger.stand(replace(known, lost=False))
        elif known.lost and change.muted_by:
            owed = Standing(last=_lean(change), told=False, muted_by=change.muted_by, over=True)
            self._ledger.stand(owed)
        else:
            self._ledger.forget(change.name)

    def _known_at_last(self, change: Transition, now: int) -> Transition:
        """Tell, with the end of what nobody heard of, that a value is known again, or owe it.

        That its rule decides otherwise or is gone is the end of a value that was unknown, too.
        """
        muted = self._mutes.of(subject_of(change), now)
        gone = change.reason in _OF_THE_RULE
        if not gone:
            change = replace(change, summary=notices.known_again(change))
        if muted:
            removed = change.reason is Reason.RULE_REMOVED
            owed = replace(_lean(change), reason=change.reason if removed else Reason.DATA_BACK)
            self._ledger.stand(Standing(last=owed, told=False, muted_by=muted, over=True))
        else:
            self._ledger.forget(change.name)
        notice = NoticeReason.RESOLVED if gone else NoticeReason.DATA_BACK
        return self._hidden(replace(change, notice=notice, muted_by=muted))

    def _waiting(self, change: Transition) -> Transition:
        """Mark what a dead input explains; pending and no_data are no news by themselves."""
        muted = self._mutes.feed_of(subject_of(change))
        known = self._ledger.standings.get(change.name)
        if known is None or known.over:
            return replace(change, muted_by=muted)
        kept = replace(known, last=_lean(change))
        heard = known.told or known.muted_by == COLD_START
        self._ledger.stand(kept if heard or not muted else replace(kept, muted_by=muted))
        return replace(change, muted_by=muted, ack=known.ack)

    def _resolved(self, change: Transition, now: int) -> Transition:
        known = self._ledger.standings.get(change.name)
        if known is not None and known.lost and not known.told:
            return self._known_at_last(change, now)
        end = replace(change, notice=NoticeReason.RESOLVED)
        if not (change.notifies if known is None else known.told):
            self._ledger.forget(change.name)
            # what keeps it quiet now, and not what did when it fired: a restart looks anew
            ack, before = (None, "") if known is None else (known.ack, known.muted_by)
            muted = self._mutes.of(subject_of(change), now, ack)
            return replace(end, muted_by=muted or before or UNTOLD)
        muted = self._mutes.of(subject_of(change), now)
        if muted:
            owed = Standing(last=_lean(change), told=True, muted_by=muted, over=True)
            self._ledger.stand(owed)
        else:
            self._ledger.forget(change.name)
        return self._hidden(replace(end, muted_by=muted))

    def _hidden(self, change: Transition) -> Transition:
        """Note with the silence that hides a change what it hides."""
        kind, _, name = change.muted_by.partition(":")
        silence = self._ledger.silences.get(name) if kind == "silence" else None
        if silence is not None:
            names = silence.hidden
            if change.name not in names and len(names) < MAX_HIDDEN:
                names = (*names, change.name)
            self._ledger.keep_silence(replace(silence, hidden=names, count=silence.count + 1))
        return change


def _lean(change: Transition) -> Transition:
    """Return a change as it is kept: what its value was made of then is of no use later."""
    return replace(change, inputs=())
