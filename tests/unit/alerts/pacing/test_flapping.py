"""Back and forth too often: one word at the beginning, one at the end, silence between (row E09)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.pacing.flapping import (
    CHANGES,
    Flap,
    FlapNews,
    FlapRecord,
    FlapStep,
    on_timer,
    on_toggle,
    share,
)

MINUTE = 60_000
FLAP = Flap()


def played(toggles: list[int], until: int, config: Flap = FLAP) -> list[tuple[int, FlapStep]]:
    """Toggle at the moments given, run every timer in between; return what each step said."""
    steps: list[tuple[int, FlapStep]] = []
    record: FlapRecord | None = None
    due: int | None = None
    for at in [*toggles, until]:
        while record is not None and due is not None and due <= at:
            moment, step = due, on_timer(config, record, due)
            steps.append((moment, step))
            record, due = step.record, step.due
            assert due is None or due > moment, "a timer must come to an end"
        if at != until:
            step = on_toggle(config, record, at)
            steps.append((at, step))
            record, due = step.record, step.due
    return steps


def news(steps: list[tuple[int, FlapStep]]) -> list[tuple[int, FlapNews]]:
    """Return what there was to tell, with its moment."""
    return [(at, step.news) for at, step in steps if step.news is not None]


def test_the_weights_are_those_of_nagios() -> None:
    """The oldest of 20 changes weighs 0.75, the newest 1.25, all of them make the whole."""
    assert share(1 << CHANGES - 1) * CHANGES == pytest.approx(0.75)
    assert share(1) * CHANGES == pytest.approx(1.25)
    assert share((1 << CHANGES) - 1) == 1.0
    assert share(0) == 0.0
    assert share(0b10) * CHANGES == pytest.approx(0.75 + 0.5 * 18 / 19)


def test_ten_toggles_in_ten_minutes() -> None:
    """Ten toggles in ten minutes: one `flapping`, nothing else, one `stable` (row E09)."""
    steps = played([n * MINUTE for n in range(10)], 120 * MINUTE)
    assert [word for _, word in news(steps)] == [FlapNews.FLAPPING, FlapNews.STABLE]
    toggles = [step for at, step in steps if at < 10 * MINUTE]
    assert [step.held for step in toggles] == [False] * 8 + [True] * 2
    assert toggles[8].news is FlapNews.FLAPPING


def test_stable_comes_when_the_share_is_under_a_quarter() -> None:
    """After ten toggles in a row the tenth's history is calm enough at the 14th calm sample."""
    steps = played([n * MINUTE for n in range(10)], 120 * MINUTE)
    ((_, _), (stable_at, _)) = news(steps)
    assert stable_at == 9 * MINUTE + 14 * FLAP.sample_ms
    history = (1 << 10) - 1
    mask = (1 << CHANGES) - 1
    assert share(history << 14 & mask) < 0.25 <= share(history << 13 & mask)


def test_exactly_half_is_not_flapping() -> None:
    """It starts above the bound, not at it, and stops below it, not at it."""
    two = share(0b11)
    at_two = Flap(start=two, stop=two)
    first = on_toggle(at_two, None, 0)
    second = on_toggle(at_two, first.record, 1)
    assert not second.held
    third = on_toggle(at_two, second.record, 2)
    assert third.news is FlapNews.FLAPPING


def test_a_few_toggles_are_told() -> None:
    """A toggle each ten minutes is no flapping, however long it goes on."""
    steps = played([n * 10 * MINUTE for n in range(50)], 600 * MINUTE)
    assert not any(step.held or step.news for _, step in steps)


def test_calm_is_forgotten() -> None:
    """Twenty calm samples after the last toggle nothing is remembered."""
    at, step = played([0], 60 * MINUTE)[-1]
    assert (at, step) == (CHANGES * FLAP.sample_ms, FlapStep(None, None, held=False, due=None))


@given(st.lists(st.integers(0, 10 * MINUTE), min_size=10, max_size=30))
def test_any_ten_toggles_within_ten_minutes_flap(moments: list[int]) -> None:
    """However they lie: exactly one `flapping`, then one `stable`, then nothing."""
    words = news(played(sorted(moments), 24 * 60 * MINUTE))
    assert [word for _, word in words] == [FlapNews.FLAPPING, FlapNews.STABLE]
    assert words[1][0] <= max(moments) + 14 * FLAP.sample_ms


@given(
    st.lists(st.integers(1, 15 * MINUTE), max_size=80),
    st.sampled_from([FLAP, Flap(start=0.3, stop=0.1, sample="30s"), Flap(start=0.9, stop=0.9)]),
)
def test_beginning_and_end_take_turns(gaps: list[int], config: Flap) -> None:
    """No two of a kind in a row, an end for each beginning, and silence exactly in between."""
    moments = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    steps = played(moments, sum(gaps) + 24 * 60 * MINUTE, config)
    told = [word for _, word in news(steps)]
    assert told == [FlapNews.FLAPPING, FlapNews.STABLE] * (len(told) // 2)
    flapping = False
    for _, step in steps:
        flapping = step.news is FlapNews.FLAPPING or (flapping and step.news is None)
        assert step.held == flapping


@given(st.integers(0, (1 << CHANGES) - 1))
def test_a_toggle_never_calms(history: int) -> None:
    """One more change never lowers the share, so what flaps is not stable because it flapped."""
    assert share((history << 1 | 1) & ((1 << CHANGES) - 1)) >= share(history)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"start": 0.2}, "`stop` 0.25 and `start` 0.2"),
        ({"stop": 0.0}, "`stop` 0.0"),
        ({"start": 50}, "fractions between 0 and 1"),
        ({"sample": "0s"}, "under a second"),
        ({"sample": "often"}, "no duration"),
    ],
)
def test_a_wrong_setting_says_what_is_right(fields: dict[str, object], said: str) -> None:
    """Shares the wrong way round or in percent, and samples of no length, are refused."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(fields, Flap)
