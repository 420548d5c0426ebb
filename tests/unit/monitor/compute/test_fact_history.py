"""The history of a fact: what was known, how far each point lies from those before, and from where."""

from __future__ import annotations

from monitor.compute.fact_history import history
from monitor.core.clock import parse_iso
from monitor.domain.companies import Figure
from tests.situations import company, figure

NOW = parse_iso("2026-01-31")


def day(text: str) -> int:
    """Return the midnight of a date."""
    return parse_iso(text)


def gpus(value: float, as_of: str, **fields: object) -> Figure:
    """Return a count of graphics processors."""
    return figure("gpu_count", value, day(as_of), **fields)


IREN = company(
    "IREN",
    [
        gpus(248, "2024-01-31", basis="running"),
        gpus(1_896, "2025-03-31", basis="running"),
        gpus(4_300, "2025-07-03", basis="running and on order"),
    ],
)


def test_both_ends_and_how_many_times_the_first() -> None:
    """From 248 to 4,300 graphics processors is 17.3 times, both with their dates (row C12)."""
    rows = history(IREN, "gpu_count", NOW)
    assert [(row["as_of"], row["value"]) for row in rows] == [
        ("2024-01-31", 248),
        ("2025-03-31", 1_896),
        ("2025-07-03", 4_300),
    ]
    assert round(rows[-1]["times_first"], 1) == 17.3
    assert rows[-1]["change_ratio"] == 4_300 / 1_896 - 1
    assert (rows[0]["change_ratio"], rows[0]["times_first"]) == (None, None)
    assert all(row["source"] for row in rows)


def test_another_basis_than_before_is_said() -> None:
    """What ran is not what was ordered: the reader is told where the measure changed."""
    rows = history(IREN, "gpu_count", NOW)
    assert [row["basis_before"] for row in rows] == [None, None, "running"]


def test_what_was_not_known_then_is_not_there() -> None:
    """A figure counts from the day its paper came out."""
    late = company(
        "IREN", [gpus(248, "2024-01-31"), gpus(9, "2025-01-31", published=day("2025-05-01"))]
    )
    assert len(history(late, "gpu_count", day("2025-04-30"))) == 1
    assert len(history(late, "gpu_count", day("2025-05-01"))) == 2


def test_periods_are_compared_with_periods_of_their_length() -> None:
    """A year's revenue is no rise from a quarter's; quarters of 90 and 92 days are alike."""
    book = company(
        "RIOT",
        [
            figure("mining_revenue_usd", 100, day("2025-03-31"), period_start=day("2025-01-01")),
            figure("mining_revenue_usd", 390, day("2025-06-30"), period_start=day("2024-07-01")),
            figure("mining_revenue_usd", 110, day("2025-06-30"), period_start=day("2025-04-01")),
        ],
    )
    rows = {row["value"]: row for row in history(book, "mining_revenue_usd", NOW)}
    assert round(rows[110]["change_ratio"], 6) == 0.1
    assert rows[390]["change_ratio"] is None


def test_a_restatement_is_no_change_of_time() -> None:
    """A later word on the same quarter is marked, and compared with the quarter before."""
    quarters = [("2025-03-31", "2025-01-01"), ("2025-06-30", "2025-04-01")]
    first, second = (
        figure("ai_revenue_usd", value, day(end), period_start=day(start))
        for value, (end, start) in zip((100, 110), quarters, strict=True)
    )
    again = figure(
        "ai_revenue_usd",
        120,
        day("2025-06-30"),
        period_start=day("2025-04-01"),
        published=day("2025-11-01"),
    )
    rows = history(company("IREN", [first, second, again]), "ai_revenue_usd", NOW)
    assert [row["restates"] for row in rows] == [False, False, True]
    assert [row["change"] for row in rows] == [None, 10, 20]


def test_the_hashrate_is_told_by_its_kinds() -> None:
    """Installed is compared with installed; what ran stands beside it as its own kind."""
    book = company(
        "RIOT",
        [
            figure("hashrate_installed_eh_s", 31.5, day("2024-12-31"), basis="installed"),
            figure("hashrate_average_operating_eh_s", 30.3, day("2025-03-31"), basis="operating"),
            figure("hashrate_installed_eh_s", 35.4, day("2025-06-30"), basis="installed"),
        ],
    )
    rows = history(book, "hashrate_eh_s", NOW)
    assert [row["fact"] for row in rows] == [
        "hashrate_installed_eh_s",
        "hashrate_average_operating_eh_s",
        "hashrate_installed_eh_s",
    ]
    assert rows[1]["change"] is None
    assert round(rows[2]["change"], 6) == 3.9


def test_nothing_cannot_grow() -> None:
    """From a measured 0, or from a loss, there is a difference and no ratio."""
    book = company(
        "IREN",
        [
            figure("net_income_usd", value, day(f"202{year}-06-30"))
            for year, value in ((3, -5e6), (4, 0.0), (5, 7e6))
        ],
    )
    rows = history(book, "net_income_usd", NOW)
    assert [row["change"] for row in rows] == [None, 5e6, 7e6]
    assert [row["change_ratio"] for row in rows] == [None, None, None]


def test_a_fact_without_figures_has_no_history() -> None:
    """Nothing known is an empty list, not a zero."""
    assert history(IREN, "btc_held", NOW) == []
