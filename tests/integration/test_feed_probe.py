"""`hashhedge feeds test PROVIDER` against the simulator: an answer, a refusal, no such feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from monitor.core.clock import SystemClock
from tests.command import hashhedge
from tests.simulator.server import Simulator

pytestmark = pytest.mark.integration


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[tuple[Simulator, Path]]:
    """Serve the simulator, and give a feeds book that points there."""
    simulator = Simulator(clock=SystemClock())
    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with server:
        path = tmp_path / "feeds.yaml"
        path.write_text(f"feeds:\n  kraken: {{base_url: '{server.make_url('/kraken')}'}}\n")
        yield simulator, path


async def test_a_provider_is_asked_once_and_its_answer_shown(book: tuple[Simulator, Path]) -> None:
    """One request; every instrument with its value and the source's time."""
    simulator, path = book
    words = ("feeds", "test", "kraken", "--feeds", path, "-o", "json")
    said = await asyncio.to_thread(hashhedge, *words)
    assert said.code == 0, said.err
    assert simulator.requests["kraken"] == 1
    prices = {row["instrument"]: row["value"] for row in said.json}
    assert prices["BTC-USD"] > 0
    assert {row["fault"] for row in said.json} == {None}


async def test_a_provider_that_refuses_is_named(book: tuple[Simulator, Path]) -> None:
    """Exit 1 with the reason, and no second request."""
    simulator, path = book
    simulator.set_scenario("kraken", "429")
    words = ("feeds", "test", "kraken", "--feeds", path)
    said = await asyncio.to_thread(hashhedge, *words)
    assert said.code == 1
    assert "throttled" in said.out
    assert simulator.requests["kraken"] == 1


def test_a_feed_that_is_none_is_refused() -> None:
    """Exit 2 with the nearest name."""
    said = hashhedge("feeds", "test", "krakn")
    assert said.code == 2
    assert "did you mean `kraken`" in said.err
