"""A person stops a replay and starts it again: exit codes, words, and where it goes on."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.e2e.playing import KEYS, START_S, Room
from tests.e2e.two_days import Calm, fed, told
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW = "5000"


def interrupted(room: Room, calm: Calm, transitions: Path, number: signal.Signals) -> int:
    """Stop a replay in order once it has told something; return how many moments it had fed."""
    child = calm.replay(room, transitions, SLOW)
    with room.client() as client:
        wait_here(lambda: told(client) > 2, "the first alerts", START_S)
        child.send(number)
        assert child.code(20) == 1, child.err
        answer = json.loads(child.out)
        assert answer["finished"] is False
        assert answer["transitions"] == told(client) == len(transitions.read_bytes().splitlines())
        assert client.xlen(KEYS.outbox) == 0
        return fed(client)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_same_command_goes_on_after_a_signal(
    room: Room, calm: Calm, transitions: Path, number: signal.Signals
) -> None:
    """Exit 1, what was decided delivered and written; the next start feeds the next moment."""
    stood_at = interrupted(room, calm, transitions, number)
    answer = calm.replay(room, transitions, "max").finished()
    assert answer["resumed_at"] == stood_at > 0
    assert answer["moments"] == calm.totals["fed"]
    assert transitions.read_bytes() == calm.file
    # the answer tells of both lives together
    news = [event for event in map(json.loads, calm.file.splitlines()) if event["to"] == "firing"]
    fires = [event["at"] for event in news if event["reason"] != "input_back"]
    assert sum(row["fired"] for row in answer["alerts"]) == len(fires) > 0
    assert min(row["first_at"] for row in answer["alerts"]) == min(fires)
    assert max(row["last_at"] for row in answer["alerts"]) == max(fires)


def test_fresh_starts_over_and_a_finished_replay_is_finished(
    room: Room, calm: Calm, transitions: Path
) -> None:
    """`--fresh` forgets where it stood; without it a finished replay feeds nothing more."""
    interrupted(room, calm, transitions, signal.SIGTERM)
    fresh = calm.replay(room, transitions, "max", "--fresh").finished()
    assert fresh["resumed_at"] == 0
    assert transitions.read_bytes() == calm.file
    again = calm.replay(room, transitions, "max").finished()
    assert again["resumed_at"] == again["moments"] == calm.totals["fed"]
    assert again["ticks"] == 0
    assert transitions.read_bytes() == calm.file


def test_another_replay_on_the_same_redis_is_refused(
    room: Room, calm: Calm, transitions: Path, tmp_path: Path
) -> None:
    """Exit 2 with what, where and the mend, and the replay that stands there is not touched."""
    calm.replay(room, transitions, "max").finished()
    other = tmp_path / "other"
    other.mkdir()
    for file in calm.source.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    blocks = other / "btc_blocks.csv"
    blocks.write_text("\n".join(blocks.read_text().splitlines()[:-1]) + "\n")
    another_folder = room.replay(other, "--from", "2023-03-11", "--to", "2023-03-13")
    another_range = room.replay(calm.source, "--from", "2023-03-11", "--to", "2023-03-12")
    other_figures = room.replay(
        calm.source, "--from", "2023-03-11", "--to", "2023-03-13", "--facts", "as-known"
    )
    for child in (another_folder, another_range, other_figures):
        assert child.code(START_S) == 2
        assert list(json.loads(child.out)) == ["error"]
        words = re.sub(r"\s+", " ", child.err)
        refused = "this Redis holds a replay of other files or range, or under other rules or books"
        assert refused in words
        assert "to fix: add --fresh" in words
    assert calm.replay(room, transitions, "max").finished()["ticks"] == 0
    assert transitions.read_bytes() == calm.file
