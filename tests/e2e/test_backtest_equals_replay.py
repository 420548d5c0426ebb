"""A backtest decides what the live engine decides on a replay of the same files (row E36)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.replay.synthesis import write_history
from tests.command import hashhedge
from tests.e2e.playing import PROJECT, Room, lines_of

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

BOOKS = {
    "demo": PROJECT / "alerts" / "books" / "demo.yaml",
    "catalogue": PROJECT / "docs" / "samples" / "rules" / "catalogue.yaml",
    "paced": PROJECT / "tests" / "fixtures" / "rules-paced.yaml",
}


@pytest.mark.parametrize("book", BOOKS)
def test_a_backtest_decides_as_a_replay_does(
    room: Room, tmp_path: Path, transitions: Path, book: str
) -> None:
    """Every line of the transitions file is the same, in the same order."""
    write_history(tmp_path)
    folder, rules = tmp_path / "synthetic", str(BOOKS[book])
    mine = tmp_path / "backtest.jsonl"
    said = hashhedge("backtest", rules, "--data", folder, "--transitions", mine)
    assert said.code == 0, said.err
    played = room.replay(folder, "--rules", rules, "--transitions", str(transitions))
    played.finished()
    assert len(lines_of(mine)) > 4
    assert lines_of(mine) == lines_of(transitions)


def test_a_dead_feed_is_told_alike_though_the_clock_runs_ahead(
    room: Room, tmp_path: Path, transitions: Path
) -> None:
    """The files have gaps; a replay at full speed was not away from them, however fast it is."""
    folder, rules = tmp_path / "gaps", tmp_path / "rules.yaml"
    folder.mkdir()
    minutes = [it for it in range(240) if not (60 <= it < 75 or 150 <= it < 200)]
    quotes = [_quote(minute) for minute in minutes]
    (folder / "quotes.jsonl").write_text("\n".join(quotes) + "\n", encoding="utf-8")
    rules.write_text("rules: [{id: low, type: threshold, on: BTC-USD, below: 9000}]\n")
    mine = tmp_path / "backtest.jsonl"
    said = hashhedge("backtest", rules, "--data", folder, "--transitions", mine)
    assert said.code == 0, said.err
    room.replay(folder, "--rules", str(rules), "--transitions", str(transitions)).finished()
    dead = [line for line in lines_of(mine) if line["rule"] == "feed-dead"]
    assert [line["to"] for line in dead] == ["firing", "resolved"] * 2
    assert lines_of(mine) == lines_of(transitions)


def _quote(minute: int) -> str:
    at = 1_767_605_400_000 + minute * 60_000
    quote = {
        "instrument": "BTC-USD",
        "value": str(97_000 + minute % 7),
        "observed_at": at,
        "received_at": at,
        "source": "kraken",
        "fresh_ms": 120_000,
    }
    return json.dumps(quote)
