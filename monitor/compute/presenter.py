"""Showing entries of the stream to the step, and putting aside what is not for it. Hop 5.

An entry that cannot be read is put aside with its reason. One that the step itself fails on (a
fault of ours, not of Redis) must not come again at each start for ever: the step is thrown away as
when Redis fails, and the entry is put aside with the malformed ones, aloud.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from monitor.compute.step import Step
from monitor.domain.commands import Command, ReloadBooks
from monitor.domain.events import Tick
from monitor.store.codec import MalformedTickError, decode_tick
from monitor.store.ticks import Entry

log = structlog.get_logger()


class Presenter:
    """Shows entries to a step.

    Attributes:
        poison: why the step failed, by the id of the entry that it failed on.
        asked: the commands about books in what was shown last.

    """

    def __init__(self) -> None:
        self.poison: dict[bytes, str] = {}
        self.asked: list[Command] = []

    def show(
        self, step: Step, entries: Sequence[Entry], now: int, *, without_reloads: bool
    ) -> list[tuple[str, str]] | None:
        """Show a batch to the step; return what to put aside, None if the step failed on it.

        `now` is the server's time, ms UTC, which no entry may be far ahead of. With
        `without_reloads`, commands to read the books anew are kept for who asked for them: they
        are about files, which no pure step can read.
        """
        rejected: list[tuple[str, str]] = []
        self.asked.clear()
        for entry_id, fields in entries:
            if entry_id in self.poison:
                rejected.append((entry_id.decode(), self.poison[entry_id]))
                continue
            try:
                tick = decode_tick(entry_id, fields, now)
                apart = without_reloads and tick.commands
                step.process(self._without_reloads(tick) if apart else tick)
            except MalformedTickError as error:
                rejected.append((entry_id.decode(), str(error)))
            except Exception as bug:  # the loop's border: one entry stops no other
                log.exception("compute.entry_failed", entry=entry_id.decode())
                self.poison[entry_id] = f"the step failed on it: {type(bug).__name__}"
                return None
        return rejected

    def forget(self, put_aside: Sequence[tuple[str, str]]) -> None:
        """Forget the poison that is put aside for good: its entries do not come again.

        What has not come again yet is still poison.
        """
        for entry_id, _ in put_aside:
            self.poison.pop(entry_id.encode(), None)

    def _without_reloads(self, tick: Tick) -> Tick:
        asked = [it for it in tick.commands if isinstance(it.action, ReloadBooks)]
        if not asked:
            return tick
        self.asked += asked
        return tick._replace(commands=tuple(it for it in tick.commands if it not in asked))
