"""What is told anew of an alert has the value that it is judged by, not the one behind it."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.desk.book import DeskBook
from alerts.reasons import NoticeReason
from monitor.domain.commands import AddSilence
from tests.desks import HOUR, MINUTE, Room
from tests.unit.alerts.test_catalogue import rule
from tests.worlds import NOON

SIGNALS: list[tuple[str, dict[str, Any], float]] = [
    ("change", {"over": "10m", "below": -0.03}, -0.05),
    ("smoothed", {"over": "10m", "take": "min", "below": 98.0}, 95.0),
    ("samples", {"count": 2, "of": 3, "below": 97.5}, 95.0),
    ("close", {"bar": "5m", "below": 98.0}, 95.0),
    ("stale", {"unchanged_for": "5m"}, 480.0),
]


@pytest.mark.parametrize(("kind", "words", "value"), SIGNALS, ids=[it[0] for it in SIGNALS])
def test_a_fire_told_after_a_silence_says_what_it_is_by_now(
    kind: str, words: dict[str, Any], value: float
) -> None:
    """A change of -5 % was said to be 9,500 %: the price, in the unit of the change."""
    room = Room([rule(kind, id="r", on="X", **words)], DeskBook())
    for minute in range(31):
        room.price(NOON + minute * MINUTE, 100 + minute % 2 / 100)
    silence = AddSilence(match={"rule": "r"}, until=NOON + 39 * MINUTE, reason="x")
    room.ask(NOON + 30 * MINUTE + 1, silence)
    for minute in range(31, 39):
        room.price(NOON + minute * MINUTE, 95.0)
    room.reload()
    room.pass_to(NOON + HOUR)
    (told,) = (it for it in room.told if it.rule == "r" and it.notice is not None)
    assert told.notice in {NoticeReason.SILENCE_EXPIRED, NoticeReason.NEW}
    assert told.value == pytest.approx(value, rel=0.02)
