"""The one pure step: a batch of ticks to readings and transitions. Hop 5.

Live, test, replay and backtest all run this and nothing else. Time comes in with the ticks: the
engine's now is the arrival of the tick at hand, never earlier than before. Whatever is due before
that (a value grows stale, a `for` has been held) is run first, at its own moment and in order, so
the result does not depend on how ticks are batched or how fast they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.desk.user_rules import UserRules, no_user_rules
from alerts.remarks import Remarks
from alerts.rules.base import Rule
from alerts.series import Target
from alerts.setting import PLAIN, Setting
from alerts.watch import Watch
from monitor.compute.bulletin import Bulletin
from monitor.compute.calendars import Market
from monitor.compute.calm import Calm, Way
from monitor.compute.changes import Changes
from monitor.compute.clocking import SessionClock
from monitor.compute.day_figures import DayFigures
from monitor.compute.firms import Firm
from monitor.compute.foresight import OF_THE_AGENDA, foreseen
from monitor.compute.history import (
    EARLIER_FACTS,
    HISTORY_INPUTS,
    PAIR_INPUTS,
    History,
    Output,
)
from monitor.compute.instruments import Instruments
from monitor.compute.making import table_of
from monitor.compute.parts import Parts
from monitor.compute.places import EVERYWHERE, Places
from monitor.compute.plan import (
    MARKET_INPUTS,
    STOCK_INPUTS,
    TENANT_INPUTS,
    Plan,
)
from monitor.compute.saved import Saved
from monitor.compute.sources import Inputs, Sources
from monitor.compute.splits import Splits
from monitor.compute.targets import targets
from monitor.compute.telling import Telling
from monitor.compute.tenancy import Tenancy
from monitor.domain.events import Quote, Reading, Tick
from monitor.domain.plausibility import Refusal, judge
from monitor.domain.sessions import SessionState
from monitor.domain.symbols import symbol_of
from monitor.metrics.catalogue import Catalogue

DAY = 86_400_000
MAX_DAYS = 400
"""A longer leap is a clock's error, or a replay after another age: its days are not walked."""
NO_FACTS = (MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS, HISTORY_INPUTS, PAIR_INPUTS, EARLIER_FACTS)
"""What the metrics read beside the figures of the books."""


class Step:
    """The state of one shard and the one way to change it."""

    def __init__(  # noqa: PLR0913, PLR0917  # all that a step is made of
        self,
        firms: Sequence[Firm],
        catalogue: Catalogue,
        rules: Sequence[Rule],
        calendar: Market,
        flagged: Collection[str] = (),
        setting: Setting = PLAIN,
        book: DeskBook = NOTHING_SAID,
        users: UserRules | None = None,
    ) -> None:
        """Take the companies, the metrics, the rules and those of users, and what rules know."""
        self.users = no_user_rules() if users is None else users
        rules = (*rules, *self.users.bench.rules)
        self.firms = tuple(firms)
        self._rows = {firm.ticker: row for row, firm in enumerate(firms)}
        self._plan = Plan(catalogue)
        self.splits = Splits({firm.ticker: firm.actions for firm in firms})
        self.instruments = Instruments(calendar, self._rows, self._wanted, self.splits, flagged)
        self._clock = SessionClock(calendar)
        setting = replace(setting, session=self._clock.word)
        self.watch = Watch(rules, self.targets(rules), self._inputs, self._remarks, setting)
        self.telling = Telling(book, rules, self, self._plan, self._rows, calendar)
        self.table, self._observed = table_of(catalogue, self.firms, self.watch)
        self._tenancy = Tenancy(self.firms, self._rows)
        self.history = History(calendar, self._rows)
        self._facts = self.table.leaves.difference(*NO_FACTS)
        self._places = Places(self._rows, self._facts, self._tenancy)
        beneath = (self._plan, self.firms, self._facts, self.table, self.instruments, self._tenancy)
        parts = Parts(*beneath)
        self._figures, self.sources = DayFigures(parts), Sources(parts)
        self.calm = Calm(self.instruments, self.watch, self._stands_alone, self._next_turn)
        self._marks: dict[str, tuple[int, SessionState | None]] = {}
        self._bulletin = Bulletin(self.firms)
        self._unshown: dict[int, set[str]] = {}
        self.now: int | None = None
        self.unjudged, self.ticks = False, 0
        self.refused: Counter[tuple[str, str]] = Counter()

    def targets(self, rules: Collection[Rule]) -> dict[str, Target]:
        """Return all that a rule may watch, and the instruments that only `rules` name."""
        return targets(self._plan.catalogue, [f.ticker for f in self.firms], rules)

    def process(self, tick: Tick) -> None:
        """Take one tick: run what is due before it, then its quotes, then what depends on them."""
        now = tick.at if self.now is None else max(self.now, tick.at)
        self.ticks += 1
        way = self.calm.take(tick, now)
        if way is not Way.LONG:
            self.now = now
            if way is Way.RULES:
                self._ask_rules(tick.quotes[0].instrument, now)
            return
        self.advance(now)
        for notice in tick.notices:
            self._bulletin.tell(notice, now)
        live: Sequence[Quote] = tick.quotes
        if past := [quote for quote in live if quote.backfilled]:
            live = [quote for quote in live if not quote.backfilled]
            self._take_past(past, now)
        if off := self.telling.feeds_off():
            self.refused.update((q.source, Refusal.MAINTENANCE) for q in live if q.source in off)
            live = [quote for quote in live if quote.source not in off]
        if live:
            self._take_live(live, now)
        self.telling.report(tick.feeds, now)
        self.telling.order(tick.commands, now)
        self._settle(now)
        self.calm.went(tick)

    def _ask_rules(self, name: str, now: int) -> None:
        """Show a value of which nothing else is made to its rules."""
        self.watch.observe(name, self.instruments.reading(name), now)
        self.watch.settle(now)
        if self.watch.take_instant():
            self.now = now + 1
        self._settle(now)
        self.calm.stirred()

    def _settle(self, now: int) -> None:
        """Let the desk decide on all that changed at `now`."""
        self.telling.settle(self._bulletin.take_news(), now)

    def _take_live(self, live: Sequence[Quote], now: int) -> None:
        """Take quotes of the present: what depends on them, and whom it concerns."""
        self._catch_up()
        refused, changed = self.instruments.accept(live, now)
        if refused:
            self.refused.update(refused)
        revised = self.instruments.revisions.take_revised()
        news = [name for name in changed if name not in revised]
        if news:
            self._propagate(news, now)
        if len(news) < len(changed):
            self._propagate([name for name in changed if name in revised], now, revised=True)
        if self.watch.take_instant():
            self.now = now + 1

    def _take_past(self, quotes: Iterable[Quote], now: int) -> None:
        """Take what is told afterwards: it fills the history and is never the present value."""
        for quote in quotes:
            if (refusal := judge(quote, None, now)) is not None:
                self.refused[quote.source, refusal.value] += 1
                continue
            self.history.tell(quote, now)
            self.watch.tell(quote, now)

    def _catch_up(self) -> None:
        """Let metrics see a past that was told; rules are shown it with the history's next timer."""
        for row, names in self._remember(self.history.catch_up(self.now or 0)).items():
            self._unshown.setdefault(row, set()).update(names)
            rows = None if row == EVERYWHERE else (row,)
            self.table.recompute(self._plan.affected(names), rows)

    def advance(self, now: int) -> None:
        """Run every timer that is due up to `now`, each at its own moment, in order."""
        if self.now is None:
            self._start(now)
        now = max(now, self.now or now)
        self.calm.passed()
        self.history.skip_to(now - MAX_DAYS * DAY)
        self.telling.desk.skip_to(now - MAX_DAYS * DAY)
        while True:
            moments = self._timers(now)
            due = min(moment for moment in moments if moment is not None)
            if self._tell_before(min(due, now + 1)):
                continue
            if due > now:
                break
            self._catch_up()
            self.calm.end()
            self.now = due
            self._runs()[moments.index(due)](due)
        self.now = now

    def _timers(self, now: int) -> tuple[int | None, ...]:
        """Return when each of `_runs` is due next; those of one moment run in this order."""
        return (
            # first: nothing may be judged by old levels and a new price
            self.splits.next_timer(self.now or 0),
            self.instruments.next_timer,
            self.history.next_timer,
            self.watch.next_timer,
            self._clock.edge if self.watch.clocked else None,
            max(self._figures.read_at, now - MAX_DAYS * DAY) // DAY * DAY + DAY,
        )

    def _next_turn(self, now: int) -> int:
        """Return when something happens next without a quote; 0 if something is to be told now."""
        owing = self.telling.desk.owes or self.telling.feeds_off() or self.history.told
        if owing or self.now is None:
            return 0
        moments = (*self._timers(now), self.telling.next_timer)
        return min(moment for moment in moments if moment is not None)

    def _stands_alone(self, name: str) -> bool:
        """Tell whether nothing here is made of an instrument, and nothing awaits it."""
        dead = name in self.telling.desk.ledger.dead
        apart = not dead and self._marks.get(name) == (0, None) and not self._places.of(name)
        return apart and name not in OF_THE_AGENDA

    def _runs(self) -> tuple[Callable[[int], None], ...]:
        """Return what runs each of `_timers`."""
        return (
            *(self._split, self._grow_old, self._pass),
            *(lambda _due: self.watch.run_timer(self.reading), self._turn_session),
            lambda midnight: self._recompute(self._read_books(midnight), midnight),
        )

    def _grow_old(self, due: int) -> None:
        """Let the reading change that was fresh until now."""
        self._propagate(self.instruments.run_timer(), due)

    def _pass(self, due: int) -> None:
        """Let a stretch of the past end: what is made of it changes."""
        outputs = self.history.run_timer(self.instruments.reading)
        changed, self._unshown = self._unshown, {}
        for row, names in self._remember(outputs).items():
            changed.setdefault(row, set()).update(names)
        self._recompute(changed, due)

    def _turn_session(self, due: int) -> None:
        """Let the exchange's next session begin."""
        self._clock.begin(due)
        self.watch.clock(due)

    def _tell_before(self, due: int) -> bool:
        """Show the desk what is over before `due` and run its next timers; tell whether any were.

        All that was due at one moment is seen together.
        """
        if due > (self.now or 0):
            self._settle(self.now or 0)
        told = self.telling.next_timer
        if told is None or told >= due:
            return False
        self.calm.end()
        self.now = max(told, self.now or 0)
        self.telling.run_timers(self.now)
        return True

    def _start(self, now: int) -> None:
        """Begin at `now`: read the books for the first time."""
        self.now = now
        self._clock.begin(now)
        self.watch.gates.begin(now, foreseen(self.instruments.reading))
        self.history.begin(now)
        self._remember(self.history.outputs())
        self._move_levels(now)
        self._read_books(now)
        self._recompute_rows(set(self.table.leaves), None, now)
        self.watch.begin(now)
        self.telling.begin(now)

    def _split(self, now: int) -> None:
        """Carry levels, prices, closes and counts of shares into the shares that hold from `now`."""
        names: list[str] = []
        for ticker in self.splits.due(now):
            self.splits.record(ticker, now, self.watch.rules_on(ticker))
            factor = self.splits.factor(symbol_of(ticker, self._rows), now - 1, now)
            self.history.split(ticker, factor)
            self.watch.split(ticker, factor)
            names += self.instruments.split(ticker, now)
        self._move_levels(now)
        self._propagate(names, now, self._figures.read(now))

    def _move_levels(self, now: int) -> None:
        for ticker in self.splits.tickers:
            self.watch.rescale(ticker, self.splits.levels(ticker, now))

    def _propagate(
        self,
        names: Collection[str],
        now: int,
        more: Mapping[int, set[str]] | None = None,
        *,
        revised: bool = False,
    ) -> None:
        """Carry changed instruments, and `more` columns by row, to the metrics and rules at `now`."""
        changed = {} if more is None else dict(more)
        if not OF_THE_AGENDA.isdisjoint(names):
            moved = self.watch.gates.foresee(foreseen(self.instruments.reading), now)
            self.watch.turn(moved, now, self.reading)
        for name in names:
            reading = self.instruments.reading(name)
            self.watch.observe(name, reading, now, revised=revised)
            self.telling.see(name, reading, now)
            mark = (reading.delay_ms, reading.session)
            otherwise = self._marks.get(name, (0, None)) != mark
            self._marks[name] = mark
            for column, row in self._places.of(name):
                shown = self._figures.figure(row, column, now) if column in self._facts else reading
                if self.table.set(column, max(row, 0), shown) or otherwise:
                    changed.setdefault(row, set()).add(column)
        self._recompute(changed, now, revised=revised)

    def _wanted(self, instrument: str) -> bool:
        """Tell whether an instrument is good for anything here."""
        return instrument in self.watch.scalars or bool(self._places.of(instrument))

    def _recompute(
        self, changed: Mapping[int, set[str]], now: int, *, revised: bool = False
    ) -> None:
        """Recompute what depends on the changed columns and show it to the rules."""
        if changed:
            rows = None if EVERYWHERE in changed else changed.keys()
            self._recompute_rows(set[str]().union(*changed.values()), rows, now, revised=revised)
        self.watch.settle(now)

    def _recompute_rows(
        self, names: set[str], rows: Collection[int] | None, now: int, *, revised: bool = False
    ) -> None:
        metrics = self._plan.affected(names)
        if metrics:
            self.table.recompute(metrics, rows)
        figures = sorted(names & self._observed.keys())
        self._show((*figures, *(it.name for it in metrics)), now, revised=revised)

    def _show(self, names: Iterable[str], now: int, *, revised: bool = False) -> None:
        """Show metrics and figures, as the table has them, to the rules."""
        for name in (it for it in names if it in self._observed):
            if not self._observed[name]:
                self.watch.observe(name, self.sources.metric(name, 0), now, revised=revised)
            else:
                column, of = self.table.column(name), partial(self.sources.metric, name)
                self.watch.observe_vector(
                    name, column.values, column.quality, of, now, revised=revised
                )

    def _read_books(self, now: int) -> dict[int, set[str]]:
        """Read all that the books say of this day; return what changed, by row."""
        self._bulletin.read_books(now)
        return self._figures.read(now)

    def _remember(self, outputs: Iterable[Output]) -> dict[int, set[str]]:
        """Put what the past gives into the table; return what changed, by row."""
        changed: dict[int, set[str]] = {}
        for column, ticker, reading in outputs:
            row = EVERYWHERE if ticker is None else self._rows[ticker]
            if self.table.set(column, max(row, 0), reading):
                changed.setdefault(row, set()).add(column)
        return changed

    def _inputs(self, target: str, company: str | None) -> Inputs:
        return self.sources.inputs(target, company)

    def _remarks(self, target: str, company: str | None) -> Remarks:
        return self.sources.remarks(target, company, self.now or 0)

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of what a rule watches."""
        return self.sources.reading(target, company)

    def instrument_of(self, column: str, row: int) -> str | None:
        """Return the instrument that feeds a company's column, None for a figure of the books."""
        return self.sources.instrument_of(column, row)

    def has_news(self) -> bool:
        """Tell whether by now something is told or answered, which others wait for."""
        return self.telling.has_news()

    def take(self) -> Changes:
        """Return what changed since the last call, to be committed."""
        if not self.calm.take_long():
            return self._take_short()
        self._catch_up()
        told, desk, replies = self.telling.take()
        return Changes(
            now=self.now or 0,
            quotes=self.instruments.take_quotes(),
            alerts=self.watch.take_records(),
            reference=self.instruments.take_reference(),
            transitions=told,
            desk=desk,
            users=self.users.take(),
            replies=replies,
            standing=self._bulletin.take_changed(),
            history=self.history.take(),
            late=self.watch.take_late(),
            flaws=self.instruments.flaws.take(),
            revised=self.instruments.revisions.take_changed(),
            ruled=self.splits.take_ruled(),
            held=self.splits.take_held(),
            heard=self.table.heard.take(),
            pasts=self.watch.take_pasts(),
            extremes=self.watch.take_extremes(),
            lasts=self.watch.take_lasts(),
        )

    def _take_short(self) -> Changes:
        """Return what changed where every tick went the short way, which touches nothing else."""
        told, desk, _ = self.telling.take()
        return Changes(
            now=self.now or 0,
            quotes=self.instruments.take_quotes(),
            alerts=self.watch.take_records(),
            transitions=told,
            desk=desk,
            pasts=self.watch.take_pasts(),
            extremes=self.watch.take_extremes(),
            lasts=self.watch.take_lasts(),
        )

    def prepare(self, now: int) -> None:
        """Read the books of the day of `now` for a `restore` soon, which others wait for."""
        self._figures.read(now)

    def restore(self, saved: Saved) -> None:
        """Take back what was committed, at the moment at which it was; judge nothing.

        A rule added since, or a book changed since, is judged by `judge`, when what is due by
        now has been run: judged here, it would fire on what was true then and is not any more.
        """
        if saved.now is None:
            return
        self.now = saved.now
        self.unjudged = True
        self.users.restore(saved.users)
        self._bulletin.restore(saved.standing)
        self.table.heard.restore(saved.heard)
        self.history.restore_chronicle(saved.days, saved.sessions)
        self.history.begin(saved.now, saved.history, saved.pairings)
        self._remember(self.history.outputs())
        self.instruments.revisions.restore(saved.revised)
        self.splits.restore(saved.ruled, saved.held)
        self._move_levels(saved.now)
        self.instruments.restore(saved.quotes, saved.reference, saved.now)
        past = (saved.alerts, saved.pasts, saved.extremes, saved.lasts)
        self.watch.restore(*past, now=saved.now, cold=not saved.quotes)
        self.watch.restore_late(saved.late)
        self.telling.restore(saved.desk, saved.alerts)
        fed: list[tuple[str, int]] = []
        for name in self.instruments.names():
            reading = self.instruments.reading(name)
            self._marks[name] = (reading.delay_ms, reading.session)
            for column, row in self._places.of(name):
                self.table.set(column, max(row, 0), reading)
                fed.append((column, row))
        self._figures.read_again(saved.now, fed)
        self._recompute_rows(set(self.table.leaves), None, saved.now)
        self._show_instruments(saved.now)
        self._clock.begin(saved.now)
        self.watch.gates.begin(saved.now, foreseen(self.instruments.reading))
        self.watch.resume()
        self.telling.begin(saved.now)

    def judge(self, same: Collection[str] = ()) -> None:
        """Judge every rule and book once at the present moment, if a restore left that open.

        Rules and books that are the same as before find nothing new, whenever it is done. `same`
        are the ids of rules that the step before, with the same books, had judged already.
        """
        if not self.unjudged or self.now is None:
            return
        self.unjudged = False
        self.calm.end()
        self._bulletin.read_books(self.now)
        self.watch.rejudge(self.now, same)
        self._show(self._observed, self.now)
        self._show_instruments(self.now)
        self.watch.begin(self.now)
        for name in self.instruments.names():
            self.telling.see(name, self.instruments.reading(name), self.now)
        self._settle(self.now)
        self.telling.desk.review(self.now)

    def _show_instruments(self, now: int) -> None:
        for name in self.instruments.names():
            series, reading = self.watch.scalars.get(name), self.instruments.reading(name)
            if series is not None and not series.knows(reading):
                self.watch.observe(name, reading, now)
