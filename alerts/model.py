"""What alerting is about: severity, state, transition. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from alerts.acks import Ack
from alerts.reasons import NoticeReason, Reason


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
    FEED = "feed-dead"
    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    DIGEST = "digest"
    OVERFLOW = "overflow"
    CHANNEL = "channel-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert in a message about several, as it stood when that was made.

    Attributes:
        id: of the transition it stands for.
        rule, key: its rule and its subject.
        severity: how loud.
        state: where it stood.
        at: event time of the change, ms UTC.
        value, unit: the reading, None where there was none.
        summary: the sentence it would have had.
        acked: it fires, and somebody has taken it on.

    """

    id: str
    rule: str
    key: str
    severity: Severity
    state: AlertState
    at: int
    value: float | None
    unit: str
    summary: str
    acked: bool = False


class Transition(msgspec.Struct, frozen=True, kw_only=True):
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
        number: place in the episode, from 1; 0 of what changes none: a drill, news that came late.
        observed_at: the source's time of the value, ms UTC.
        quality: word of the reading's quality.
        inputs: what the value was made of, for the message.
        flags: standing conditions of the company, for instance `litigation`, and events that are
            near: `event:cpi`.
        company: whom it is about where the labels do not say so: a rule on a share's price.
        session: of the exchange, which the share's price in the value is of; empty without one.
        test: a drill: nothing happened, and every message made of it says so.
        last_value, last_at: the last usable value, where there is none now; its source's time.
        notice: why it is to be told; None where it is no news.
        muted_by: why it is not told although it is news: `silence:<id>`, `quiet:<name>`,
            `feed:<instrument>`, `rule:<id>|<key>`, `maintenance:<id>`, `ack`, `cold_start`, `shadow`; empty: it is told.
        ack: who has taken the alert on, as it stands after this change.
        duration_s: how long the episode has lasted, once it is over.
        min, max: least and greatest usable value of the episode, in `unit`, once it is over.
        members: alerts that it speaks of, as `rule|key`, where it speaks of several.
        lines: those alerts one by one, where it is told in their place.
        more: how many further alerts there are, for which there is no line; about a thousand are
            at least so many.
        count: how often this alert has fired; a day without a fire begins anew.
        inbox: whose inbox it goes to, in place of the alert's own topic; empty: that.
        echo: its state was published before, so that only the news is.

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
    last_value: float | None = None
    last_at: int | None = None
    notice: NoticeReason | None = None
    muted_by: str = ""
    ack: Ack | None = None
    duration_s: float | None = None
    min: float | None = None
    max: float | None = None
    members: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    more: int = 0
    count: int = 1
    inbox: str = ""
    echo: bool = False

    @property
    def name(self) -> str:
        """Return the alert's name: `rule|key`."""
        return f"{self.rule}|{self.key}"

    @property
    def whom(self) -> str:
        """Return the company it is about, by its identity or by what its rule watches; or ''."""
        return self.labels.get("company") or self.company

    @property
    def has_state(self) -> bool:
        """Tell whether it says where an alert stands: what just happened does not, nor an echo."""
        return self.to_state is not AlertState.NOTED and not self.echo

    @property
    def told(self) -> bool:
        """Tell whether people are told of it, as the desk decided."""
        return self.notice is not None and not self.muted_by

    @property
    def notifies(self) -> bool:
        """Tell whether this is news, which the desk decides on: a fire, once, its end, what happened."""
        if self.reason is Reason.LATE or self.muted_by:
            return False
        if self.reason in _ALWAYS_NEWS:
            return True
        if self.to_state is AlertState.FIRING:
            return self.reason not in _SAME_FIRE
        return self.to_state in {AlertState.RESOLVED, AlertState.NOTED}


SHADOW = "shadow"
"""Of a rule in shadow mode: nothing is sent, not even where its alert stands."""
COLD_START = "cold_start"
"""The first sample of a value ever was beyond the level: nobody knows since when."""

_ALWAYS_NEWS = frozenset(
    {Reason.NO_DATA_ALERT, Reason.DATA_BACK, Reason.SEVERITY_RAISED, Reason.SEVERITY_LOWERED}
)
_SAME_FIRE = frozenset({Reason.INPUT_BACK, Reason.BREACHED_AGAIN})
"""An alert that is back where it had fired was told of already."""
