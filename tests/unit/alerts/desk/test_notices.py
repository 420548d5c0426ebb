"""What the end of a silence says of what it hid."""

from __future__ import annotations

import pytest

from alerts.desk.notices import MOST_NAMED, of_silence
from alerts.desk.records import Silence
from alerts.reasons import NoticeReason, Reason

SILENCE = Silence(id="s1", match={"company": "RIOT"}, by="ana", reason="call", at=0, until=60_000)


@pytest.mark.parametrize(
    ("firing", "words"),
    [
        (1, "it hides 1 firing: r0|RIOT"),
        (MOST_NAMED, f"r{MOST_NAMED - 1}|RIOT"),
        (20, f"r{MOST_NAMED - 1}|RIOT and 12 more"),
    ],
)
def test_a_sentence_names_the_first_and_counts_the_rest(firing: int, words: str) -> None:
    """Nobody takes a list that was cut for all of it; the message has all of them."""
    members = [f"r{number}|RIOT" for number in range(firing)]
    notice = of_silence(SILENCE, Reason.ENDS_SOON, NoticeReason.REMINDER, members, 50_000)
    assert notice.summary.endswith(words)
    assert notice.members == tuple(members)
