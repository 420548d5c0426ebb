"""The words of alerting: severity, state, reason, transition, notification. All frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How loud: critical = act now, warning = act today, info = know it."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class AlertState(StrEnum):
    """Where one rule stands for one subject.

    `NOTED` is no standing: it happened at one moment and is over, so nothing is kept of it.
    """

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"
    NO_DATA = "no_data"
    ERROR = "error"
    NOTED = "noted"


class News(StrEnum):
    """What is told without a rule, under the word that stands in a rule's place."""

    STAGE = "contract-stage"
    RISK = "risk-level"
    FILING = "filing"
    NEWS = "news"
    TRANSFER = "large-transfer"
    CHAIN = "chain-anomaly"


class Reason(StrEnum):
    """Why a transition happened, or why none did. Every step of the engine names one."""

    BREACHED = "breached"
    HELD_FOR = "held_for"
    RECOVERED = "recovered"
    CLEARING = "clearing"
    BREACHED_AGAIN = "breached_again"
    REARMED = "rearmed"
    MOVED = "moved"
    SEVERITY_RAISED = "severity_raised"
    SEVERITY_LOWERED = "severity_lowered"
    BACK_BEFORE_FOR = "back_before_for"
    INPUT_UNUSABLE = "input_unusable"
    INPUT_DELAYED = "input_delayed"
    INPUT_BACK = "input_back"
    NO_DATA_ALERT = "no_data_alert"
    NO_DATA_OK = "no_data_ok"
    DATA_BACK = "data_back"
    EXPRESSION_FAILED = "expression_failed"
    OUTSIDE_SESSION = "outside_session"
    OUTSIDE_WINDOW = "outside_window"
    RULE_REMOVED = "rule_removed"
    RULE_CHANGED = "rule_changed"
    STAGE_CHANGED = "stage_changed"
    LEVEL_CHANGED = "level_changed"
    HAPPENED = "happened"
    LATE = "late"
    # why nothing happened
    WITHIN_BOUND = "within_bound"
    STILL_BREACHED = "still_breached"
    WITHIN_HYSTERESIS = "within_hysteresis"
    WAITING_FOR = "waiting_for"
    KEPT_WITHOUT_DATA = "kept_without_data"
    STILL_WITHOUT_DATA = "still_without_data"
    NO_CROSSING = "no_crossing"
    STILL_CLEARING = "still_clearing"
    WITHIN_STRIDE = "within_stride"


OUTSIDE = frozenset({Reason.OUTSIDE_SESSION, Reason.OUTSIDE_WINDOW})
"""Why a rule is not judged although nothing is wrong with its data: it was not asked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of one alert's state, with its reason.

    Attributes:
        id: derived from rule id, rule version, labels, episode start and number: never from the
            value, the text, the host or the wall clock. The same after any crash and replay.
        rule: the rule's id.
        rule_version: hash of what decides (target, level, recovery, for), not of the texts.
        labels: identity, for instance {"company": "RIOT"}; sorted by name.
        key: the labels' values joined, as used in topics (`RIOT`, `BTC-USD`).
        severity: of the rule.
        target: metric or instrument the rule watches.
        unit: of value and bound.
        from_state: before.
        to_state: after.
        reason: why.
        value: the reading, None where there was none.
        bound: the level that was passed.
        at: event time of the change, ms UTC.
        since: event time at which this episode began, ms UTC.
        number: place in the episode, from 1.
        observed_at: the source's time of the value, ms UTC.
        quality: word of the reading's quality.
        inputs: what the value was made of, for the message.
        flags: standing conditions of the company, for instance `litigation`, and events that are
            near: `event:cpi`.
        company: whom it is about where the labels do not say so: a rule on a share's price.
        session: of the exchange, which the share's price in the value is of; empty without one.
        test: a drill: nothing happened, and every message made of it says so.
        low: the least value of the episode.
        high: the greatest.
        last_value: the last value that was usable, where there is none now.
        last_at: event time at which it was seen, ms UTC.
        muted_by: why nobody is told of it; empty where nothing is against that.

    """

    id: str
    rule: str
    rule_version: str
    labels: Mapping[str, str]
    key: str
    severity: Severity
    target: str
    unit: str
    from_state: AlertState
    to_state: AlertState
    reason: Reason
    value: float | None
    bound: float | None
    at: int
    since: int
    number: int
    observed_at: int | None = None
    quality: str = "ok"
    summary: str = ""
    inputs: tuple[Mapping[str, object], ...] = ()
    flags: tuple[str, ...] = ()
    company: str = ""
    session: str = ""
    test: bool = False
    low: float | None = None
    high: float | None = None
    last_value: float | None = None
    last_at: int | None = None
    muted_by: str = ""

    @property
    def notifies(self) -> bool:
        """Tell whether this is news: a fire, once an episode, its end, and what just happened.

        What is told of the past is none.
        """
        if self.reason is Reason.LATE or self.muted_by:
            return False
        if self.reason in _ALWAYS_NEWS:
            return True
        if self.to_state is AlertState.FIRING:
            return self.reason not in _SAME_FIRE
        return self.to_state in {AlertState.RESOLVED, AlertState.NOTED}


COLD_START = "cold_start"
"""The first sample of a value ever was beyond the level: nobody knows since when."""

_ALWAYS_NEWS = frozenset(
    {Reason.NO_DATA_ALERT, Reason.DATA_BACK, Reason.SEVERITY_RAISED, Reason.SEVERITY_LOWERED}
)
_SAME_FIRE = frozenset({Reason.INPUT_BACK, Reason.BREACHED_AGAIN})
"""An alert that is back where it had fired was told of already."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a message says of its company beside the value: sentences, and flags for programs."""

    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    company: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What leaves the house for one transition: fire or resolve. Lives in the outbox.

    `entry_id` is the outbox stream's id (rising), `attempts` counts deliveries tried before.
    """

    entry_id: str
    transition: Transition
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of delivery: which sink, and when it was acknowledged (ms UTC)."""

    sink: str
    acknowledged_at: int
    detail: str = field(default="")


def transition_id(
    rule: str, rule_version: str, labels: Mapping[str, str], since: int, number: int
) -> str:
    """Return the stable id of a transition: 32 hex digits."""
    identity = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
    text = "\x1f".join((rule, rule_version, identity, str(since), str(number)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
