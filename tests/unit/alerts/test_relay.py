"""Whether news is still worth sending."""

from __future__ import annotations

import pytest

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason
from alerts.relay import Decision, decide
from alerts.topics import EVENT_LIFETIME
from tests.transitions import AT, transition


@pytest.mark.parametrize("severity", Severity)
def test_news_is_sent_until_its_life_ends(severity: Severity) -> None:
    """One millisecond before its end of life news is sent, at its end it is expired."""
    news = transition(severity=severity)
    end = AT + EVENT_LIFETIME[severity]
    assert decide(news, AT) is Decision.SEND
    assert decide(news, end - 1) is Decision.SEND
    assert decide(news, end) is Decision.EXPIRED


def test_what_the_desk_keeps_back_is_not_sent() -> None:
    """News that something mutes, and a change that is no news, only bring the state up to date."""
    assert decide(transition(muted_by="silence:x"), AT) is Decision.MUTED
    assert decide(transition(notice=None), AT) is Decision.QUIET
    again = transition(to_state=AlertState.FIRING, notice=NoticeReason.REPEAT)
    assert decide(again, AT) is Decision.SEND
