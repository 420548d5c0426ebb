"""A metric holds until what it is made of changes: nobody tells it again, and its windows know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from alerts.model import Transition
from monitor.compute.saved import read_cells
from tests.unit.alerts.test_catalogue import rule
from tests.worlds import NOON, commit, make_step, quote, tick

MINUTE = 60_000
NETWORK = (
    ("network.difficulty", "126980000000000"),
    ("network.height", "906000"),
    ("network.fees_btc_per_block", "0.03125"),
)
RULES: list[tuple[str, dict[str, Any]]] = [
    ("change", {"over": "1h", "below": -0.03}),
    ("range", {"over": "1h", "above": 0.03}),
    ("average", {"over": "1h", "below": -0.03}),
    ("crossing", {"rearm": 0.0}),
]


def played(
    kind: str, words: dict[str, Any], on: str, prices: Sequence[float], restart: int | None = None
) -> list[tuple[str, int]]:
    """Return what becomes of a rule while bitcoin is told each minute, and when."""
    level = {"down": 99_500.0 if on == "BTC-USD" else 49.75} if kind == "crossing" else {}
    made = [rule(kind, id="r", on=on, **words, **level)]
    step, cells, told = make_step(made), dict[str, bytes](), list[Transition]()
    for minute, price in enumerate(prices):
        at = NOON + minute * MINUTE
        given = [quote(name, value, at) for name, value in NETWORK]
        step.process(tick(at, *given, quote("BTC-USD", price, at, fresh_ms=200_000)))
        told += commit(step, cells)
        if minute == restart:
            step = make_step(made)
            step.restore(read_cells(cells))
            step.judge()
            told += commit(step, cells)
    return [
        (it.to_state.value, (it.at - NOON) // MINUTE)
        for it in told
        if it.to_state.value in {"firing", "resolved", "noted"}
    ]


@pytest.mark.parametrize(("kind", "words"), RULES, ids=[it[0] for it in RULES])
@pytest.mark.parametrize("restart", [None, 100, 203])
def test_a_metric_that_stood_still_is_judged_as_the_price_behind_it(
    kind: str, words: dict[str, Any], restart: int | None
) -> None:
    """Bitcoin stands for 200 minutes and falls by 5 %: both windows hold the time before."""
    prices = [*[100_000.0] * 200, *[100_000.0 - 1_000 * it for it in range(1, 6)]]
    prices += [95_000.0 + minute % 3 for minute in range(100)]
    price = played(kind, words, "BTC-USD", prices)
    assert price
    found = played(kind, words, "hashprice_usd_ph_day", prices, restart)
    assert [state for state, _ in found] == [state for state, _ in price]
    # the metric was what it was up to the moment of its change, a price up to the quote before
    assert all(0 <= late - at <= 1 for (_, late), (_, at) in zip(found, price, strict=True))


@pytest.mark.parametrize("restart", [None, 220])
def test_a_change_is_over_when_its_metric_has_stood_for_the_whole_window(
    restart: int | None,
) -> None:
    """After one fall nothing moves any more: an hour later the change is none."""
    prices = [*[100_000.0] * 200, *[99_000.0] * 100]
    words = {"over": "1h", "below": -0.008}
    found = played("change", words, "hashprice_usd_ph_day", prices, restart)
    assert found == [("firing", 200), ("resolved", 260)]
    assert found == played("change", words, "BTC-USD", prices)
