"""A backtest decides what the live engine decides on a replay of the same files (row E36)."""

from __future__ import annotations

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
