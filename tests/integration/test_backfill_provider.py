"""`hashhedge backfill --provider`: a provider's own past in a running service's numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from monitor.core.clock import DAY, SystemClock, iso
from tests.command import Said, hashhedge
from tests.servers import TestRedis
from tests.services import computing, market
from tests.simulator.server import Simulator

pytestmark = pytest.mark.integration


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[tuple[Simulator, Path]]:
    """Serve the simulator, and give a feeds book that points there."""
    simulator = Simulator(clock=SystemClock())
    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with server:
        base = str(server.make_url("/")).rstrip("/")
        lines = [f"  {name}: {{base_url: '{base}/{name}'}}" for name in ("mempool", "yahoo")]
        path = tmp_path / "feeds.yaml"
        path.write_text("\n".join(["feeds:", *lines, ""]))
        yield simulator, path


async def test_the_difficulty_of_a_month_is_told_and_fires_nothing(
    own_redis: TestRedis, book: tuple[Simulator, Path]
) -> None:
    """One request, a value for each midnight, marked as told afterwards; told again, no change."""
    simulator, path = book
    words = ("backfill", "--provider", "mempool", "--feeds", path, "-o", "json")
    async with computing(own_redis.url) as service:
        await service.say(*market(SystemClock().now()))
        said = await service.ask(*words)
        assert said.code == 0, said.err
        assert simulator.requests["mempool"] == 1
        (series,) = said.json["series"]
        assert (series["instrument"], series["source"]) == ("network.difficulty", "mempool")
        assert 29 <= series["quotes"] <= 31
        today = SystemClock().now() // DAY * DAY
        assert series["last"] in {iso(today), iso(today - DAY)}
        assert (said.json["late"], said.json["failed"], said.json["not_asked"]) == ([], [], [])
        some = await service.ask(*words, "--from", iso(today - 5 * DAY)[:10])
        assert 5 <= some.json["quotes"] <= 6


async def test_a_provider_that_refuses_is_named(
    book: tuple[Simulator, Path],
) -> None:
    """Exit 1, the reason, what was not asked for, and one request only."""
    simulator, path = book
    simulator.set_scenario("yahoo", "429")
    said = await _ask("backfill", "--provider", "yahoo", "--feeds", path, "--dry-run", "-o", "json")
    assert said.code == 1
    (failed,) = said.json["failed"]
    assert failed["reason"] == "throttled"
    assert len(said.json["not_asked"]) > 5
    assert simulator.requests["yahoo"] == 1


async def _ask(*words: str | Path) -> Said:
    return await asyncio.to_thread(hashhedge, *words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--provider", "yahooo"), "no feed `yahooo`"),
        (("--provider", "kraken"), "kraken has no history endpoint here"),
        ((), "one source of the past is needed"),
        (("file.csv", "--provider", "yahoo"), "one source of the past is needed"),
    ],
)
def test_a_mistake_is_named(words: tuple[str, ...], expected: str) -> None:
    """What cannot be asked says so before anything is asked, and what can."""
    said = hashhedge("backfill", *words, "--dry-run")
    assert said.code == 2
    assert expected in said.err
    assert "to fix" in said.err
