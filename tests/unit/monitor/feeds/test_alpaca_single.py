"""Alpaca's answer for one share, against which its snapshots are held (row A25)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.errors import BadQuote
from monitor.feeds.alpaca import FEED, fetch_single
from monitor.feeds.base import Answer, quotes_of
from tests.unit.monitor.feeds.doubles import NOW, NoHttp

SAMPLE = (
    Path(__file__).resolve().parents[5]
    / "shared"
    / "providers"
    / "samples"
    / "alpaca_latest_trade.json"
)
OURS = {"trades": {"RIOT": {"t": "2026-01-12T14:55:59.722539521Z", "p": 12.5, "s": 100}}}


class Says(NoHttp):
    """An `Http` with one answer."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.asked: list[Any] = []

    async def get(self, url: str, **more: Any) -> Answer:
        """Give it."""
        self.asked.append((url, more["params"]))
        return Answer(200, self.body, {}, NOW)


async def ask(body: str, symbol: str) -> tuple[Decimal, str]:
    """Return price and address."""
    http = Says(body)
    (quote,) = quotes_of(await fetch_single(http, replace(FEED.spec, instruments={symbol: symbol})))
    return quote.value, http.asked[0][0]


async def test_the_latest_trade_is_read() -> None:
    """Price and the source's own time of one share."""
    value, address = await ask(json.dumps(OURS), "RIOT")
    assert value == Decimal("12.5")
    assert address.endswith("/v2/stocks/trades/latest")


async def test_another_share_is_no_answer() -> None:
    """What was not asked for is not taken."""
    with pytest.raises(BadQuote):
        await ask(json.dumps(OURS), "MARA")


@pytest.mark.skipif(not SAMPLE.exists(), reason="the recorded answers are not at hand")
async def test_a_recorded_answer_is_read() -> None:
    """As the provider gave it."""
    value, _ = await ask(SAMPLE.read_text(), "AAPL")
    assert value == Decimal("161.2958")
