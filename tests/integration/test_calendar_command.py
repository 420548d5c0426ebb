"""`hashhedge calendar` beside a running service: the chain says when it will turn (row L18)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.core.clock import SystemClock, iso
from monitor.domain.agenda import chain_events
from monitor.domain.events import HEIGHT
from monitor.domain.sessions import NEW_YORK
from tests.servers import TestRedis
from tests.services import computing, market

pytestmark = pytest.mark.integration


async def test_the_next_retarget_is_estimated_from_the_chain(own_redis: TestRedis) -> None:
    """It stands on the date that height and pace give, marked as an estimate."""
    now = SystemClock().now()
    quotes = market(now)
    (height,) = (int(quote.value) for quote in quotes if quote.instrument == HEIGHT)
    expected = next(it for it in chain_events(height, now, None) if it.at > now)
    day = datetime.fromtimestamp(expected.at / 1_000, UTC).astimezone(NEW_YORK).date()
    async with computing(own_redis.url) as service:
        await service.say(*quotes)
        found = (await service.ask("calendar", day.isoformat(), "-o", "json")).json
    event = next(it for it in found["days"][0]["events"] if it["kind"] == "difficulty")
    assert (event["id"], event["at"]["utc"]) == (expected.id, iso(expected.at))
    assert event["estimated"]
