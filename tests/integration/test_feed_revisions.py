"""`hashhedge feeds revisions`: the versions of a late figure, from the command line (row L20)."""

from __future__ import annotations

import pytest

from monitor.core.clock import DAY, SystemClock
from tests.servers import TestRedis
from tests.services import computing
from tests.worlds import quote

pytestmark = pytest.mark.integration


async def test_every_version_of_a_figure_is_listed(own_redis: TestRedis) -> None:
    """The figure of a day and its revision, in order, with their numbers."""
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        for place, value in enumerate((-500e6, -350e6)):
            said = {"source": "etf", "period": "2026-01-05", "fresh_ms": 3 * DAY}
            await service.say(quote("RIOT.btc_held", 19_000 + place, now + place, **said))
            await service.say(quote("ETF.flow_usd_day", value, now + place, **said))
        answer = await service.ask("feeds", "revisions", "ETF.flow_usd_day", "-o", "json")
        assert answer.code == 0, answer.err
        assert [(row["period"], row["revision"], row["value"]) for row in answer.json] == [
            ("2026-01-05", 0, -500e6),
            ("2026-01-05", 1, -350e6),
        ]
        assert "RIOT.btc_held" in (await service.ask("feeds", "revisions")).out
