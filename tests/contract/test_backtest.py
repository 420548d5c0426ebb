"""A backtest's report on a small history of our own: a gap, a muted child, a move, a repaint (rows E37, K06-K08)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.core.clock import iso
from tests.command import hashhedge

START = 1_768_230_000_000
MINUTE = 60_000
BOOK = """\
feed_dead_after: 5m
inhibit:
  - {source: {rule: crash}, target: {rule: dip}}
rules:
  - {id: crash, type: threshold, on: BTC-USD, below: 95000, severity: critical}
  - {id: dip, type: threshold, on: BTC-USD, below: 94000, severity: warning}
  - {id: odd, type: zscore, on: BTC-USD, every: 5m, beyond: 3.5}
  - {id: hour, type: close, on: BTC-USD, bar: 1h, below: 90000}
  - {id: thin, type: threshold, on: mining_margin_ratio, below: 0.1, companies: [RIOT]}
  - {id: deaf, type: threshold, on: BTC-USD, above: 200000, no_data: alert, no_data_after: 10m}
"""
GROUPED = """\
groups: [{name: g, by: [], wait: 30s}]
rules:
  - {id: crash, type: threshold, on: BTC-USD, below: 95000, notify: {group: g}}
  - {id: dip, type: threshold, on: BTC-USD, below: 95000, notify: {group: g}}
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Write three hours: a fall to 93,000 with nothing told for 40 minutes in the second."""
    folder = tmp_path / "history"
    folder.mkdir()
    lines = []
    for minute in range(181):
        at = START + minute * MINUTE
        if 70 <= minute < 110:
            continue
        price = 100_000 - 500 * min(max(minute - 20, 0), 14)
        if minute > 150:
            price = 96_000
        lines += [
            json.dumps(
                {
                    "instrument": "BTC-USD",
                    "value": str(price),
                    "observed_at": at,
                    "received_at": at,
                    "source": source,
                    "fresh_ms": 120_000,
                }
            )
            for source in ("one", "two")
        ]
    (folder / "quotes.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(BOOK, encoding="utf-8")
    return folder


def report(history: Path, *words: str) -> Any:
    """Return a backtest's answer as JSON."""
    rules = history.parent / "rules.yaml"
    said = hashhedge("backtest", rules, "--data", history, *words, "--output", "json")
    assert said.code == 0, said.err
    return said.json


def test_a_gap_and_a_muted_child_are_reported(history: Path) -> None:
    """Row E37: the span without data, and the alert that another one kept quiet."""
    answer = report(history, "--move", "5%", "--within", "2h")
    found = {row["rule"]: row for row in answer["rules"]}
    (span,) = found["crash"]["no_data"]
    assert (span["subject"], span["to"]) == ("BTC-USD", iso(START + 110 * MINUTE))
    assert span["from"] == iso(START + 71 * MINUTE + 1)
    assert found["dip"]["muted"] == {"rule:crash": found["dip"]["fires"]}
    assert found["dip"]["told"] == 0
    assert found["crash"]["told"] > 0
    assert found["deaf"]["muted_no_data"] == {"feed:BTC-USD": 1}
    (dead,) = (it for it in answer["notices"] if it["notice"] == "feed-dead")
    assert (dead["subject"], dead["muted_by"]) == ("BTC-USD", None)
    assert (dead["from"], dead["to"]) == (iso(START + 76 * MINUTE + 1), iso(START + 110 * MINUTE))


def test_noise_and_lead_are_reported(history: Path) -> None:
    """Row K07: each field is there, with the numbers that this history has."""
    answer = report(history, "--move", "5%", "--within", "2h", "--facts", "as-known")
    crash = next(row for row in answer["rules"] if row["rule"] == "crash")
    assert crash["fires"] == 1
    assert crash["alerts_per_week"] == pytest.approx(crash["told"] * 7 * 24 / 3)
    assert (crash["moves"], crash["missed_moves"]) == (1, 1)
    assert crash["cost_of_silence_ratio"] == pytest.approx(0.07)
    assert (crash["false_rate"], crash["misfires"]) == (1, 1)  # it spoke a minute after the move
    open_ = report(history, "--move", "5%", "--within", "3h")["rules"][0]
    assert (open_["false_rate"], open_["misfires"]) == (None, 0)  # nobody knows what came then
    assert answer["look_ahead"] == []
    early = report(
        history, "--move", "5%", "--within", "1h", "--sweep", "crash.below=99600..96000x10"
    )
    assert len(early["levels"]) == 10
    first, last = early["levels"][0], early["levels"][-1]
    assert first["median_lead_s"] > 0
    assert first["missed_moves"] == 0
    assert last["level"] == 96_000
    assert last["false_rate"] == 1


def test_look_ahead_and_repainting_are_flagged(history: Path) -> None:
    """Row K06: the running bar is named, the closed bar and the live value are not."""
    answer = report(history)
    flagged = {row["rule"]: row["repaints"] for row in answer["rules"]}
    assert "still runs" in flagged["odd"]
    assert not any(flagged[name] for name in ("crash", "hour", "thin"))
    assert answer["look_ahead"] == ["thin"]
    said = hashhedge("rules", "check", history.parent / "rules.yaml", "--output", "json")
    (note,) = said.json["repaints"]
    assert "rules.yaml:7: rule `odd` repaints" in note
    assert {it["rule"] for it in answer["unjudged"]} == {"odd", "thin"}


def test_the_table_fits_the_page_and_csv_has_a_row_a_rule(history: Path) -> None:
    """80 columns, and one header."""
    rules = history.parent / "rules.yaml"
    said = hashhedge("backtest", rules, "--data", history, env={"COLUMNS": "80"})
    assert (said.code, max(map(len, said.out.splitlines())) <= 80) == (0, True)
    assert "feed-dead: BTC-USD: 2026-01-12 16:16 to 2026-01-12 16:50" in said.out
    assert "deaf: losses of data that were not told: 1 by feed:BTC-USD" in said.out
    said = hashhedge("backtest", rules, "--data", history, "--output", "csv")
    assert len(said.out.splitlines()) == 7


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--move", "5"), "is no move"),
        (("--move", "0%"), "is no move"),
        (("--within", "soon"), "no duration"),
        (("--from", "2030-01-01"), "nothing of the history"),
        (("--sweep", "below=1"), "several rules"),
    ],
)
def test_what_cannot_be_asked_is_refused(history: Path, words: tuple[str, ...], part: str) -> None:
    """With exit code 2 and a mend."""
    said = hashhedge("backtest", history.parent / "rules.yaml", "--data", history, *words)
    assert said.code == 2
    assert part in said.err
    assert "to fix" in said.err


def test_a_changed_book_adds_and_loses_alerts(history: Path) -> None:
    """Row E41: one fires no more, one is muted now, one is new; the same alert sooner is neither."""
    old = history.parent / "old.yaml"
    old.write_text(
        "rules:\n"
        "  - {id: crash, type: threshold, on: BTC-USD, below: 95000, severity: critical}\n"
        "  - {id: dip, type: threshold, on: BTC-USD, below: 94000, severity: critical}\n"
        "  - {id: deep, type: threshold, on: BTC-USD, below: 93500, severity: critical}\n",
        encoding="utf-8",
    )
    new = history.parent / "new.yaml"
    new.write_text(
        "inhibit: [{source: {rule: crash}, target: {rule: dip}}]\n"
        "rules:\n"
        "  - {id: crash, type: threshold, on: BTC-USD, below: 96000, severity: critical}\n"
        "  - {id: dip, type: threshold, on: BTC-USD, below: 94000, severity: critical}\n"
        "  - {id: deep, type: threshold, on: BTC-USD, below: 90000, severity: critical}\n"
        "  - {id: slide, type: threshold, on: BTC-USD, below: 99000, severity: info}\n",
        encoding="utf-8",
    )
    words = ("rules", "diff", old, new, "--output", "json")
    plain = hashhedge(*words).json
    assert plain["history"] is None
    assert {it["name"]: it["change"] for it in plain["rules"]} == {
        "crash": "changed",
        "deep": "changed",
        "slide": "added",
        "book": "changed",
    }
    found = hashhedge(*words, "--history", history).json["history"]
    assert [(it["rule"], it["muted_by"]) for it in found["lost"]] == [
        ("dip", "rule:crash|BTC-USD"),
        ("deep", None),
    ]
    assert [it["rule"] for it in found["added"]] == ["slide"]
    same = hashhedge("rules", "diff", old, old, "--history", history).out
    assert "the books say the same" in same
    assert "0 added" in same


def test_what_a_digest_tells_is_told(history: Path) -> None:
    """A group puts two alerts off and hides none; its message is a notice beside the rules."""
    (history.parent / "rules.yaml").write_text(GROUPED, encoding="utf-8")
    answer = report(history)
    told = [(it["notice"], it["subject"], it["muted_by"]) for it in answer["notices"]]
    assert ("digest", "g", None) in told
    assert [(it["fires"], it["told"], it["muted"]) for it in answer["rules"]] == [(1, 0, {})] * 2


def test_a_group_adds_and_loses_no_alert(history: Path) -> None:
    """What its digest names is told as before, and the digest itself is no alert more."""
    old, new = history.parent / "old.yaml", history.parent / "new.yaml"
    new.write_text(GROUPED, encoding="utf-8")
    alone = GROUPED.partition("\n")[2].replace(", notify: {group: g}", "")
    old.write_text(alone, encoding="utf-8")
    said = hashhedge("rules", "diff", old, new, "--history", history, "--output", "json")
    found = said.json["history"]
    assert (found["added"], found["lost"]) == ([], [])
    assert (found["alerts_old"], found["alerts_new"]) == (3, 3)  # one is that of the dead input
