"""docs/companies.md tells every fact that a company file can give."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.domain.facts import FACTS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "companies.md"


def test_every_fact_is_on_the_page() -> None:
    """Each fact of the books has its place in the table, and the table names no other."""
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("| fact | unit |") : text.index("`hashrate_eh_s`, which the metrics")]
    named = {
        name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z]\w+)`", row)
    } - {"basis"}
    given = {spec.name for spec in FACTS.values() if not spec.best_of}
    yearly = {name for name in given if name.endswith("_usd_year")}
    assert named <= given
    assert given - yearly <= named
    assert yearly <= named | {f"{name}_year" for name in named}
