"""A figure given live is marked wherever a number rests on it (row A27)."""

from __future__ import annotations

import pytest

from monitor.core.clock import SystemClock
from tests.servers import TestRedis
from tests.services import computing, market
from tests.worlds import quote

pytestmark = pytest.mark.integration


async def test_every_command_names_author_and_end(own_redis: TestRedis) -> None:
    """MARA at 52,000 BTC and 105,000 USD: explain gives the service's number and the mark."""
    async with computing(own_redis.url) as service:
        await service.say(*market(SystemClock().now()))
        words = ("fact", "set", "MARA.btc_held", "52000", "--ttl", "7d", "--author", "anna")
        said = await service.ask(*words, "--note", "from the call", "-o", "json")
        await service.settled()
        found = (await service.ask("explain", "MARA.btc_treasury_usd", "-o", "json")).json
        assert found["value"] == found["live_value"] == found["recomputed"] == 52_000 * 105_000
        coins = next(item for item in found["inputs"] if item["name"] == "btc_held")
        assert coins["source"] == "manual-anna"
        assert coins["override"] == {
            "author": "anna",
            "since": said.json["since"],
            "until": said.json["until"],
            "note": "from the call",
        }
        for command in (
            ("explain", "MARA.btc_treasury_usd"),
            ("compare", "btc_treasury_usd"),
            ("history", "MARA.btc_held"),
            ("whatif", "MARA", "--btc", "-20%"),
            ("stress", "MARA"),
        ):
            assert "OVERRIDE" in (await service.ask(*command)).out


async def test_a_figure_that_a_program_sends_is_marked_too(own_redis: TestRedis) -> None:
    """Whatever stands in for a book says who says so; it is not for `fact unset` to end."""
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        await service.say(
            *market(now), quote("RIOT.power_price_usd_kwh", "0.081", now, source="my-desk")
        )
        explained = (await service.ask("explain", "RIOT.margin", "-o", "json")).json
        price = next(i for i in explained["inputs"] if i["name"] == "power_price_usd_kwh")
        assert (price["value"], price["override"]["author"]) == (0.081, "my-desk")
        said = await service.ask("fact", "unset", "RIOT.power_price_usd_kwh")
        assert said.code == 2
