"""Commands of people: done at their place among the prices, and answered. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from msgspec.structs import replace as changed

from alerts.acks import Ack
from alerts.desk import notices
from alerts.desk.desk import Desk
from alerts.desk.matching import match_fault, match_mend, meets, nothing_meant, subject_of, words_of
from alerts.desk.ownership import heard, may_hear, not_his, not_his_silence, owns
from alerts.desk.pacer import Pacer
from alerts.desk.records import Maintenance, Silence, Standing
from alerts.desk.surroundings import Surroundings
from alerts.model import SHADOW, AlertState, News
from alerts.reasons import Reason
from alerts.rehearsal import drill
from monitor.core.clock import iso
from monitor.core.mends import nearest
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import (
    MAX_LISTED,
    MAX_SPAN_MS,
    AckAlert,
    AddMaintenance,
    AddSilence,
    Command,
    DrillAlert,
    EndMaintenance,
    EndSilence,
    Place,
    ReloadBooks,
    RemoveRule,
    Reply,
    SetRule,
    UnackAlert,
    done,
    refused,
)

MAX_KEPT = 500
"""How many silences there may be at once, and how many maintenance windows."""
_LIST = "see hashhedge alert list"


class Orders:
    """Does what is asked of the desk, or says why not."""

    def __init__(self, desk: Desk, around: Surroundings, pacer: Pacer) -> None:
        self._desk, self._pacer = desk, pacer
        self._ledger = desk.ledger
        self._around = around

    def do(self, command: Command, now: int) -> Reply:
        """Do one command at event time `now`; a dry run changes nothing."""
        fault = command_fault(command)
        if fault:
            return refused(command, now, fault)
        return self._anothers(command, now) or self._do(command, now)

    def _anothers(self, command: Command, now: int) -> Reply | None:
        """Return the refusal of what would quiet a rule of another user's own; None: it does not.

        Whom an escalation has told may be a team, whose members are not known here: from then on
        anybody may take the alert on.
        """
        match command.action:
            case AckAlert(rule=rule, key=key) | UnackAlert(rule=rule, key=key):
                pace = self._pacer.memory.paces.get(f"{rule}|{key}")
                free = owns(command, rule) or (pace is not None and pace.escalated)
                return None if free else not_his(command, rule, now)
            case AddSilence(match=match):
                rule = match.get("rule", "")
                return None if owns(command, rule) else not_his(command, rule, now)
            case EndSilence(silence=name) if name in self._ledger.silences:
                rule = self._ledger.silences[name].match.get("rule", "")
                return None if owns(command, rule) else not_his_silence(command, name, now)
            case _:
                return None

    def _do(self, command: Command, now: int) -> Reply:  # noqa: PLR0911  # one for each wish
        match command.action:
            case AddSilence() as wish:
                return self._add_silence(command, wish, now)
            case EndSilence() as wish:
                return self._end_silence(command, wish, now)
            case AckAlert() as wish:
                return self._ack(command, wish, now)
            case UnackAlert() as wish:
                return self._unack(command, wish, now)
            case AddMaintenance() as wish:
                return self._add_window(command, wish, now)
            case EndMaintenance() as wish:
                return self._end_window(command, wish, now)
            case DrillAlert() as wish:
                return self._drill(command, wish, now)
            case ReloadBooks():  # the worker takes it out where there are files to read
                return refused(command, now, "there are no books to read anew here")
            case SetRule() | RemoveRule():  # `UserRules` does these
                return refused(command, now, "rules of users are not kept here")

    def _add_silence(self, command: Command, wish: AddSilence, now: int) -> Reply:
        fault = match_fault(wish.match)
        if fault:
            return refused(command, now, fault, match_mend(wish.match))
        fault = _span_fault(now, wish.until, now)
        if fault:
            return refused(command, now, fault)
        name = _made_of(command)
        reply = self._matched(command, replace(done(command, now, ""), made=name), wish.match)
        said = f"{words_of(wish.match)} until {iso(wish.until)}"
        if not reply.matched and wish.match.get("rule") not in set(News):
            known = [it for it in self._around.subjects() if may_hear(command, it.name)]
            said = f"{said}; it hides nothing by now: {nothing_meant(wish.match, known)}"
        if name in self._ledger.silences:
            return replace(reply, text=f"silenced already: {said}")
        if len(self._ledger.silences) >= MAX_KEPT:
            return refused(command, now, f"there are {MAX_KEPT} silences", "end some first")
        if command.dry_run:
            return replace(reply, text=f"would silence {said}", made="")
        silence = Silence(
            id=name,
            match=dict(wish.match),
            by=command.by,
            reason=wish.reason,
            at=now,
            until=wish.until,
        )
        self._ledger.keep_silence(silence)
        self._desk.say(notices.of_silence(silence, Reason.COMMANDED, None, (), now))
        for firing in self._desk.firing(silence):
            standing = self._ledger.standings[firing]
            if not standing.muted_by:
                self._ledger.stand(changed(standing, muted_by=f"silence:{name}"))
        return replace(reply, text=f"silenced {said}")

    def _end_silence(self, command: Command, wish: EndSilence, now: int) -> Reply:
        silence = self._ledger.silences.get(wish.silence)
        if silence is None:
            hint = "see hashhedge silence list"
            return refused(command, now, f"there is no silence `{wish.silence}`", hint)
        said = f"the silence of {silence.by} on {words_of(silence.match)}"
        firing = heard(command, self._desk.firing(silence))
        reply = replace(
            done(command, now, f"would end {said}"),
            made=silence.id,
            matches=tuple(firing[:MAX_LISTED]),
            matched=len(firing),
            firing=len(firing),
        )
        if command.dry_run:
            return reply
        self._desk.end_silence(silence.id, now)
        return replace(reply, text=f"ended {said}")

    def _ack(self, command: Command, wish: AckAlert, now: int) -> Reply:
        standing = self._standing(wish)
        if standing is None:
            return refused(command, now, *self._no_fire(command, wish))
        if wish.since is not None and wish.since != standing.last.since:
            fault = f"{wish.rule} for {wish.key} has ended meanwhile, and fires anew"
            return refused(command, now, fault, "take on the newer one")
        fault = "" if wish.until is None else _span_fault(now, wish.until, now)
        if fault:
            return refused(command, now, fault)
        until = "it resolves" if wish.until is None else iso(wish.until)
        said = f"{wish.rule} for {wish.key}, quiet until {until}"
        if command.dry_run:
            return done(command, now, f"would acknowledge {said}")
        ack = Ack(by=command.by, note=wish.note, at=now, until=wish.until)
        taken = changed(standing, ack=ack, owed=None)
        self._ledger.stand(taken)
        words = f"{command.by} has taken it on: {standing.last.summary}"
        change = notices.ack_changed(taken, Reason.ACKNOWLEDGED, command.id, words, now)
        self._desk.say(change)
        return replace(done(command, now, f"acknowledged {said}"), state="acked")

    def _unack(self, command: Command, wish: UnackAlert, now: int) -> Reply:
        standing = self._standing(wish)
        if standing is None or standing.ack is None:
            fault = f"{wish.rule} for {wish.key} is not acknowledged"
            return refused(command, now, fault, _LIST)
        said = f"{wish.rule} for {wish.key}, taken on by {standing.ack.by}"
        if command.dry_run:
            return done(command, now, f"would give back {said}")
        words = f"{command.by} has given it back: {standing.last.summary}"
        self._desk.end_ack(standing.last.name, Reason.UNACKNOWLEDGED, words, now)
        state = standing.last.to_state.value
        return replace(done(command, now, f"given back: {said}"), state=state)

    def _no_fire(self, command: Command, wish: AckAlert) -> tuple[str, str]:
        """Return why an alert cannot be taken on, and the mend: a slip of the pen, or all is quiet."""
        known = [it for it in self._around.subjects() if may_hear(command, it.name)]
        keys = {it.key for it in known if it.rule == wish.rule}
        if not keys and wish.rule not in set(News):
            hint = nearest(wish.rule, {it.rule for it in known})
            return f"there is no rule `{wish.rule}`", hint
        if keys and wish.key not in keys:
            return f"rule `{wish.rule}` is not about `{wish.key}`", nearest(wish.key, keys)
        return f"{wish.rule} does not fire for {wish.key}", _LIST

    def _standing(self, wish: AckAlert | UnackAlert) -> Standing | None:
        standing = self._ledger.standings.get(f"{wish.rule}|{wish.key}")
        if standing is None or standing.over or standing.last.to_state is AlertState.RESOLVED:
            return None
        return None if standing.muted_by == SHADOW else standing

    def _add_window(self, command: Command, wish: AddMaintenance, now: int) -> Reply:
        fault = _span_fault(wish.begin, wish.until, now)
        if fault:
            return refused(command, now, fault)
        name = _made_of(command)
        what = "the broker" if wish.place is Place.BROKER else f"the feed {wish.feed}"
        said = f"{what} from {iso(wish.begin)} until {iso(wish.until)}"
        if name in self._ledger.windows:
            return replace(done(command, now, f"announced already: {said}"), made=name)
        if len(self._ledger.windows) >= MAX_KEPT:
            return refused(command, now, f"there are {MAX_KEPT} windows", "end some first")
        if command.dry_run:
            return done(command, now, f"would announce maintenance of {said}")
        window = Maintenance(
            id=name,
            place=wish.place,
            feed=wish.feed if wish.place is Place.FEED else "",
            by=command.by,
            reason=wish.reason,
            begin=wish.begin,
            until=wish.until,
        )
        self._ledger.keep_window(window)
        self._desk.say(notices.of_maintenance(window, Reason.COMMANDED, now))
        self._desk.run_timers(now)
        return replace(done(command, now, f"announced maintenance of {said}"), made=name)

    def _end_window(self, command: Command, wish: EndMaintenance, now: int) -> Reply:
        window = self._ledger.windows.get(wish.window)
        if window is None:
            hint = "see hashhedge maintenance list"
            return refused(command, now, f"there is no window `{wish.window}`", hint)
        reply = replace(done(command, now, f"would end {window.id}"), made=window.id)
        if command.dry_run:
            return reply
        self._desk.end_window(window.id, now)
        return replace(reply, text=f"ended {window.id}")

    def _drill(self, command: Command, wish: DrillAlert, now: int) -> Reply:
        """Send a test on the way of all notices, whatever would keep a real one quiet."""
        rehearsal = self._around.rehearsal(wish.rule, wish.key, now)
        if rehearsal is None or not may_hear(command, rehearsal.name):
            of = f"for {wish.key}" if wish.key else "anything"
            return refused(command, now, f"no rule {wish.rule} watches {of}", _LIST)
        mute = self._desk.mutes.of(subject_of(rehearsal), now)
        real = f"; a real one would be quiet now: {mute}" if mute else ""
        standing = self._ledger.standings.get(rehearsal.name)
        fires = standing is not None and standing.last.to_state is AlertState.FIRING
        reply = replace(
            done(command, now, ""), matches=(rehearsal.name,), matched=1, firing=int(fires)
        )
        if command.dry_run:
            text = f"would send a test of {wish.rule} for {rehearsal.key}{real}"
            return replace(reply, text=text)
        test = drill(rehearsal, command.id, now)
        self._desk.say(test)
        return replace(reply, text=f"on its way: {test.summary}{real}", made=test.id)

    def _matched(self, command: Command, reply: Reply, match: Mapping[str, str]) -> Reply:
        """Return an answer with the alerts that a matcher means, those that fire first."""
        firing = {
            name: None
            for name, standing in sorted(self._ledger.standings.items())
            if standing.last.to_state is AlertState.FIRING
            and meets(match, subject_of(standing.last))
        }
        names = dict(firing)
        for subject in self._around.subjects():
            if meets(match, subject):
                names[subject.name] = None
        meant, fires = heard(command, names), len(heard(command, firing))
        listed = tuple(meant[:MAX_LISTED])
        return replace(reply, matches=listed, matched=len(meant), firing=fires)


def _made_of(command: Command) -> str:
    """Return the id of what a command makes: the same however often it is sent."""
    return hashlib.blake2b(command.id.encode(), digest_size=5).hexdigest()


def _span_fault(begin: int, until: int, now: int) -> str:
    if until <= max(begin, now):
        return f"it would end at {iso(until)}, and that is over or before it begins"
    if until - begin > MAX_SPAN_MS:
        return f"it would last until {iso(until)}; at most 366 days"
    return ""
