"""Values as people write them, and the ticks that are made of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.durations import duration_ms
from monitor.tuning.script import Case, Input, Wish
from monitor.tuning.staging import staged
from monitor.tuning.verdict import span

START = 1_768_230_000_000
MINUTE = 60_000


def entry(values: str, **fields: object) -> Input:
    """Return an input of bitcoin."""
    return msgspec.convert({"instrument": "BTC-USD", "values": values} | fields, Input)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("100", [100]),
        ("100x3", [100, 100, 100]),
        ("100>90x4", [97.5, 95, 92.5, 90]),
        ("-1.5 _ _x2 1_000", [-1.5, None, None, None, 1000]),
        ("2e3", [2000]),
    ],
)
def test_values_are_spread(text: str, values: list[float | None]) -> None:
    """A number, many of them, a line between two, and nothing."""
    made = entry(text).samples()
    assert made == [None if it is None else Decimal(str(it)) for it in values]


@pytest.mark.parametrize("text", ["", "x3", "100x0", "_>3x2", "100>", "nan", "1e999999x9999999"])
def test_what_is_no_value_is_refused(text: str) -> None:
    """With a word on how to write it, or on what is too much."""
    with pytest.raises(msgspec.ValidationError):
        entry(text)


@given(st.integers(min_value=0, max_value=366 * 86_400_000))
def test_a_span_is_read_as_it_is_written(ms: int) -> None:
    """What an answer prints may be copied into the file."""
    assert duration_ms(span(ms)) == ms


@pytest.mark.parametrize(
    "body", [{}, {"ack": "r|k", "silence": {"rule": "r"}}, {"ack": "no-key"}, {"at": "soon"}]
)
def test_a_wish_is_one_wish(body: dict[str, object]) -> None:
    """Two in one, none, and an alert without a key are refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"at": "1m"} | body, Wish)


def test_a_stage_has_its_ticks_in_order() -> None:
    """Quotes of one moment come together, a gap is no quote, the past is told at the start."""
    case = msgspec.convert(
        {
            "name": "n",
            "expect": [{"at": "9m", "rule": "r"}],
            "commands": [{"at": "1m", "ack": "r|k"}],
        },
        Case,
    )
    inputs = [entry("1 _ 3"), entry("5x3", at="2m", past=True)]
    stage = staged(case, inputs, START, ("RIOT",))
    assert [it.at - START for it in stage.ticks] == [0, MINUTE, 2 * MINUTE]
    assert [len(it.quotes) for it in stage.ticks] == [3, 0, 1]
    assert [len(it.commands) for it in stage.ticks] == [0, 1, 0]
    past = [it for it in stage.ticks[0].quotes if it.backfilled]
    assert [it.observed_at - START for it in past] == [-2 * MINUTE, -MINUTE]
    assert stage.end == START + 9 * MINUTE
    assert {it.fresh_ms for tick in stage.ticks for it in tick.quotes} == {2 * MINUTE}
