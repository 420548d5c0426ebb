"""Why something happened, and why it is told: closed lists of words. docs/rules.md, docs/alerts.md."""

from __future__ import annotations

from enum import StrEnum


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
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SILENCE_EXPIRED = "silence_expired"
    ACK_EXPIRED = "ack_expired"
    QUIET_OVER = "quiet_over"
    INHIBITION_OVER = "inhibition_over"
    MAINTENANCE_OVER = "maintenance_over"
    MADE_LIVE = "made_live"
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
    NO_CROSSING = "no_crossing"
    STILL_CLEARING = "still_clearing"
    WITHIN_STRIDE = "within_stride"
    # what is wrong with a value: said in messages, in place of what the engine has made of it
    STALE = "stale"
    DISPUTED = "disputed"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"


OUTSIDE = frozenset({Reason.OUTSIDE_SESSION, Reason.OUTSIDE_WINDOW})
"""Why a rule is not judged although nothing is wrong with its data: it was not asked to be."""


class NoticeReason(StrEnum):
    """Why a notice is sent; every event says one of these words.

    `NEW` is a fire that nobody was told of yet, `RESOLVED` the end of one that was told,
    `VALUE_CHANGED` a move by a stride since it was told last, `SILENCE_EXPIRED` and `ACK_EXPIRED`
    what still fires when one for a while is over, `REMINDER` and `SUMMARY` what a silence hides
    before and after its end, `NO_DATA` and `DATA_BACK` that a value is unknown or known again,
    `DATA_BACK` also what a dead input had hidden. The others belong to the pace of notices.
    """

    NEW = "new"
    RESOLVED = "resolved"
    NO_DATA = "no_data"
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
