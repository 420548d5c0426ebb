"""The words of alerting: severity, state, reason, transition. All frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
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
    RESOLVED = "resolved"
    NO_DATA = "no_data"
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


class Reason(StrEnum):
    """Why a transition happened, or why none did. Every step of the engine names one."""

    BREACHED = "breached"
    HELD_FOR = "held_for"
    RECOVERED = "recovered"
    BACK_BEFORE_FOR = "back_before_for"
    INPUT_UNUSABLE = "input_unusable"
    INPUT_DELAYED = "input_delayed"
    INPUT_BACK = "input_back"
    RULE_REMOVED = "rule_removed"
    RULE_CHANGED = "rule_changed"
    STAGE_CHANGED = "stage_changed"
    LEVEL_CHANGED = "level_changed"
    HAPPENED = "happened"
    LATE = "late"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SILENCE_EXPIRED = "silence_expired"
    ACK_EXPIRED = "ack_expired"
    QUIET_OVER = "quiet_over"
    INHIBITION_OVER = "inhibition_over"
    MAINTENANCE_OVER = "maintenance_over"
    COMMANDED = "commanded"
    ENDS_SOON = "ends_soon"
    BEGUN = "begun"
    ENDED = "ended"
    TOGETHER = "together"
    OVER_CAP = "over_cap"
    EXPIRED = "expired"
    # why nothing happened
    WITHIN_BOUND = "within_bound"
    STILL_BREACHED = "still_breached"
    WITHIN_HYSTERESIS = "within_hysteresis"
    WAITING_FOR = "waiting_for"
    KEPT_WITHOUT_DATA = "kept_without_data"
    STILL_WITHOUT_DATA = "still_without_data"


class NoticeReason(StrEnum):
    """Why a notice is sent; every event says one of these words.

    `NEW` is a fire that nobody was told of yet, `RESOLVED` the end of one that was told,
    `SILENCE_EXPIRED` and `ACK_EXPIRED` what still fires when a silence or an acknowledgement for a
    while is over, `REMINDER` and `SUMMARY` what a silence hides before and after its end,
    `DATA_BACK` what a dead input had hidden. The others belong to the pace of notices.
    """

    NEW = "new"
    RESOLVED = "resolved"
    SILENCE_EXPIRED = "silence_expired"
    ACK_EXPIRED = "ack_expired"
    REMINDER = "reminder"
    SUMMARY = "summary"
    DATA_BACK = "data_back"
    MAINTENANCE = "maintenance"
    REPEAT = "repeat"
    VALUE_CHANGED = "value_changed"
    SEVERITY_CHANGED = "severity_changed"
    ESCALATION = "escalation"
    FLAPPING = "flapping"
    STABLE = "stable"
    DIGEST = "digest"
    OVERFLOW = "overflow"
    EXPIRED = "expired"
    DRILL = "drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Who has taken an alert on, when, and until when it is to be quiet.

    Attributes:
        by: who.
        note: in their words.
        at: event time, ms UTC.
        until: event time at which it may ring again, ms UTC; None: not before its next fire.

    """

    by: str
    note: str
    at: int
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert in a message about several, as it stood when that was made.

    Attributes:
        id: of the transition it stands for.
        rule: its rule.
        key: its subject.
        severity: how loud.
        state: where it stood.
        at: event time of the change, ms UTC.
        value: the reading, None where there was none.
        unit: of the value.
        summary: the sentence it would have had.

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
        flags: standing conditions of the company, for instance `litigation`.
        company: whom it is about where the labels do not say so: a rule on a share's price.
        test: a drill: nothing happened, and every message made of it says so.
        notice: why it is to be told; None where it is no news.
        muted_by: why it is not told although it is news: `silence:<id>`, `quiet:<name>`,
            `feed:<instrument>`, `rule:<id>|<key>`, `maintenance:<id>`, `ack`; empty: it is told.
        ack: who has taken the alert on, as it stands after this change.
        duration_s: how long the episode has lasted, once it is over.
        min: least usable value of the episode, in `unit`, once it is over.
        max: greatest usable value of the episode, likewise.
        members: alerts that it speaks of, as `rule|key`, where it speaks of several.
        lines: those alerts one by one, where it is told in their place.
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
    test: bool = False
    notice: NoticeReason | None = None
    muted_by: str = ""
    ack: Ack | None = None
    duration_s: float | None = None
    min: float | None = None
    max: float | None = None
    members: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
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
    def told(self) -> bool:
        """Tell whether people are told of it, as the desk decided."""
        return self.notice is not None and not self.muted_by

    @property
    def notifies(self) -> bool:
        """Tell whether this is news by itself: a fire, once an episode, its end, what just happened.

        What is told of the past is none. Whether the news is told is the desk's to decide.
        """
        if self.reason is Reason.LATE:
            return False
        if self.to_state is AlertState.FIRING:
            return self.reason is not Reason.INPUT_BACK
        return self.to_state in {AlertState.RESOLVED, AlertState.NOTED}


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a message says of its company beside the value: sentences, and flags for programs."""

    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    company: str = ""


def transition_id(
    rule: str, rule_version: str, labels: Mapping[str, str], since: int, number: int
) -> str:
    """Return the stable id of a transition: 32 hex digits."""
    identity = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
    return _digest(rule, rule_version, identity, str(since), str(number))


def notice_id(of: str, word: str, at: int) -> str:
    """Return the stable id of what changes no state: after which transition, a word for it, when."""
    return _digest(of, word, str(at))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
