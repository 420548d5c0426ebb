"""The table of feeds at 80 columns."""

from __future__ import annotations

import io

from rich.console import Console

from monitor.cli.feeds import table

ROW = {
    "feed": "binance-futures-open-interest",
    "state": "late",
    "breaker": "half_open",
    "budget_used_ratio": 0.25,
    "age_s": 3_700.0,
    "last_success_s": 12.0,
    "instruments": ["a", "b"],
    "error": "rate_limited",
    "message": None,
    "stream": None,
}


def test_the_name_of_a_feed_stays_whole() -> None:
    """So that it can be copied; an open breaker stands with the state."""
    out = io.StringIO()
    Console(file=out, width=80).print(table([ROW]))
    lines = out.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith("binance-futures-open-interest ") for line in lines)
    assert {"half", "open"} <= {word for line in lines for word in line.split()}
