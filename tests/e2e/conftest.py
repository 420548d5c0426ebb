"""Rooms for end-to-end tests: the system's redis-server and mosquitto, fresh for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.playing import Room, news_of
from tests.e2e.two_days import PROGRESS, Calm, cut_history, replay_two_days
from tests.servers import start_broker, start_redis

NewRoom = Callable[[], Room]


@pytest.fixture(scope="session")
def new_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewRoom]:
    """Give a maker of rooms; those that are still open at the end of the run are closed then."""
    rooms: list[Room] = []

    def make() -> Room:
        folder = tmp_path_factory.mktemp("room")
        for name in ("redis", "broker"):
            (folder / name).mkdir()
        redis = start_redis("redis-server", folder / "redis")
        broker = start_broker("mosquitto", folder / "broker", persistent=True)
        rooms.append(Room(redis, broker, folder))
        return rooms[-1]

    yield make
    for room in rooms:
        room.close()


@pytest.fixture
def room(new_room: NewRoom) -> Iterator[Room]:
    """Give a room to one test alone."""
    own = new_room()
    yield own
    own.close()


@pytest.fixture
def transitions(tmp_path: Path) -> Path:
    """Give the name of a transitions file."""
    return tmp_path / "transitions.jsonl"


@pytest.fixture(scope="session")
def calm(new_room: NewRoom, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """Replay the two days once, undisturbed."""
    source = cut_history(tmp_path_factory.mktemp("history"))
    room = new_room()
    file = room.folder / "calm.jsonl"
    replay_two_days(source, room, file, "max").finished()
    with room.client() as client:
        totals = {kind: measure(client) for kind, measure in PROGRESS.items()}
    room.close()
    news = news_of(file)
    assert len(news) > 10
    return Calm(source, file.read_bytes(), news, totals)
