"""Two days of March 2023, with some forty alerts: what the tests of crashes and outages disturb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from tests.e2e.playing import KEYS, RULES, Child, Room, history

FIRST, END = "2023-03-11", "2023-03-13"

# name, column of time, first and last value kept: enough for what was known at the start
_FILES = (
    ("btc_1m_multivenue_2023-03.csv", "time_utc", "2023-03-10", "2023-03-14"),
    ("btc_blocks.csv", "time_unix", "1677628800", "1678752000"),
    ("blockchaincom_network_daily.csv", "date", "2023-03-01", "2023-03-14"),
    ("stocks_ohlcv_daily.csv", "date", "2023-03-01", "2023-03-14"),
)


@dataclass(frozen=True)
class Calm:
    """What a replay of the two days leaves that nobody disturbs.

    Attributes:
        source: the folder that is played.
        file: the transitions file.
        news: ids of the events that a subscriber gets.
        totals: where each kind of progress ends.

    """

    source: Path
    file: bytes
    news: set[str]
    totals: Mapping[str, int]

    def replay(self, room: Room, transitions: Path, speed: str, *options: str) -> Child:
        """Start, or start again, the replay of the two days."""
        return replay_two_days(self.source, room, transitions, speed, *options)


def replay_two_days(
    source: Path, room: Room, transitions: Path, speed: str, *options: str
) -> Child:
    """Start a replay of the two days from `source`."""
    span = ("--from", FIRST, "--to", END)
    rules = ("--rules", str(RULES), "--transitions", str(transitions))
    return room.replay(source, *span, *rules, "--speed", speed, *options)


def cut_history(folder: Path) -> Path:
    """Write what the two days need into `folder`: each new life reads its files from the top."""
    for name, column, first, last in _FILES:
        header, *lines = (history() / name).read_text().splitlines()
        place = header.split(",").index(column)
        kept = [line for line in lines if first <= line.split(",")[place] < last]
        (folder / name).write_text("\n".join([header, *kept, ""]))
    return folder


def fed(client: Redis) -> int:
    """Return how many moments the player has fed."""
    return int(client.hget(KEYS.replay, "index") or 0)


def committed(client: Redis) -> int:
    """Return how many entries have been through the step."""
    return int(client.hget(KEYS.state, "entries_read") or 0)


def told(client: Redis) -> int:
    """Return how many transitions have been committed."""
    return int(client.xlen(KEYS.transitions))


PROGRESS: Mapping[str, Callable[[Redis], int]] = {
    "fed": fed,
    "committed": committed,
    "told": told,
}


def lives(client: Redis) -> int:
    """Return how often a process has begun to compute."""
    return int(client.get(KEYS.token("compute")) or 0)
