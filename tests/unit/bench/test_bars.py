"""The rows that hold our figures against the bare chain and Node-RED."""

from __future__ import annotations

import math

import pytest

from tests.bench.bars import NOT_MEASURED, bar_rows, global_bar
from tests.bench.chain import Measured, Run
from tests.bench.reload import Reload
from tests.bench.report import OURS, Figures, bar_table, chain_tables, reload_table, start_table


def _run(ms: float, drained_s: float = 0.0) -> Run:
    return Run((ms / 1e3,) * 10, lost=0, unexpected=0, cpu_us_tick=1.0, ticks_s=drained_s)


def _measured(ms: float, ticks_s: float) -> Measured:
    return Measured(1.0, 50.0, {200: _run(ms), 1_000: _run(ms)}, _run(ms, ticks_s))


def test_each_figure_has_both_ratios_its_bar_and_whether_it_is_kept() -> None:
    """2 ms against 1 and 1.6: twice the bare chain, 1.25 times Node-RED, so p99 is missed."""
    rows = bar_rows([_measured(2, 900)], [_measured(1, 1_000)], [_measured(1.6, 600)])
    p50 = ["2.00", "1.00", "1.60", "2.00", "1.25", "<= 3 x F and <= 1.6 x Node-RED", "yes"]
    p99 = ["2.0", "1.0", "1.6", "2.00", "1.25", "<= Node-RED", "no"]
    assert rows == [
        ["p50 ms at 200/s", *p50],
        ["p50 ms at 1,000/s", *p50],
        ["p99 ms at 200/s", *p99],
        ["p99 ms at 1,000/s", *p99],
        ["sustained ticks/s", "900", "1,000", "600", "0.90", "1.50", ">= Node-RED", "yes"],
    ]


@pytest.mark.parametrize(
    ("ours_ms", "kept"), [(3.0, "yes"), (3.1, "no"), (1.5, "yes")], ids=["at", "above", "under"]
)
def test_a_bar_is_kept_up_to_and_with_its_limit(ours_ms: float, kept: str) -> None:
    """Three times the bare chain is kept, more is not."""
    rows = bar_rows([_measured(ours_ms, 1)], [_measured(1, 1)], [_measured(3, 1)])
    assert rows[0][-1] == kept


def test_the_ratio_is_the_median_of_the_repetitions_not_the_ratio_of_medians() -> None:
    """A slow minute slows all chains of its repetition: 2/1, 20/10 and 9/3 are 2, not 9/3."""
    ours = [_measured(ms, 1) for ms in (2, 20, 9)]
    floor = [_measured(ms, 1) for ms in (1, 10, 3)]
    assert bar_rows(ours, floor, ())[0][4] == "2.00"


def test_what_was_not_measured_keeps_no_bar_and_hides_no_missed_one() -> None:
    """Without Node-RED the bar to F alone cannot be called kept, but it can be called missed."""
    good = bar_rows([_measured(2, 1)], [_measured(1, 1)], ())
    assert good[0][3] == good[0][5] == good[0][-1] == NOT_MEASURED
    assert bar_rows([_measured(4, 1)], [_measured(1, 1)], ())[0][-1] == "no"


def test_a_chain_that_lost_every_alert_is_not_measured() -> None:
    """No latency is no figure, and neither zero nor a bar that is kept."""
    silent = Run((), lost=9, unexpected=0, cpu_us_tick=1.0)
    rows = bar_rows([Measured(1.0, 1.0, {200: silent, 1_000: silent})], [_measured(1, 1)], ())
    assert {row[1] for row in rows} == {NOT_MEASURED}
    assert {row[-1] for row in rows} == {NOT_MEASURED}


def test_the_report_has_a_table_per_shape_and_the_bars_of_both() -> None:
    """Each shape has its headline; the bars name the shape in each row."""
    figures = Figures(1)
    for shape in ((1_000, 1), (10, 100)):
        for name in ("bare chain, raw", "Node-RED", OURS):
            figures.add(shape, name, _measured(2, 900))
    headlines = [part for part in chain_tables(figures.chains) if part.startswith("###")]
    assert headlines == [
        "### Tick to alert: 1,000 instruments x 1 rule",
        "### Tick to alert: 10 instruments x 100 rules",
    ]
    lines = bar_table(figures.chains).splitlines()
    assert lines[0].startswith(
        "| instruments x rules | figure | hashhedge | F (bare chain, raw) | Node-RED |"
    )
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 1,000 x 1"] * 5 + ["| 10 x 100"] * 5


@pytest.mark.parametrize(
    ("companies", "p99_ms", "ending"),
    [
        (1_000, 6.0, "kept: yes"),
        (1_000, 6.01, "kept: no"),
        (1_000, math.nan, "kept: not measured"),
        (21, 60.0, ""),
    ],
)
def test_the_global_tick_has_a_bar_at_a_thousand_companies(
    companies: int, p99_ms: float, ending: str
) -> None:
    """The bar is in milliseconds, for there is no peer's figure; other sizes have none."""
    said = global_bar(companies, p99_ms)
    assert said.endswith(ending)
    assert bool(said) == bool(ending)


def test_the_latest_of_all_reloads_counts() -> None:
    """One tick later than the bar is enough to miss it, in whichever repetition."""
    good, late = (Reload(10, _run(5), _run(ms)) for ms in (49, 51))
    assert "| 49 | <= 50 | yes | 0 |" in reload_table([good])
    assert "| 51 | <= 50 | no | 0 |" in reload_table([good, late])


def test_a_start_is_held_against_the_bar_of_its_number_of_rules() -> None:
    """10,000 rules have 2 s; a shape without a bar has no row."""
    table = start_table({(1_000, 10): [_measured(1, 1)], (10, 100): [_measured(1, 1)]})
    assert table.splitlines()[2:] == ["| 10,000 | 1.00 | <= 2 | yes |"]
