"""How a rule lives and speaks: all that rules say alike, whatever they watch and at which level.

There may be a million rules, and most of them say of this the same. So it is a struct of its own,
and rules that say the same share one: a rule then is its id, what it is on and its levels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from alerts.model import Severity
from alerts.pacing.notify import Notify
from alerts.reasons import Reason
from alerts.rules.life import EventWindow, Mode, NoData, Step
from monitor.core.durations import duration_ms
from monitor.domain.events import Reading
from monitor.domain.sessions import SessionState

SUMMARY_FIELDS = frozenset({"company", "target", "value", "bound", "unit"})


class Manner(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every rule may say beside what it watches.

    Attributes:
        companies: the companies it is for, if `on` has one value per company.
        for_: how long the condition must hold before it fires, `for` in the file.
        severity: how loud.
        summary: one sentence for people; may name {company}, {target}, {value}, {bound}, {unit}.
        require: what must be so for the rule to be judged; `realtime` leaves out what its source
            tells late by contract, windows mean the time within one of them.
        exclude: windows within which it is not judged.
        sessions: the sessions of the exchange whose prices it is judged by; without it by those
            of all, and by none while the share is halted.
        as_of: the day on which levels in the price of a share were written; splits since then move
            them. Without it those count that take effect while the rule is at work.
        keep_firing_for: how long the condition must be over before the alert is.
        no_data: what becomes of it when its value is unknown for so long.
        no_data_after: how long that is.
        steps: by which it grows louder while it fires, in order of time.
        step_down_after: how long the condition must be over before it is quieter again.
        mode: live or shadow.
        overrides: other levels for some companies: `{HIVE: {below: 0.15}}`.
        notify: how often its alerts are told.

    """

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
        """Refuse a duration that cannot be read, and companies that are none."""
        duration_ms(self.for_)
        self._check_life()
        if not self.companies:
            raise ValueError(
                "`companies` is empty, so the rule watches nobody; leave it out for all"
            )
        for name in ("require", "exclude", "sessions"):
            if getattr(self, name) == ():
                raise ValueError(f"`{name}` is empty; leave it out")

    def _check_life(self) -> None:
        """Refuse times that contradict each other."""
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


PLAIN = Manner()
"""That of a rule that says nothing of it."""


class Mannered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What has a manner, and says of it what it is asked."""

    manner: Manner = PLAIN

    @property
    def companies(self) -> Literal["all"] | tuple[str, ...]:
        """Return the companies it is for."""
        return self.manner.companies

    @property
    def for_(self) -> str:
        """Return how long the condition must hold before it fires, as it is written."""
        return self.manner.for_

    @property
    def hold_ms(self) -> int:
        """Return `for` in milliseconds."""
        return duration_ms(self.manner.for_)

    @property
    def keep_ms(self) -> int:
        """Return `keep_firing_for` in milliseconds."""
        return duration_ms(self.manner.keep_firing_for)

    @property
    def step_down_ms(self) -> int:
        """Return `step_down_after` in milliseconds."""
        return duration_ms(self.manner.step_down_after)

    @property
    def patience_ms(self) -> int:
        """Return `no_data_after` in milliseconds."""
        return duration_ms(self.manner.no_data_after)

    @property
    def severity(self) -> Severity:
        """Return how loud it is, before any step."""
        return self.manner.severity

    @property
    def summary(self) -> str:
        """Return its own sentence for people, empty if it has none."""
        return self.manner.summary

    @property
    def sessions(self) -> tuple[SessionState, ...] | None:
        """Return the sessions whose prices it is judged by."""
        return self.manner.sessions

    @property
    def as_of(self) -> date | None:
        """Return the day of its levels in the price of a share."""
        return self.manner.as_of

    @property
    def no_data(self) -> NoData:
        """Return what becomes of it without data."""
        return self.manner.no_data

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return its steps in severity."""
        return self.manner.steps

    @property
    def mode(self) -> Mode:
        """Return whether it speaks."""
        return self.manner.mode

    @property
    def overrides(self) -> Mapping[str, Mapping[str, float]] | None:
        """Return the other levels of some companies."""
        return self.manner.overrides

    @property
    def notify(self) -> Notify | None:
        """Return how often its alerts are told."""
        return self.manner.notify

    @property
    def exclude(self) -> tuple[EventWindow, ...]:
        """Return the windows within which it is not judged."""
        return self.manner.exclude or ()

    @property
    def realtime(self) -> bool:
        """Tell whether it leaves out what its source tells late by contract."""
        return self.manner.require is not None and "realtime" in self.manner.require

    @property
    def required(self) -> tuple[EventWindow, ...]:
        """Return the windows of which one must be open."""
        asked = () if self.manner.require is None else self.manner.require
        return tuple(item for item in asked if isinstance(item, EventWindow))

    @property
    def windows(self) -> tuple[EventWindow, ...]:
        """Return all windows that it names."""
        return (*self.exclude, *self.required)

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


def severities_of(manners: Iterable[Manner]) -> Counter[str]:
    """Return how many rules there are of each severity, which is told by its word."""
    found = Counter(manner.severity for manner in manners)
    return Counter({severity.value: count for severity, count in found.items()})
