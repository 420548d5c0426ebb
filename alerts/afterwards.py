"""Values told afterwards at work: what each rule would have said of them, noted once. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.bindings import Bindings
from alerts.gates import Gates
from alerts.late import LateRecord, judge_late
from alerts.ledger import Ledger
from alerts.series import Series
from alerts.telling import Teller, Told
from monitor.domain.events import Quote


class Afterwards:
    """What the rules would have said of the past."""

    def __init__(self, bound: Bindings, ledger: Ledger, teller: Teller, gates: Gates) -> None:
        """Begin without a past."""
        self._bound, self._ledger, self._teller, self._gates = bound, ledger, teller, gates
        self._records: dict[str, LateRecord] = {}
        self._changed: dict[str, LateRecord | None] = {}

    def tell(self, series: Series, quote: Quote, now: int) -> None:
        """Note where a value of the past would have fired, once; nothing fires, nothing resolves."""
        for number in series.numbers:
            name, rule = self._ledger.name(number), self._bound.rules[number]
            alert = self._ledger.records.get(number)
            if alert is not None and alert.fired and alert.since <= quote.observed_at:
                continue  # it was told when it happened
            if not (rule.judges(quote.session) and self._gates.open_at(number, quote.observed_at)):
                continue
            known = self._records.get(name)
            judged = judge_late(rule, known, float(quote.value), quote.observed_at)
            if judged.record != known:
                self._records[name] = self._changed[name] = judged.record
            if judged.noted is not None:
                told = Told(self._ledger.written(number), series)
                note = self._teller.late(told, quote, judged.noted, judged.bound, now)
                self._ledger.transitions.append(note)

    def take(self) -> dict[str, LateRecord | None]:
        """Return what changed of the records since the last call; None removes one."""
        taken, self._changed = self._changed, {}
        return taken

    def restore(self, saved: Mapping[str, LateRecord]) -> None:
        """Take the records back; those of rules that are gone are given up."""
        numbers = range(len(self._bound.rules)) if saved else ()
        bound = {self._ledger.name(number) for number in numbers}
        self._records = {name: record for name, record in saved.items() if name in bound}
        self._changed = dict.fromkeys(saved.keys() - bound)
