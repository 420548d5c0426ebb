"""What the book judges and flags reaches a message: a raised level once, a litigation by name."""

from __future__ import annotations

from pathlib import Path

from alerts.model import Severity
from alerts.rulebook import Rulebook
from monitor.app.world import World, build_step, find_catalogue
from monitor.books import load_companies
from monitor.core.clock import DAY, parse_iso
from monitor.nyse import nyse_calendar
from tests.worlds import states

NOW = parse_iso("2026-11-01")

BOOK = """\
ticker: AAA
name: A company
type: miner
fiscal_year_end: "12-31"
sources: {talk: {title: A talk}}
flags:
  - {kind: litigation, since: 2026-03-08, text: class action, source: talk, until: 2026-04-01}
risks:
  - {risk: client_stability, level: medium, reason: one tenant, date: 2026-03-01, author: A. Desk,
     expires: 2027-03-01, source: talk}
  - {risk: client_stability, level: high, reason: its share fell, date: 2026-03-10, author: A. Desk,
     expires: 2026-03-20, source: talk}
"""


def test_raising_a_level_sends_one_event(tmp_path: Path) -> None:
    """From medium to high on 10 March: one warning that day, with the standing flag (C15, C21)."""
    (tmp_path / "AAA.yaml").write_text(BOOK, encoding="utf-8")
    companies = load_companies(NOW, tmp_path)
    world = World(companies, Rulebook(()), (), find_catalogue(), nyse_calendar())
    step = build_step(world)
    told = []
    for day in ("2026-03-05", "2026-03-10", "2026-03-11", "2026-03-20"):
        step.advance(parse_iso(day) + DAY // 2)
        told.append([news for news in step.take().transitions if news.labels["company"] == "AAA"])
    assert [states(news) for news in told] == [
        [],
        [("risk-level", "AAA-client_stability", "noted")],
        [],
        [],
    ]
    (raised,) = told[1]
    assert raised.severity is Severity.WARNING
    assert raised.flags == ("litigation",)
    assert raised.summary.startswith("AAA: risk client_stability is from medium to high.")
