"""What it means for an alert that something mutes it no more: in one word, and as a notice. Pure."""

from __future__ import annotations

from alerts.model import SHADOW
from alerts.reasons import NoticeReason, Reason

_OVER = {
    "feed": Reason.INPUT_BACK,
    "rule": Reason.INHIBITION_OVER,
    "silence": Reason.SILENCE_EXPIRED,
    "quiet": Reason.QUIET_OVER,
    "maintenance": Reason.MAINTENANCE_OVER,
    "ack": Reason.ACK_EXPIRED,
    SHADOW: Reason.MADE_LIVE,
}
NOTICE = {
    Reason.SILENCE_EXPIRED: NoticeReason.SILENCE_EXPIRED,
    Reason.ACK_EXPIRED: NoticeReason.ACK_EXPIRED,
    Reason.UNACKNOWLEDGED: NoticeReason.ACK_EXPIRED,
    Reason.INPUT_BACK: NoticeReason.DATA_BACK,
}
"""As what an alert is told that fires still; another end makes it new."""
PUT_OFF = frozenset({Reason.SILENCE_EXPIRED, Reason.ACK_EXPIRED, Reason.UNACKNOWLEDGED})
"""After these, what was told before is told again: a person had put it off."""


def over(mute: str) -> Reason | None:
    """Return why a mute is over, by its kind; None: a cold start never is."""
    return _OVER.get(mute.partition(":")[0])
