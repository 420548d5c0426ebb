"""The simulator itself: values move the same way twice, and the controls work by hand."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from decimal import Decimal

import pytest
from aiohttp.test_utils import TestClient, TestServer

from monitor.core.clock import ManualClock
from monitor.embedded.process import free_port
from tests.simulator.catalogue import VALUES
from tests.simulator.market import START, Market
from tests.simulator.scenarios import Scenario
from tests.simulator.server import Simulator
from tests.waiting import wait_here

NOW = 1_768_229_760_000


def test_the_same_seed_moves_the_same_way() -> None:
    """Two runs show the same values at the same moments, whenever they are looked at."""
    clocks = ManualClock(NOW), ManualClock(NOW)
    often, once = (Market(clock, seed=3) for clock in clocks)
    for _ in range(60):
        often.value("BTC-USD")
        clocks[0].advance(1)
    clocks[1].advance(60)
    assert often.value("BTC-USD") == once.value("BTC-USD") != START["BTC-USD"]
    other = Market(ManualClock(NOW), seed=4)
    assert isinstance(other.clock, ManualClock)
    other.clock.advance(60)
    assert other.value("BTC-USD") != once.value("BTC-USD")


def test_blocks_are_found_every_ten_minutes() -> None:
    """Height rises by one in ten minutes; difficulty stays."""
    clock = ManualClock(NOW)
    market = Market(clock)
    height, difficulty = market.value("network.height"), market.value("network.difficulty")
    clock.advance(1_200)
    assert market.value("network.height") == height + 2
    assert market.value("network.difficulty") == difficulty


async def test_a_price_can_be_moved_by_hand() -> None:
    """CRWV -15 % is exactly that at once, and the walk goes on from there."""
    clock = ManualClock(NOW)
    simulator = Simulator(clock=clock)
    clock.advance(30)
    before = simulator.market.value("CRWV")
    async with TestClient(TestServer(simulator.app())) as client:
        answer = await client.put("/control/price/CRWV", data="-15%")
        assert answer.status == 200
        assert simulator.market.value("CRWV") == round(before * Decimal("0.85"), 2)
        await client.put("/control/price/BTC-USD", data="90000")
        assert simulator.market.value("BTC-USD") == 90_000
        clock.advance(60)
        assert 0 < abs(simulator.market.value("BTC-USD") - 90_000) < 2_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("price/NONE", "1", 404),
        ("price/CRWV", "much", 400),
        ("price/CRWV", "-100%", 400),
        ("price/CRWV", "NaN%", 400),
        ("price/CRWV", "inf", 400),
        ("scenario/nobody", "429", 400),
        ("scenario/kraken", "tired", 400),
        ("scenario/kraken", "429", 200),
        ("scenario/all", "html", 200),
    ],
)
async def test_the_controls_say_no_politely(path: str, body: str, status: int) -> None:
    """A slip of the hand is answered with a hint, not with a broken simulator."""
    simulator = Simulator(clock=ManualClock(NOW))
    async with TestClient(TestServer(simulator.app())) as client:
        assert (await client.put(f"/control/{path}", data=body)).status == status
        state = await (await client.get("/control")).json()
    assert state["scenarios"]["kraken"] == (simulator.scenarios.get("kraken") or Scenario.NORMAL)
    assert set(state["values"]) == set(VALUES)


def test_it_ends_at_once_while_somebody_waits_for_a_slow_answer() -> None:
    """SIGTERM under `--slow-s 3000`, with a request and a stream open: gone within two seconds."""
    port = free_port()
    command = [sys.executable, "-m", "tests.simulator", "--port", str(port)]
    served = subprocess.Popen(
        [*command, "--slow-s", "3000", "--scenario", "kraken=slow"], stdout=subprocess.DEVNULL
    )
    try:
        wait_here(lambda: served.poll() is not None or _connects(port), "it to serve", 30)
        with socket.create_connection(("127.0.0.1", port), 5) as waiting:
            waiting.sendall(b"GET /kraken/0/public/Ticker HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_here(lambda: _asked(port, "kraken"), "the request to be there", 10)
            served.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert served.wait(20) == 0
            assert time.monotonic() - began < 2
    finally:
        served.kill()


def _connects(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _asked(port: int, provider: str) -> bool:
    url = f"http://127.0.0.1:{port}/control"
    with urllib.request.urlopen(url, timeout=5) as answer:  # the simulator, on the loopback
        return bool(json.loads(answer.read())["requests"].get(provider))
