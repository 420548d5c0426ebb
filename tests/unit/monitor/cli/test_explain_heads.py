"""The heads of a comparison at 80 columns: names that stay whole, or numbers with a legend."""

from __future__ import annotations

import io

from rich.console import Console

from monitor.cli.explain import _comparison

LONG = "sector_equal_change_day_ratio"


def page(inputs: tuple[str, ...], metric: str) -> str:
    """Return a comparison as 80 columns show it."""
    row = {
        "company": "RIOT",
        "counted": True,
        "inputs": dict.fromkeys(inputs, 0.5),
        "value": 0.25,
    }
    part = {
        "metric": metric,
        "unit": "ratio",
        "inputs": dict.fromkeys(inputs, "ratio"),
        "companies": [row],
    }
    console = Console(file=io.StringIO(), width=80)
    console.print(_comparison(part))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_heads_that_do_not_fit_are_numbers_with_a_legend() -> None:
    """No name is broken in two."""
    shown = page(("sector_equal_weight_ratio", "stock_change_day_ratio"), LONG)
    assert shown.splitlines()[0].split() == ["compared", "(1)", "(2)", "(3)"]
    assert f"(3) {LONG}" in shown


def test_heads_that_fit_are_names() -> None:
    """A short table needs no legend."""
    shown = page(("stock_change_day_ratio",), LONG)
    assert shown.splitlines()[0].split() == ["compared", "stock_change_day_ratio", LONG]
