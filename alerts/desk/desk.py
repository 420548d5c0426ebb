"""The desk: all changes of one moment in, what is told of them out. Hop 5, pure.

The changes of one moment come together, so that a cause and what it explains are seen at once,
whatever their order. An alert that fired unheard is told when what hid it is over, if it fires
still; whoever was told of a fire is told of its end, if need be later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from alerts.desk import notices
from alerts.desk.book import DeskBook
from alerts.desk.inputs import Inputs
from alerts.desk.ledger import Changed, Kind, Ledger
from alerts.desk.matching import meets, subject_of
from alerts.desk.mute_ends import NOTICE, PUT_OFF, over
from alerts.desk.mutes import Mutes
from alerts.desk.records import DeskMemory, Silence, Standing
from alerts.desk.surroundings import Surroundings
from alerts.desk.verdicts import Verdicts
from alerts.model import COLD_START, SHADOW, AlertState, News, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.saved import SavedAlert, standing_of
from monitor.domain.events import Reading
from monitor.domain.feed_reports import FeedReport

_UNHEARD = frozenset({SHADOW, COLD_START})
"""What nobody is ever told of explains nothing to anybody."""
_ON = frozenset({AlertState.FIRING, AlertState.RECOVERING})


class Desk:
    """Decides what is told; its memory is `ledger`."""

    def __init__(self, book: DeskBook, around: Surroundings) -> None:
        self.ledger = Ledger()
        self.mutes = Mutes(book, self.ledger, around)
        self._verdicts = Verdicts(self.ledger, self.mutes)
        self._around = around
        self.inputs = Inputs(self.ledger, around, book.dead_after_ms)
        self._freed: dict[str, Reason] = {}
        self._out: list[Transition] = []

    # ---------------------------------------------------------------- what comes in

    def begin(self, now: int) -> None:
        """Set the timers of the quiet times, at the first moment or after a restart."""
        for name in self.mutes.quiet_times:
            self.ledger.turn_at(name, self.mutes.edge(name, now))

    def skip_to(self, moment: int) -> None:
        """Leave out the turns of quiet times before `moment`: a leap of years is not walked."""
        for name, edge in list(self.ledger.edges.items()):
            if edge < moment:
                self.ledger.turn_at(name, self.mutes.edge(name, moment))

    def take(self, changes: Sequence[Transition], now: int) -> None:
        """Take all changes of one moment, in order, and tell what came free in it."""
        news, freed = self.inputs.take()
        self._freed |= freed
        changes = [*news, *changes]
        for change in changes:
            if change.to_state is not AlertState.NOTED:
                firing = self._explains(change) and change.muted_by not in _UNHEARD
                if self.mutes.inhibition.set(subject_of(change), firing=firing):
                    self._freed[f"rule:{change.name}"] = Reason.INHIBITION_OVER
        for change in changes:
            self._end_before(change, now)
            self._out.append(self._verdicts.on(change, now))
        freed, self._freed = self._freed, {}
        for mute, reason in freed.items():
            self.release(mute, reason, now)

    def _explains(self, last: Transition) -> bool:
        """Tell whether an alert may explain others: who hears nothing of it, learns nothing by it."""
        return last.to_state in _ON and not self._around.says_nothing(last)

    def _end_before(self, change: Transition, now: int) -> None:
        """Tell the end that an alert owes from before it fired again, if the fire is told."""
        owed = self.ledger.standings.get(change.name)
        if owed is None or not owed.over or change.to_state is not AlertState.FIRING:
            return
        if not (change.muted_by or self.mutes.of(subject_of(change), now)):
            self.ledger.forget(change.name)
            self.say(notices.end_at_last(owed, over(owed.muted_by) or Reason.INPUT_BACK, now))

    @property
    def owes(self) -> bool:
        """Tell whether there is news, or something came free, that `take` has not told of yet."""
        return bool(self._freed) or self.inputs.owes

    def see_input(self, instrument: str, reading: Reading, now: int) -> None:
        """Take an instrument's reading: it may have grown stale, or be told again.

        What comes free by that is told with the changes of this moment, in `take`.
        """
        self.inputs.see(instrument, reading, now)

    def report(self, report: FeedReport, now: int) -> None:
        """Take what is said of a feed that should speak; it is told with the changes, in `take`."""
        self.inputs.report(report, now)

    # ---------------------------------------------------------------- what comes to an end

    def release(self, mute: str, reason: Reason, now: int) -> None:
        """Tell what fires still, and owed ends, of the alerts that `mute` kept quiet."""
        for name in self.ledger.muted_by(mute):
            self._release(self.ledger.standings[name], reason, now)

    def _release(self, standing: Standing, reason: Reason, now: int) -> None:
        told = standing.over or standing.last.to_state is AlertState.FIRING
        if told and not self._waits(standing):
            self._free(standing, reason, now)
        elif not told and standing.told:
            # nothing to tell now, but what kept it quiet is not what does so from here on
            muted = self.mutes.of(subject_of(standing.last), now, standing.ack)
            self.ledger.stand(replace(standing, muted_by=muted))

    def _waits(self, standing: Standing) -> bool:
        """Tell whether a notice of what is dead waits for the rest of its feed to come back."""
        dead = self.inputs.dead_of(standing.last)
        return dead is not None and dead.due is not None

    def _free(self, standing: Standing, reason: Reason, now: int) -> None:
        muted = self.mutes.of(subject_of(standing.last), now, standing.ack)
        if muted:
            put_off = standing.told and not standing.over and reason in PUT_OFF
            owed = NOTICE[reason] if put_off else standing.owed
            if (muted, owed) != (standing.muted_by, standing.owed):
                self.ledger.stand(replace(standing, muted_by=muted, owed=owed))
        elif standing.over:
            self.ledger.forget(standing.last.name)
            if standing.behind is not None:
                self.ledger.stand(Standing(last=standing.behind, told=False, muted_by=SHADOW))
            self._out.append(notices.end_at_last(standing, reason, now))
        elif standing.told and reason not in PUT_OFF and standing.owed is None:
            self.ledger.stand(replace(standing, muted_by=""))
        else:
            standing = self.inputs.restated(standing, now)
            last = standing.last
            reading = self._around.judged_by(last)
            notice = standing.owed or NOTICE.get(reason, NoticeReason.NEW)
            known = replace(standing, told=True, muted_by="", lost=False, owed=None)
            self.ledger.stand(known)
            self.mutes.inhibition.set(subject_of(last), firing=self._explains(last))
            self._out.append(notices.again(standing, notice, reason, reading, now))

    def end_silence(self, name: str, now: int) -> Silence:
        """End a silence: say what it hid, and tell what fires still."""
        silence = self.ledger.drop_silence(name)
        notice = NoticeReason.SUMMARY if silence.count else None
        self._out.append(notices.of_silence(silence, Reason.ENDED, notice, silence.hidden, now))
        self.release(f"silence:{name}", Reason.SILENCE_EXPIRED, now)
        return silence

    def end_window(self, name: str, now: int) -> None:
        """End a maintenance window, with a notice if its beginning had one."""
        window = self.ledger.drop_window(name)
        self._out.append(notices.of_maintenance(window, Reason.ENDED, now))
        self.inputs.wait_after(name, now)
        self.release(f"maintenance:{name}", Reason.MAINTENANCE_OVER, now)

    def end_ack(self, name: str, reason: Reason, words: str, now: int) -> None:
        """Give an alert back; one that fires is told again if nothing else keeps it quiet."""
        standing = replace(self.ledger.standings[name], ack=None)
        muted = self.mutes.of(subject_of(standing.last), now)
        owed = NOTICE[reason] if standing.told and not standing.over else standing.owed
        self.ledger.stand(replace(standing, muted_by=muted, owed=owed))
        if muted or standing.last.to_state is not AlertState.FIRING:
            self._out.append(notices.ack_changed(standing, reason, "", words, now))
        else:
            self._free(replace(standing, muted_by=""), reason, now)

    def firing(self, silence: Silence) -> list[str]:
        """Return the alerts that fire and that `silence` means, by name."""
        return [
            name
            for name, standing in sorted(self.ledger.standings.items())
            if standing.last.to_state is AlertState.FIRING
            and standing.muted_by != SHADOW
            and meets(silence.match, subject_of(standing.last))
        ]

    # ---------------------------------------------------------------- timers

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer, ms UTC."""
        return self.ledger.next_timer

    def run_timers(self, now: int) -> None:
        """Run what is due at `now`."""
        for _, (kind, name) in self.ledger.pop_due(now):
            match kind:
                case Kind.WINDOW_BEGINS:
                    window = replace(self.ledger.windows[name], begun=True)
                    self.ledger.keep_window(window)
                    self._out.append(notices.of_maintenance(window, Reason.BEGUN, now))
                case Kind.WINDOW_ENDS:
                    self.end_window(name, now)
                case Kind.DEAD:
                    self._die(name, now)
                case Kind.QUIET:
                    self._turn(name, now)
                case Kind.REMINDER:
                    self._remind(self.ledger.silences[name], now)
                case Kind.SILENCE_ENDS:
                    self.end_silence(name, now)
                case Kind.ACK_ENDS:
                    self.end_ack(name, Reason.ACK_EXPIRED, "It was put off, and rings again.", now)

    def _die(self, instrument: str, now: int) -> None:
        dead = self.inputs.told_now(instrument)
        known = self.ledger.standings.get(f"{News.FEED.value}|{dead.key}")
        if known is None or known.over:
            self.take([self.inputs.died(dead, now)], now)
        else:  # it was quiet while another of its feed was told as dead, or its feed was worked on
            worked_on = known.muted_by.startswith("maintenance:")
            over_by = Reason.MAINTENANCE_OVER if worked_on else Reason.INHIBITION_OVER
            self._free(known, over_by, now)

    def _turn(self, name: str, now: int) -> None:
        self.ledger.turn_at(name, self.mutes.edge(name, now))
        self.release(f"quiet:{name}", Reason.QUIET_OVER, now)

    def _remind(self, silence: Silence, now: int) -> None:
        self.ledger.keep_silence(replace(silence, reminded=True))
        members = self.firing(silence)
        if members:
            self.say(
                notices.of_silence(silence, Reason.ENDS_SOON, NoticeReason.REMINDER, members, now)
            )

    # ---------------------------------------------------------------- what goes out; memory

    def say(self, notice: Transition) -> None:
        """Add a notice to what goes out, as it is."""
        self._out.append(notice)

    def take_out(self) -> list[Transition]:
        """Return what was decided since the last call, in order."""
        taken, self._out = self._out, []
        return taken

    def take_changed(self) -> Changed:
        """Return the records that changed since the last call; None removes one."""
        return self.ledger.take()

    def restore(self, memory: DeskMemory, alerts: Iterable[SavedAlert]) -> None:
        """Take the memory back; an alert that fired before there was a desk was told."""
        self.ledger.restore(memory)
        for alert in alerts:
            heard = alert.record.fired and alert.rule not in self._around.shadows
            if heard and alert.name not in self.ledger.standings:
                self.ledger.stand(Standing(last=standing_of(alert), told=True))
        for standing in self.ledger.standings.values():
            on = self._explains(standing.last) and not standing.over
            if on and standing.muted_by not in _UNHEARD:
                self.mutes.inhibition.set(subject_of(standing.last), firing=True)

    def review(self, now: int) -> None:
        """Look again at all that is quiet: the rulebook may say something else since."""
        self.inputs.review(now)
        self._bring_forward()
        self.take([], now)
        for mute in self.ledger.mutes():
            reason = over(mute)
            if reason is None:  # a cold start is never over: its alert is not told
                continue
            for name in self.ledger.muted_by(mute):
                standing = self.ledger.standings[name]
                if not self.mutes.holds(mute, subject_of(standing.last), now, standing.ack):
                    self._release(standing, reason, now)

    def _bring_forward(self) -> None:
        """Let a fire that was in the shadow go on with the one whose end is owed: its rule is live.

        Whoever is still to hear of that end knows of no other state than this.
        """
        for owed in list(self.ledger.standings.values()):
            if owed.behind is not None and owed.last.rule not in self._around.shadows:
                self.ledger.stand(Standing(last=owed.behind, told=True, muted_by=owed.muted_by))
                firing = self._explains(owed.behind)
                self.mutes.inhibition.set(subject_of(owed.behind), firing=firing)
