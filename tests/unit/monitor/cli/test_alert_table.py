"""The list of alerts at 80 columns: an id is what one types next, so it is never broken."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from monitor.cli.alert import RULE_WIDTH, table

ROW: dict[str, Any] = {
    "subject": "BTC-USD",
    "state": "recovering",
    "since": "2026-11-26T23:04:40.000Z",
    "value": 91_132.0,
    "quality": "degraded",
    "muted_by": "maintenance",
}


def lines(*rules: str) -> list[str]:
    """Return the table of these rules."""
    out = io.StringIO()
    Console(file=out, width=80).print(table([ROW | {"rule": rule} for rule in rules], None))
    return out.getvalue().splitlines()


def test_an_id_that_fits_stands_whole_in_its_row() -> None:
    """Up to the width that leaves room for the rest."""
    rule = "margin-under-water-aweek"
    assert len(rule) == RULE_WIDTH
    shown = lines(rule, "short")
    assert all(len(line) <= 80 for line in shown)
    assert any(line.split()[:3] == [rule, "BTC-USD", "recovering"] for line in shown)


def test_a_longer_id_stands_whole_below() -> None:
    """Its row has a number, once for all its subjects."""
    rule = "any-miner-whose-margin-fell-by-a-third-within-a-week"
    shown = lines(rule, rule, "short")
    assert all(len(line) <= 80 for line in shown)
    assert sum(line.startswith("(1) ") and "BTC-USD" in line for line in shown) == 2
    assert shown[-1] == f"(1) {rule}"
