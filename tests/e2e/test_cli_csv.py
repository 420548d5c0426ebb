"""`--output csv` of every command: rows that a spreadsheet or a reader takes as they are."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path

import pytest

from monitor.__main__ import main
from monitor.settings import PREFIX

ROOT = Path(__file__).resolve().parents[2]
GIVEN = ("btc_usd=105000", "height=906000", "difficulty=126.98e12", "fees_btc_per_block=0.03")

# command, columns that must be there, and the least number of rows
ANSWERS: dict[str, tuple[tuple[str, ...], set[str], int]] = {
    "calc": (("calc", "hashprice_usd_ph_day", *GIVEN), {"metric", "value", "unit", "reason"}, 1),
    "explain": (("explain", "RIOT.margin", *GIVEN), {"kind", "name", "value", "source", "age_s"}, 10),
    "explain, refused": (("explain", "CRWV.margin"), {"explains", "reason"}, 1),
    "whatif": (("whatif", "RIOT", "--btc", "-20%"), {"metric", "before", "after", "market"}, 2),
    "compare": (("compare", "margin"), {"company", "value", "rank", "basis", "reason"}, 5),
    "stress": (("stress", "RIOT"), {"case", "fall_ratio", "running_usd_year", "coverage"}, 10),
    "stress, unknown": (("stress", "BTBT"), {"company", "reason", "missing"}, 1),
    "history": (("history", "IREN.gpus"), {"company", "as_of", "value", "source"}, 4),
    "company list": (("company", "list"), {"ticker", "type", "newest"}, 8),
    "company show": (("company", "show", "RIOT"), {"kind", "name", "value", "unit", "source"}, 50),
    "rules list": (("rules", "list"), {"id", "on", "condition"}, 5),
    "rules check": (("rules", "check"), {"file", "rules"}, 1),
    "feeds list": (("feeds", "list"), {"feed", "interval_s"}, 5),
    "config check": (("config", "check"), {"companies", "rules"}, 1),
    "calendar": (("calendar", "2025-12-24"), {"date", "session", "from_utc", "to_local"}, 3),
    "doctor": (("doctor",), {"check", "result", "fix"}, 5),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_is_rows(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """One header, every row as wide as it, and what matters in columns of its own, not as JSON."""
    words, columns, least = ANSWERS[name]
    for variable in [variable for variable in os.environ if variable.startswith(PREFIX)]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hashhedge", *words, "--output", "csv"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    lines = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    header, rows = lines[0], lines[1:]
    assert columns <= set(header)
    assert len(set(header)) == len(header)
    assert len(rows) >= least
    assert {len(row) for row in rows} == {len(header)}
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        assert not any(cells[column].startswith(("{", "[{")) for column in columns)


def test_an_error_leaves_no_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What failed has words on stderr and nothing that could be taken for a record."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hashhedge", "compare", "marginn", "-o", "csv"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "margin" in said.err
