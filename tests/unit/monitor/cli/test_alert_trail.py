"""The trail of an alert says in which message a change was told that had none of its own."""

from __future__ import annotations

import pytest

from alerts.model import AlertState, News
from alerts.pacing.digest import line_of
from alerts.reasons import NoticeReason, Reason
from monitor.cli.alert_trail import delivery, history_row, named_in
from tests.transitions import AT, transition

HELD = transition(id="f", notice=NoticeReason.NEW, muted_by="group:g")
DAY = 86_400_000


@pytest.mark.parametrize(
    ("news", "after_ms", "words"),
    [
        (News.DIGEST, 540_000, "muted by group:g, told in the digest of 15:05"),
        (News.OVERFLOW, 540_000, "muted by group:g, told in the cap's summary of 15:05"),
        (News.DIGEST, DAY, "muted by group:g, told in the digest of 2026-01-13 14:56"),
    ],
)
def test_a_change_is_told_in_the_notice_with_its_line(
    news: News, after_ms: int, words: str
) -> None:
    """By the id that the line stands for; what is not sent yet is queued, another change untold."""
    notice = transition(
        id="n",
        rule=news.value,
        to_state=AlertState.NOTED,
        reason=Reason.TOGETHER,
        notice=NoticeReason.DIGEST,
        at=AT + after_ms,
        lines=(line_of(HELD),),
        members=(HELD.name,),
    )
    other = transition(id="o", key="HIVE", notice=NoticeReason.NEW, muted_by="group:g")
    named = named_in([HELD, other, notice])
    assert delivery(history_row(HELD, (), named)) == words
    assert delivery(history_row(HELD, ("n",), named)) == words.replace("told", "queued")
    assert delivery(history_row(other, (), named)) == "muted by group:g"
    row = history_row(HELD, (), named)
    assert (row["told"], row["queued"], row["told_in"]) == (False, False, news.value)
