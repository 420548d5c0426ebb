"""The compute role: the worker, and once a second what people may see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

import structlog

from alerts.rulebook import Rulebook, encode_rulebook
from alerts.series import Place
from monitor.app.alert_board import ListedAlerts
from monitor.compute.counts import count_faults
from monitor.compute.gauges import CompanyRow, Row, SeriesRow
from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS
from monitor.compute.showing import Changes, Showing
from monitor.compute.step import Step
from monitor.compute.worker import ComputeWorker
from monitor.core.breath import Breath
from monitor.core.errors import StoreUnavailable
from monitor.domain.companies import Companies
from monitor.domain.series import series_of
from monitor.metrics.base import Scope
from monitor.metrics.catalogue import Catalogue
from monitor.store.leases import Lease
from monitor.store.rulebooks import MAX_BYTES, RulebookStore, StoredBook
from monitor.store.ticks import TickReader
from monitor.store.views import ViewStore
from monitor.telemetry.instruments import Instruments

SHOW_EVERY_S = 1.0
TRIM_EVERY = 60

log = structlog.get_logger()


class ShownRulebook:
    """Writes the present rulebook for those who ask about alerts, when it is another one."""

    def __init__(self, present: Callable[[], Rulebook], store: RulebookStore) -> None:
        self._present = present
        self._store = store
        self._written: Rulebook | None = None

    async def show(self) -> None:
        """Write it if it is not the one that was written last; a large one is made in a thread.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        book = self._present()
        if book is not self._written:
            await self._store.write(await asyncio.to_thread(_stored, book))
            self._written = book

    def forget(self) -> None:
        """Write it again: another process may have had its turn."""
        self._written = None


class ComputeRole:
    """The worker with its views and gauges.

    Attributes:
        worker: the loop.
        rulebook: shows the rules at work; None where nobody may see them.
        alerts: shows where each alert stands; likewise.
        catch_up: brings the books up to date before the work begins; None where they stay.

    """

    def __init__(
        self,
        worker: ComputeWorker,
        views: ViewStore,
        reader: TickReader,
        catalogue: Catalogue,
        instruments: Instruments,
    ) -> None:
        self.worker = worker
        self._views = views
        self._reader = reader
        self._catalogue = catalogue
        self._instruments = instruments
        self._counted: dict[str, int] = {}
        self._standing: dict[Place, int] | None = None
        self._showing: Showing | None = None
        self._told: tuple[Step, int] | None = None
        self.rulebook: ShownRulebook | None = None
        self.alerts: ListedAlerts | None = None
        self.catch_up: Callable[[], Awaitable[None]] | None = None

    async def work(self, lease: Lease) -> None:
        """Compute and show until cancelled or something breaks, by the books as they are by now."""
        if self.catch_up is not None:
            await self.catch_up()
        if self.rulebook is not None:
            self.rulebook.forget()
        if self.alerts is not None:
            self.alerts.forget()
        self._showing = None
        showing = asyncio.create_task(self._show())
        try:
            await self.worker.work(lease)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
            self.worker.step = None

    async def _show(self) -> None:
        """Write views and slow gauges on a slow clock, beside the road of the ticks."""
        turn = 0
        while True:
            await asyncio.sleep(SHOW_EVERY_S)
            turn += 1
            step = self.worker.step
            if step is None:
                continue
            try:
                await self.show_once(step)
                if turn % TRIM_EVERY == 0:
                    await self.worker.trim()
            except StoreUnavailable as error:
                log.debug("compute.views_not_written", why=str(error))
            except Exception:  # the loop's border: what people see must not end unseen
                log.exception("compute.views_failed")

    async def show_once(self, step: Step) -> None:
        """Write what changed of the views, and set the slow gauges.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if self.rulebook is not None:
            await self.rulebook.show()
        if self.alerts is not None:
            await self.alerts.show(step)
        await self._write(step)
        breath = Breath()
        while step.watch.census.count():
            await breath.take()
        counts = step.watch.counts
        if counts != self._standing:
            self._instruments.alerts_standing(counts)
            self._standing = counts
        failing = sum(1 for _ in step.watch.composites.failures())
        self._instruments.rules_failing(failing + len(step.watch.verdicts.faults.why))
        count_faults(self._instruments, step)
        self._instruments.stream_behind(lag=await self._reader.lag(), pending=0)
        self._count(step)

    async def _write(self, step: Step) -> None:
        """Write the views: what changed of them, or all if they may be others than we know."""
        breath, showing = Breath(), self._showing
        self._showing = None  # until all is written
        if showing is None or showing.step is not step or not await self._views.stands():
            showing = Showing(step, self._catalogue)
        whole = showing.whole
        for _ in showing.look():
            await breath.take()
        news = showing.take()
        if whole:
            tickers = (firm.ticker for firm in step.firms)
            companies = {it: _there(news.companies.get(it, {})) for it in tickers}
            await self._views.write(_there(news.market), companies)
        elif news:
            await self._views.change(news.market, news.companies)
        self._showing = showing

    def _count(self, step: Step) -> None:
        """Count how often each company was computed since the last turn."""
        counted = (step, step.table.revision)
        if self._told is not None and self._told[0] is step and self._told[1] == counted[1]:
            return
        for firm, total in zip(step.firms, step.table.recomputes.tolist(), strict=True):
            before = self._counted.get(firm.ticker, 0)
            # a step begun anew after a failure counts from 0 again
            self._instruments.recomputed(firm.ticker, total - before if total >= before else total)
            self._counted[firm.ticker] = total
        self._told = counted

    def rows(self) -> Iterator[Row]:
        """Return the present readings for the gauges, none while another process computes."""
        step = self.worker.step
        if step is None:
            return
        for name, instrument in MARKET_INPUTS.items():
            reading = step.instruments.reading(instrument)
            yield Row(
                instrument,
                MARKET_UNITS[name],
                Scope.NETWORK,
                None,
                reading.value,
                reading.quality.word,
                reading.observed_at,
            )
        for metric in self._catalogue:
            own = metric.scope is Scope.COMPANY
            for company in [firm.ticker for firm in step.firms] if own else [None]:
                reading = step.reading(metric.name, company)
                yield Row(
                    metric.name,
                    metric.unit,
                    metric.scope,
                    company,
                    reading.value,
                    reading.quality.word,
                    reading.observed_at,
                )

    def series(self, names: Iterable[str]) -> Iterator[SeriesRow]:
        """Return those of `names` that are series and may be trusted now."""
        step = self.worker.step
        if step is None:
            return
        for name in names:
            reading = step.instruments.reading(name)
            if series_of(name) is None or reading.value is None or not reading.quality.usable:
                continue
            group, subject, figure = name.split(".")
            yield SeriesRow(group, subject, figure, reading.value)


def _there(changes: Changes) -> dict[str, Mapping[str, Any] | bytes]:
    return {name: view for name, view in changes.items() if view is not None}


def _stored(book: Rulebook) -> StoredBook:
    body = encode_rulebook(book, MAX_BYTES)
    return StoredBook(file=book.name, version=book.version, body=body)


def company_rows(companies: Companies) -> list[CompanyRow]:
    """Return what each company is, for the information gauge."""
    return [CompanyRow(c.ticker, c.name, c.type.value) for c in companies.values()]
