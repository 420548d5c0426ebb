"""The rule-type seam: frozen parameters that can judge a value. Hop 5.

A rule type is one file with one subclass of `Rule`, bound to the module's name `RULE`. The fields
are what the rulebook may say; msgspec checks them while the YAML is read, so a rule that exists
is a valid one. Judging is pure and knows nothing of the past but the alert's present state.

To cost nothing when it cannot fire, a rule also names its *edges*: between two neighbouring edges
its verdict cannot change. The index (`alerts/index.py`) asks it only when a value meets an edge.

What a type makes of a value's past (a change, a score) is its *signal*: levels are held against that.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self

import msgspec

from alerts.forms import RuleId
from alerts.model import AlertState, Reason, Severity
from alerts.pacing.notify import Notify
from alerts.rules.goal import Goal
from alerts.rules.life import LATER, EventWindow, Mode, NoData, Step
from alerts.rules.versions import version_of
from alerts.signals.base import Signal
from alerts.stride import Stride
from alerts.template import template_fault
from monitor.core.durations import duration_ms
from monitor.domain.events import Reading
from monitor.domain.sessions import SessionState

SUMMARY_FIELDS = frozenset({"company", "target", "value", "bound", "unit"})
DEFAULT_SUMMARY = "{company}: {target} is {value}, bound {bound}."
RESOLVED_SUMMARY = "Resolved: {subject} is {value}, back past {bound}."
"""For the end of an alert: the rule's own sentence says that its condition holds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one value.

    Attributes:
        breached: whether the alert's condition holds, hysteresis included.
        bound: the level that decided.
        reason: why, in a closed set.

    """

    breached: bool
    bound: float
    reason: Reason


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What every rule says, whatever its type.

    There may be a million: a rule can be in no reference circle, so the collector leaves it alone,
    and rules on one input share its name.

    Attributes:
        id: lower case, digits, dashes; part of topics and alert ids.
        on: the metric, market input or instrument it watches.
        companies: the companies it is for, if `on` has one value per company.
        for_: how long the condition must hold before it fires, `for` in the file.
        severity: how loud.
        summary: one sentence for people; may name {company}, {target}, {value}, {bound}, {unit}.
        require: what must be so for the rule to be judged; `realtime` leaves out what its source
            tells late by contract, windows mean the time within one of them.
        exclude: windows within which it is not judged.
        sessions: the sessions of the exchange whose prices it is judged by; without it by those
            of all, and by none while the share is halted.
        notify: how often its alerts are told.
        as_of: the day on which levels in the price of a share were written; splits since then move
            them. Without it those count that take effect while the rule is at work.
        keep_firing_for: how long the condition must be over before the alert is.
        no_data: what becomes of it when its value is unknown for so long.
        no_data_after: how long that is.
        steps: by which it grows louder while it fires, in order of time.
        step_down_after: how long the condition must be over before it is quieter again.
        mode: live or shadow.
        overrides: other levels for some companies: `{HIVE: {below: 0.15}}`.

    """

    id: RuleId
    on: str
    companies: Literal["all"] | tuple[str, ...] = "all"
    for_: str = msgspec.field(name="for", default="0s")
    severity: Severity = Severity.WARNING
    summary: str = ""
    require: Literal["realtime"] | tuple[Literal["realtime"] | EventWindow, ...] | None = None
    exclude: tuple[EventWindow, ...] | None = None
    sessions: tuple[SessionState, ...] | None = None
    as_of: date | None = None
    keep_firing_for: str = "0s"
    no_data: NoData = NoData.NO_DATA
    no_data_after: str = "15m"
    steps: tuple[Step, ...] = ()
    step_down_after: str = "0s"
    mode: Mode = Mode.LIVE
    overrides: Mapping[str, Mapping[str, float]] | None = None
    notify: Notify | None = None

    def __post_init__(self) -> None:
        """Refuse a duration that cannot be read, companies that are none and a summary field that does not exist."""
        duration_ms(self.for_)
        self._check_life()
        if not self.companies:
            raise ValueError(
                "`companies` is empty, so the rule watches nobody; leave it out for all"
            )
        for name in ("require", "exclude", "sessions"):
            if getattr(self, name) == ():
                raise ValueError(f"`{name}` is empty; leave it out")
        msgspec.structs.force_setattr(self, "on", sys.intern(self.on))
        if not self.summary:
            return
        if fault := template_fault(self.summary, SUMMARY_FIELDS):
            raise ValueError(f"summary {fault}")

    def _check_life(self) -> None:
        """Refuse times that contradict each other, and overrides that change nothing."""
        keep, down = duration_ms(self.keep_firing_for), duration_ms(self.step_down_after)
        duration_ms(self.no_data_after)
        times = [duration_ms(step.after) for step in self.steps]
        if times != sorted(set(times)):
            raise ValueError("`steps` must rise in time, each after the one before")
        if down and not self.steps:
            raise ValueError("`step_down_after` needs `steps`")
        if down > keep:
            raise ValueError(
                f"`step_down_after` {self.step_down_after} is later than the end of the alert; "
                "`keep_firing_for` must be as long"
            )
        for ticker in self.overrides or {}:
            self.for_company(ticker)

    @property
    def hold_ms(self) -> int:
        """Return `for` in milliseconds."""
        return duration_ms(self.for_)

    @property
    def keep_ms(self) -> int:
        """Return `keep_firing_for` in milliseconds."""
        return duration_ms(self.keep_firing_for)

    @property
    def step_down_ms(self) -> int:
        """Return `step_down_after` in milliseconds."""
        return duration_ms(self.step_down_after)

    @property
    def patience_ms(self) -> int:
        """Return `no_data_after` in milliseconds."""
        return duration_ms(self.no_data_after)

    def stride(self) -> Stride | None:
        """Return how far the value must move to be told, for a rule with an anchor; else None."""
        return None

    @property
    def version(self) -> str:
        """Return a short hash of everything that decides, so not of texts, severity or pace."""
        return version_of(self, self._hashed)

    def _hashed(self) -> str:
        deciding = msgspec.structs.replace(
            self,
            summary="",
            severity=Severity.INFO,
            companies="all",
            mode=Mode.LIVE,
            notify=None,
            overrides=None,
        )
        body = msgspec.to_builtins(deciding)
        for name in LATER:  # a rule from before there were these stays what it was
            if name in body and body[name] == LATER[name]:
                del body[name]
        return hashlib.blake2b(msgspec.json.encode(body), digest_size=6).hexdigest()

    @property
    def realtime(self) -> bool:
        """Tell whether it leaves out what its source tells late by contract."""
        return self.require is not None and "realtime" in self.require

    @property
    def required(self) -> tuple[EventWindow, ...]:
        """Return the windows of which one must be open."""
        asked = () if self.require is None else self.require
        return tuple(item for item in asked if isinstance(item, EventWindow))

    @property
    def windows(self) -> tuple[EventWindow, ...]:
        """Return all windows that it names."""
        return (*(self.exclude or ()), *self.required)

    @property
    def exacting(self) -> bool:
        """Tell whether it minds more than the value: a price of the same number may not do."""
        return self.sessions is not None or self.realtime

    def judges(self, session: SessionState | None) -> bool:
        """Tell whether it is judged by prices of a session."""
        return self.sessions is None or session in self.sessions

    def refusal(self, reading: Reading) -> Reason | None:
        """Return why the rule is not judged by `reading`; None if it is."""
        if reading.value is None:
            return Reason.INPUT_UNUSABLE
        if not self.judges(reading.session):
            return Reason.OUTSIDE_SESSION
        halted = self.sessions is not None and reading.session is SessionState.HALTED
        if not reading.quality.usable and not halted:
            return Reason.INPUT_UNUSABLE
        return Reason.INPUT_DELAYED if self.realtime and reading.delay_ms else None

    @property
    def saying(self) -> str:
        """Return the sentence of the rule's type, for a rule without one of its own."""
        return DEFAULT_SUMMARY

    @property
    def ending(self) -> str:
        """Return the sentence for the end of an alert."""
        return RESOLVED_SUMMARY

    def reads(self) -> tuple[str, ...]:
        """Return the targets that it reads, what it is on first."""
        return (self.on,)

    def signal(self) -> Signal | None:
        """Return what is made of the value's past for this rule; None for the value itself."""
        return None

    def expanded(self) -> Sequence[Rule]:
        """Return the rules that this one stands for; mostly itself."""
        return (self,)

    def for_company(self, ticker: str) -> Self:
        """Return the rule with the levels that it has for a company.

        Raises:
            ValueError: an override names no level of the rule, or is not possible.

        """
        own = None if self.overrides is None else self.overrides.get(ticker)
        if own is None:
            return self
        for name in own:
            if type(getattr(self, name, None)) is not float:
                raise ValueError(f"`overrides` of {ticker} name `{name}`, which is no level here")
        changed: dict[str, Any] = {**own, "overrides": None}
        return msgspec.structs.replace(self, **changed)

    def scaled(self, factor: float) -> Rule:
        """Return the rule with its levels times `factor`, for the price of a share after a split.

        A type without such levels returns itself.
        """
        del factor
        return self

    def edges(self) -> Sequence[float]:
        """Return the values at which the verdict may change."""
        raise NotImplementedError

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Say whether the condition holds for `value` while the alert is in `state`."""
        raise NotImplementedError

    def goal(self, value: float, anchor: float | None) -> Goal | None:
        """Return the nearest level at which it would fire, if it has one; a move has an anchor."""
        del value, anchor
        return None

    @property
    def minds_before(self) -> bool:
        """Tell whether `begins` asks what the value was before."""
        return False

    def begins(self, value: float, before: float | None, elapsed_ms: int) -> bool:
        """Tell whether a breach may begin an alert: by default, whatever the value came from.

        `before` is the last usable value, `elapsed_ms` ago; None if there is none.
        """
        del value, before, elapsed_ms
        return True
