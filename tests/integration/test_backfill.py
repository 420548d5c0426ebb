"""`hashhedge backfill`: the past of a file in a running service's numbers, and no ghosts (row K12)."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from alerts.codec import decode_transition
from monitor.core.clock import DAY, HOUR, Millis, SystemClock, iso
from monitor.store.keys import Keys
from monitor.store.transitions import committed_transitions
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import computing, market

pytestmark = pytest.mark.integration

RULES = "rules:\n  - {id: cheap, type: threshold, on: BTC-USD, below: 80000, recover: 82000}\n"


def recorded(path: Path, prices: list[tuple[Millis, float]]) -> Path:
    """Write what another instance recorded meanwhile."""
    header = "at_ms,instrument,source,value,observed_at_ms,received_at_ms,fresh_ms,bid,ask"
    rows = [f"{at},BTC-USD,kraken,{usd},{at},,,,,,false" for at, usd in prices]
    path.write_text("\n".join([f"{header},volume,local_time", *rows, ""]))
    return path


def daily(folder: Path, now: Millis) -> Path:
    """Write 400 days of invented closes and network figures up to today."""
    folder.mkdir()
    dates = [iso(now - n * DAY)[:10] for n in range(400, 0, -1)]
    prices = [f"{day},{100_000 + 500 * (n % 7)},made-up" for n, day in enumerate(dates)]
    (folder / "btc.csv").write_text("\n".join(["date,close,source", *prices, ""]))
    difficulty = 1.5e14
    hashrate = 144 / 144 * difficulty * 2**32 / 600 / 1e12
    network = [f"{day},{difficulty},{hashrate!r}" for day in dates]
    (folder / "network.csv").write_text("\n".join(["date,difficulty,hashrate_ths", *network, ""]))
    stocks = [f"RIOT,{day},{10 + (n % 7) / 10}" for n, day in enumerate(dates)]
    (folder / "stocks.csv").write_text("\n".join(["ticker,date,close", *stocks, ""]))
    return folder


async def test_a_crossing_during_an_outage_is_noted_and_pushed_to_nobody(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """History yes, push no, note "late": once, however often the file is told."""
    now = SystemClock().now()
    (tmp_path / "rules.yaml").write_text(RULES)
    gap = [(now - 3 * HOUR, 85_000.0), (now - 2 * HOUR, 79_000.0), (now - HOUR, 85_500.0)]
    file = recorded(tmp_path / "gap.csv", gap)
    async with computing(own_redis.url, rules=tmp_path / "rules.yaml") as service:
        await service.say(*market(now))
        said = await service.ask("backfill", file, "-o", "json")
        assert said.code == 0, said.err
        assert said.json["quotes"] == 3
        (late,) = said.json["late"]
        assert (late["rule"], late["since"], late["note"]) == ("cheap", iso(now - 2 * HOUR), "late")
        await service.show()
        client = Redis.from_url(own_redis.url)
        notes = [decode_transition(body) async for body in committed_transitions(client, Keys())]
        assert [(note.rule, note.reason, note.notifies) for note in notes] == [
            ("cheap", "late", False)
        ]
        state = await client.hgetall(Keys().state)
        again = await service.ask("backfill", file, "-o", "json")
        assert again.json["late"] == []
        assert await client.xlen(Keys().transitions) == 1
        moved = {b"cursor", b"entries_read", b"now"}
        after = await client.hgetall(Keys().state)
        kept = [{name: it[name] for name in it if name not in moved} for it in (state, after)]
        assert kept[0] == kept[1]
        await client.aclose()


async def test_a_fresh_start_knows_its_betas_and_its_puell_ratio(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """400 days of closes and network figures: the numbers of the past are there at once."""
    now = SystemClock().now()
    folder = daily(tmp_path / "past", now)
    async with computing(own_redis.url) as service:
        await service.say(*market(now))
        said = await service.ask("backfill", folder)
        assert said.code == 0, said.err
        assert "network.issuance_btc_day" in said.out
        assert "no rule crossed" in said.out
        await service.show()
        card = (await service.ask("explain", "RIOT.btc_beta_ratio", "-o", "json")).json
        assert card["value"] is not None
        puell = (await service.ask("explain", "RIOT.puell_ratio", "-o", "json")).json
        assert puell["value"] == pytest.approx(1.0, abs=0.05)


def test_without_a_service_it_says_so(own_redis: TestRedis, tmp_path: Path) -> None:
    """Nobody computes: exit 2 with the mend; a dry run needs none."""
    file = recorded(tmp_path / "gap.csv", [(SystemClock().now() - HOUR, 85_000.0)])
    said = hashhedge("backfill", file, "--redis-url", own_redis.url)
    assert said.code == 2
    assert "no service computes" in said.err
    dry = hashhedge("backfill", file, "--dry-run", "-o", "json")
    assert (dry.json["quotes"], dry.json["told"]) == (1, False)
