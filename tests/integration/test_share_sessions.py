"""Row A07 on a real Redis: what feeds deliver is stored with its session and shown with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.app.feeding import fresh_now
from monitor.domain.events import Quote
from monitor.domain.labels import labelled
from monitor.domain.sessions import SessionState
from monitor.nyse import nyse_calendar
from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader, TickWriter
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.worlds import at_new_york, quote

pytestmark = pytest.mark.integration

STOCKS = frozenset({"RIOT"})


def stated(quotes: Sequence[Quote], now: int) -> list[tuple[Quote, bool]]:
    """Return quotes as the feeds role hands them to the store."""
    calendar = nyse_calendar()
    return [
        (quote, fresh_now(quote, now, calendar=calendar, stocks=STOCKS))
        for quote in labelled(quotes, STOCKS, calendar.session_at)
    ]


async def test_the_stored_session_is_pre_then_regular(own_redis: TestRedis, tmp_path: Path) -> None:
    """Quotes at 08:00 and 10:00 New York: the hash and the command say pre, then regular; on a holiday closed."""
    words = ("feeds", "quotes", "--redis-url", own_redis.url)
    async with connected(own_redis.url) as client:
        for hour, session in (("08", "pre"), ("10", "regular")):
            now = at_new_york(f"2025-07-17T{hour}:00")
            await TickWriter(client, Keys()).deliver(stated([quote("RIOT", 12.5, now)], now), now)
            stored = await FeedStore(client, Keys()).quotes()
            assert stored["RIOT|test"]["session"] == session
            (row,) = (await asyncio.to_thread(hashhedge, *words, "-o", "json", cwd=tmp_path)).json
            assert row["session"] == session
        assert "regular" in (await asyncio.to_thread(hashhedge, *words, cwd=tmp_path)).out
        holiday = at_new_york("2025-12-25T11:00")
        claim = quote("RIOT", 12.6, holiday, session=SessionState.REGULAR)
        await TickWriter(client, Keys()).deliver(stated([claim], holiday), holiday)
        assert (await FeedStore(client, Keys()).quotes())["RIOT|test"]["session"] == "closed"
        (row,) = (await asyncio.to_thread(hashhedge, *words, "-o", "json", cwd=tmp_path)).json
        assert (row["session"], row["session_said"]) == ("closed", "regular")
        assert "said regular" in (await asyncio.to_thread(hashhedge, *words, cwd=tmp_path)).out
        assert len(await TickReader(client, Keys()).read("", block_ms=1)) == 3
