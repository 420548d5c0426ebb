"""The heads of a comparison at 80 columns: names that stay whole, or numbers with a legend."""

from __future__ import annotations

import io

from rich.console import Console

from monitor.cli.explain import _comparison, _steps
from monitor.cli.output import sheet

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


def steps(*rows: tuple[str, str]) -> list[str]:
    """Return steps of a name and a formula as 80 columns show them."""
    each = [
        {"metric": name, "value": 53.25262, "unit": "USD/PH/day", "given": False, "formula": words}
        for name, words in rows
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(_steps(each))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_step_that_has_no_room_beside_its_formula_stands_above_it() -> None:
    """Neither a name nor a word of a formula is broken in two."""
    name = "all_in_break_even_hashprice_usd_ph_day"
    formula = "all_in_hashcost_of_every_machine_usd_ph_day / (1 - pool_fee_ratio)"
    shown = steps((name, formula))
    assert shown[0].split() == ["step", "value"]
    assert shown[2].split() == [name, "53.25"]
    assert shown[3] == f"  = {formula}"


def test_a_step_with_room_stands_beside_its_formula() -> None:
    """A short name leaves the formula its column; its words stay whole."""
    shown = steps(("cash_hashcost_usd_ph_day", "power_hashcost_usd_ph_day + fixed / 365 / rate"))
    assert shown[0].split() == ["step", "value", "formula"]
    assert "cash_hashcost_usd_ph_day" in shown[2]
    assert "power_hashcost_usd_ph_day" in shown[2]


def test_a_head_is_as_wide_as_its_longest_word() -> None:
    """However little room the cells of a neighbour leave."""
    table = sheet("rule", "quality", "quiet by")
    table.add_row("a" * 200, "ok", "")
    console = Console(file=io.StringIO(), width=40)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    head = console.file.getvalue().splitlines()
    assert "quality" in f"{head[0]} {head[1]}"
    assert "quiet" in head[0]
