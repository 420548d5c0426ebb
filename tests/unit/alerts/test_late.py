"""What is noted of a past that is told afterwards: each spell once, whatever is told twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.late import MAX_SPELLS, LateRecord, judge_late
from alerts.rules.base import Rule
from tests.worlds import threshold

MINUTE = 60_000
BELOW = threshold(below=80.0, recover=85.0)


def told(
    rule: Rule, values: list[float], record: LateRecord | None = None, start: int = 0
) -> tuple[list[int], LateRecord]:
    """Tell values a minute apart; return the beginnings of the spells that were noted."""
    noted = []
    for place, value in enumerate(values):
        judged = judge_late(rule, record, value, start + place * MINUTE)
        record = judged.record
        if judged.noted is not None:
            noted.append(judged.noted.since)
    assert record is not None
    return noted, record


def test_each_spell_is_noted_once() -> None:
    """Below 80, not recovered at 82, recovered at 86, below again: two notes at their beginnings."""
    noted, record = told(BELOW, [90, 79, 78, 82, 86, 79])
    assert noted == [MINUTE, 5 * MINUTE]
    assert [spell.until for spell in record.spells] == [3 * MINUTE, 5 * MINUTE]


def test_what_a_rule_waits_for_must_have_held() -> None:
    """With `for: 2m` a spell of one minute is none, one of two is noted when they have passed."""
    patient = threshold(below=80.0, **{"for": "2m"})
    assert told(patient, [79, 79, 90, 79, 79, 79])[0] == [3 * MINUTE]


def test_a_changed_rule_begins_anew() -> None:
    """Another level is another rule: the same past is judged by it."""
    _, record = told(BELOW, [79])
    assert told(threshold(below=79.5), [79], record)[0] == [0]


def test_the_oldest_spells_are_forgotten() -> None:
    """No more are kept than the bound."""
    _, record = told(BELOW, [79, 90] * (MAX_SPELLS + 5))
    assert len(record.spells) == MAX_SPELLS


@given(st.lists(st.sampled_from((75.0, 79.0, 82.0, 90.0)), min_size=1, max_size=40), st.data())
def test_telling_again_is_no_news(values: list[float], data: st.DataObject) -> None:
    """In one go or in two, and any part of it a second time: the same spells, and none is new."""
    whole, record = told(BELOW, values)
    cut = data.draw(st.integers(0, len(values) - 1))
    first, halfway = told(BELOW, values[:cut] or values[:1])
    second, parted = told(BELOW, values[cut:], halfway, cut * MINUTE)
    assert sorted({*first, *second}) == whole
    assert parted.spells == record.spells
    again, after = told(BELOW, values[cut:], parted, cut * MINUTE)
    assert not again
    assert after.spells == record.spells
