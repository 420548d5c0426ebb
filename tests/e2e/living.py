"""Simulated providers for a live run of the command line."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from monitor.core.discovery import declared
from monitor.feeds.base import Feed
from tests.e2e.playing import Child, Room

VENUES = ("coinbase", "kraken", "bitstamp")
POLLED = {**dict.fromkeys(VENUES, 0.5), "mempool": 2.0, "yahoo": 2.0}
"""The feeds of a small market, each with the seconds between two polls."""


def feeds_book(folder: Path, port: int, polled: Mapping[str, float] = POLLED) -> Path:
    """Write a feeds book that polls the simulator, the venues twice a second."""
    lines = ["feeds:"]
    for name, seconds in polled.items():
        lines += [
            f"  {name}:",
            "    enabled: true",
            f"    base_url: http://127.0.0.1:{port}/{name}",
            f"    interval_s: {seconds:g}",
        ]
    book = folder / "feeds.yaml"
    others = {name for name, _ in declared("monitor.feeds", "FEED", Feed)} - set(polled)
    lines += [f"  {name}: {{enabled: false}}" for name in sorted(others)]
    book.write_text("\n".join([*lines, ""]))
    return book


def simulator(room: Room, port: int) -> Child:
    """Start the providers and come back when they answer."""
    command = [sys.executable, "-m", "tests.simulator"]
    return room.run([*command, "--port", str(port)])


def push(port: int, price: str, instrument: str = "BTC-USD") -> None:
    """Set the price of an instrument at every simulated provider."""
    request = urllib.request.Request(  # the simulator, on the loopback
        f"http://127.0.0.1:{port}/control/price/{instrument}", price.encode(), method="PUT"
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # likewise
        assert answer.status == 200


def answers(port: int) -> bool:
    """Tell whether the simulator serves."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/control", timeout=5):
            return True
    except OSError:
        return False
