"""What becomes of one alert by a value: by its level, or by how far it moved. Pure.

A rule that raises is in error, as an expression is that cannot be evaluated, and stops no other.
"""

from __future__ import annotations

from alerts import engine
from alerts.bindings import Bindings
from alerts.moves import on_move
from alerts.reasons import Reason
from alerts.record import AlertRecord, Outcome
from alerts.rules.absence import PRESENT, AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.cel import Answer
from alerts.rules.expression import FAILS, HOLDS
from alerts.rules.life import NoData
from monitor.core.faults import Faults


class Verdicts:
    """Judges the alerts of one shard.

    Attributes:
        faults: the alerts whose rules raised, by name.

    """

    def __init__(self, bound: Bindings) -> None:
        """`bound` are the rules, and what is to be looked at again."""
        self.faults = Faults()
        self._bound = bound

    def of(
        self,
        number: int,
        record: AlertRecord | None,
        value: float,
        now: int,
        before: float | None,
        elapsed: int,
    ) -> Outcome:
        """Judge one alert by `value`; `before` was `elapsed` ms earlier."""
        rule = self._bound.rules[number]
        try:
            stride = rule.stride()
            if stride is not None:
                outcome = on_move(rule, stride, record, value, now)
            else:
                judged = PRESENT if isinstance(rule, AbsenceRule) else value
                begins = rule.begins(value, before, elapsed)
                outcome = engine.on_reading(rule, record, judged, now, begins=begins)
        except Exception as bug:  # noqa: BLE001  # the border of a plug-in: it stops no other
            return self._broken(number, record, now, bug)
        if self.faults.why:
            self.faults.worked(self._name(number))
        return outcome

    def _broken(self, number: int, record: AlertRecord | None, now: int, bug: Exception) -> Outcome:
        rule = self._bound.rules[number]
        self.faults.failed(self._name(number), bug)
        self._bound.owe(number)  # no level of it says when it may work again
        if record is None:
            return engine.on_lost(rule, now, Reason.EXPRESSION_FAILED)
        return engine.on_unusable(rule, record, now, Reason.EXPRESSION_FAILED)

    def _name(self, number: int) -> str:
        return f"{self._bound.rules[number].id}|{self._bound.homes[number].key}"


def of_answer(rule: Rule, record: AlertRecord | None, answer: Answer, now: int) -> Outcome | None:
    """Return what becomes of an alert by what its expression answers; None: nothing."""
    if answer.holds is not None:
        return engine.on_reading(rule, record, HOLDS if answer.holds else FAILS, now)
    reason = Reason.EXPRESSION_FAILED if answer.why else Reason.INPUT_UNUSABLE
    if record is not None:
        return engine.on_unusable(rule, record, now, reason)
    if reason is Reason.EXPRESSION_FAILED or rule.no_data is NoData.ALERT:
        return engine.on_lost(rule, now, reason)
    return None
