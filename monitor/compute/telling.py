"""The desk in the step: what the watch says goes to it, with all that it may ask. Hop 5, pure.

The step hands over every reading and asks for what is due; here it is decided when the desk is
shown what: after each tick, and after all timers of one moment, so that neither how ticks are
batched nor in which order rules stand in the book changes what is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from msgspec.structs import replace

from alerts.desk.book import DeskBook
from alerts.desk.desk import Desk
from alerts.desk.matching import Subject, subject_of
from alerts.desk.orders import Orders
from alerts.desk.pacer import Pacer
from alerts.desk.records import DeskMemory
from alerts.desk.user_rules import UserRules
from alerts.model import AlertState, Transition
from alerts.rehearsal import rehearsed
from alerts.rules.base import Rule
from alerts.rules.life import Mode
from alerts.saved import SavedAlert, forgotten
from alerts.series import Series
from alerts.watch import Watch
from monitor.compute.calendars import Sessions
from monitor.compute.cells import Remembered
from monitor.compute.instruments import Instruments
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS, Plan
from monitor.compute.resting import Resting, resting_on
from monitor.core.clock import DAY
from monitor.core.timers import earliest
from monitor.domain.commands import Command, Place, RemoveRule, Reply, SetRule
from monitor.domain.events import Reading
from monitor.domain.facts import FACTS
from monitor.domain.feed_reports import FeedReport
from monitor.domain.symbols import symbol_of
from monitor.domain.windows import Exchange


class Asked(Protocol):
    """What is asked of the step."""

    watch: Watch
    instruments: Instruments
    users: UserRules
    now: int | None

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of a target, for a company or for none."""
        ...

    def instrument_of(self, column: str, row: int) -> str | None:
        """Return what feeds a column in a company's row; None for a figure of the books."""
        ...


class Telling:
    """The desk with its surroundings."""

    def __init__(
        self,
        book: DeskBook,
        rules: Sequence[Rule],
        asked: Asked,
        plan: Plan,
        rows: Mapping[str, int],
        calendar: Sessions,
    ) -> None:
        self._asked = asked
        self._plan, self._rows = plan, rows
        self.exchange: Exchange = calendar
        self.shadows = frozenset(rule.id for rule in rules if rule.mode is Mode.SHADOW)
        self.desk = Desk(book, self)
        self.pacer = Pacer(book.pace, rules, self._session_of)
        self._out: list[Transition] = []
        self._orders = Orders(self.desk, self, self.pacer)
        self.replies: list[Reply] = []

    # ---------------------------------------------------------------- what the desk may ask

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of what a rule watches."""
        return self._asked.reading(target, company)

    def judged_by(self, last: Transition) -> Reading:
        """Return what an alert is judged by now: of a change that is the change, not the price."""
        made = self._asked.watch.made_of(last.name, self._asked.now or 0)
        return self.reading(last.target, last.labels.get("company")) if made is None else made

    def inputs_of(self, subject: Subject) -> Iterable[str]:
        """Return the instruments that an alert rests on, all values of an expression included."""
        read = self._asked.watch.composites.read_by(subject.name)
        return self._feeding(subject.target, subject.company) | self._feeding_all(read)

    def decided(self, subject: Subject) -> bool:
        """Tell whether an alert is of an expression that its known values decide by themselves."""
        return self._asked.watch.composites.decided(subject.name, self._asked.now or 0)

    def _feeding_all(self, read: Iterable[Series]) -> set[str]:
        """Return the instruments that several values rest on."""
        each = (self._feeding(series.target.name, series.company or "") for series in read)
        return set[str]().union(*each)

    def _feeding(self, target: str, company: str) -> set[str]:
        """Return the instruments that a target rests on; `company` is empty for one of none.

        A figure set by hand is none: when its time is over, the book's counts again.
        """
        if target not in self._plan.catalogue and target not in FACTS:
            return {target}
        row = self._rows.get(company)
        columns = set(self._plan.leaves_of(target))
        own = {*STOCK_INPUTS, *TENANT_INPUTS} if row is not None else set[str]()
        feeding = (
            self._asked.instrument_of(column, row or 0)
            for column in columns & {*MARKET_INPUTS, *own}
        )
        return {name for name in feeding if name is not None}

    def only_source(self, instrument: str) -> str:
        """Return who alone has told an instrument; empty where nobody or several have."""
        sources = {quote.source for quote in self._asked.instruments.origin(instrument)}
        return sources.pop() if len(sources) == 1 else ""

    def subjects(self) -> Iterator[Subject]:
        """Yield every alert there may be, whether it fires or not."""
        for bound in self._asked.watch.bindings():
            rule = bound.rule
            about = bound.series.company or symbol_of(rule.on, self._rows).ticker
            yield Subject(rule.id, bound.key, rule.severity, rule.on, about)

    def rehearsal(self, rule: str, key: str, now: int) -> Transition | None:
        """Return what a rule would say if it fired now; without a key, of its first subject."""
        for bound in self._asked.watch.bindings():
            if bound.rule.id == rule and key in {"", bound.key}:
                reading = bound.reading_of(self._asked.reading)
                return rehearsed(self._asked.watch.teller, bound, reading, now)
        return None

    def says_nothing(self, last: Transition) -> bool:
        """Tell whether nobody is told of a fire: its rule is over, or had its one turn."""
        return self.pacer.paces.says_nothing(last, self._asked.now or 0)

    def mute_of(self, subject: Subject) -> str:
        """Return what keeps an alert quiet at the step's moment, its acknowledgement aside."""
        return self.desk.mutes.of(subject, self._asked.now or 0)

    def quiet_by(self, subject: Subject) -> str:
        """Return what keeps an alert quiet, or has kept it: a cold start is never over."""
        known = self.desk.ledger.standings.get(subject.name)
        by_itself = "" if known is None else known.kept_quiet_by
        return self.mute_of(subject) or by_itself or self.pacer.paces.held_by(subject.name)

    def dependents_of(self, instrument: str) -> Resting | None:
        """Return how many alerts rest on an instrument, and the loudest severity; None: none."""
        return self._dependents.get(instrument)

    @cached_property
    def _dependents(self) -> Mapping[str, Resting]:
        return resting_on(self._asked.watch, self._feeding, self._feeding_all)

    # ---------------------------------------------------------------- what the step tells

    def see(self, name: str, reading: Reading, now: int) -> None:
        """Take an instrument's new reading: it may be dead, or told again."""
        self.desk.see_input(name, reading, now)

    def report(self, reports: Iterable[FeedReport], now: int) -> None:
        """Take what is said of feeds that should speak."""
        for report in reports:
            self.desk.report(report, now)

    def order(self, commands: Iterable[Command], now: int) -> None:
        """Do what people ask."""
        for command in commands:
            if isinstance(command.action, SetRule | RemoveRule):
                reply = self._asked.users.do(command, self._firing(), now)
                if reply.accepted and not reply.dry_run and isinstance(command.action, RemoveRule):
                    self._forget(self._asked.users.at_work(reply.made), now)
            else:
                reply = self._orders.do(command, now)
            self.replies.append(reply)

    def _forget(self, rules: Collection[str], now: int) -> None:
        """Take back what is shown of a rule that goes; an alert of it that stands ends with it."""
        self._out += [
            forgotten(bound.rule, bound.series, now)
            for bound in self._asked.watch.bindings(rules)
            if bound.record is None
        ]

    def _firing(self) -> list[str]:
        """Return the alerts that fire, by name."""
        known = self.desk.ledger.standings.items()
        return [name for name, it in known if it.last.to_state is AlertState.FIRING]

    def settle(self, news: Sequence[Transition], now: int) -> None:
        """Decide on all that changed at `now`: what happened of itself first, then the alerts."""
        changes = [*news, *self._asked.watch.take_transitions()]
        if changes or self.desk.owes:
            self.desk.take(changes, now)
        self._pace(now)

    def _pace(self, now: int) -> None:
        """Let what the desk decided at `now` go out at its pace."""
        decided = self.desk.take_out()
        if decided:
            self._out += self.pacer.take([self._explained(it) for it in decided], now)

    def _explained(self, item: Transition) -> Transition:
        """Return news of what fires still, whose inputs were not kept, with those of now."""
        company = item.labels.get("company")
        told_anew = item.told and item.to_state is AlertState.FIRING and item.value is not None
        if item.inputs or not told_anew or (company and company not in self._rows):
            return item
        return replace(item, inputs=self._asked.watch.teller.inputs(item.target, company))

    def _present(self, last: Transition) -> Transition:
        """Return an alert's last change with the value of now, who has it, and what mutes it."""
        standing = self.desk.ledger.standings.get(last.name)
        ack = None if standing is None else standing.ack
        muted = self.desk.mutes.of(subject_of(last), self._asked.now or 0, ack)
        company = last.labels.get("company")
        if last.to_state is AlertState.RESOLVED or (company and company not in self._rows):
            return replace(last, muted_by=muted, ack=ack)
        reading = self.judged_by(last)
        present = replace(
            last,
            value=reading.value if reading.quality.usable else None,
            quality=reading.quality.word,
            observed_at=reading.observed_at,
            muted_by=muted,
            ack=ack,
        )
        return self._explained(present)

    def _session_of(self, moment: int) -> int:
        """Return the opening of a moment's session; where no calendar knows it, its day in UTC."""
        try:
            return self.exchange.session_at(moment).open_at
        except ValueError:
            return moment // DAY * DAY

    def feeds_off(self) -> frozenset[str]:
        """Return the feeds whose values are left out now: they are being worked on."""
        windows = self.desk.ledger.windows.values()
        if not windows:
            return frozenset()
        return frozenset(it.feed for it in windows if it.begun and it.place is Place.FEED)

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer, ms UTC."""
        return earliest(self.desk.next_timer, self.pacer.next_timer)

    def run_timers(self, now: int) -> None:
        """Run what is due at `now`: what may be told first, then how often."""
        self.desk.run_timers(now)
        self._pace(now)
        while (due := self.pacer.next_timer) is not None and due <= now:
            self._out += self.pacer.run_timer(self._present, now)

    # ---------------------------------------------------------------- memory

    def begin(self, now: int) -> None:
        """Begin at `now`, for the first time or after a restart."""
        self.desk.begin(now)
        self.pacer.begin()

    def restore(self, memory: DeskMemory, alerts: Iterable[SavedAlert]) -> None:
        """Take the memory back."""
        self.pacer.restore(memory.pace)  # it knows what was told of what may explain others
        self.desk.restore(memory, alerts)
        self.pacer.paces.adopt(self.desk.ledger.standings.values())

    def review(self, news: Sequence[Transition], now: int) -> None:
        """Decide on what a changed book brought, and look again at all that is quiet."""
        self.settle(news, now)
        self.desk.review(now)
        self._pace(now)

    def has_news(self) -> bool:
        """Tell whether something is told or answered by now."""
        self._pace(self._asked.now or 0)
        return bool(self._out or self.replies)

    def take(self) -> tuple[list[Transition], Remembered, list[Reply]]:
        """Return what is told, changed and answered since the last call."""
        self._pace(self._asked.now or 0)
        replies, self.replies = self.replies, []
        out, self._out = self._out, []
        return out, {**self.desk.take_changed(), **self.pacer.take_changed()}, replies
