"""What people thought of alerts, and the precision of each rule (row J16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.cli.alert_tags import precision
from monitor.core.clock import SystemClock
from tests.servers import TestRedis
from tests.services import computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = "rules: [{id: low, type: threshold, on: BTC-USD, below: 100000}]\n"


async def test_an_alert_is_tagged_and_counted(own_redis: TestRedis, tmp_path: Path) -> None:
    """The last alert is tagged, the last word counts, and what never rang is refused."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    async with computing(own_redis.url, rules=book) as service:
        for price in (101_000, 99_500):
            await service.say(quote("BTC-USD", price, SystemClock().now(), fresh_ms=3_600_000))
        refused = await service.ask("alert", "tag", "lwo", "BTC-USD", "useful")
        assert (refused.code, "nobody was told" in refused.err) == (2, True)
        planned = await service.ask("alert", "tag", "low", "BTC-USD", "useful", "--dry-run")
        assert "would be: useful" in planned.out
        (row,) = (await service.ask("alert", "report", "-o", "json")).json
        assert row["useful"] == 0
        for word in ("useful", "noise"):
            assert (await service.ask("alert", "tag", "low", "BTC-USD", word)).code == 0
        (row,) = (await service.ask("alert", "report", "-o", "json")).json
    assert row == {"rule": "low", "told": 1, "useful": 0, "noise": 1, "precision": 0}


def test_ten_tags_give_the_precision_of_each_rule() -> None:
    """Three of four, and one of six; a rule that nobody tagged has none and comes last."""
    told = [("good", f"g{it}") for it in range(5)] + [("bad", f"b{it}") for it in range(6)]
    tags = {f"g{it}": "useful" if it else "noise" for it in range(4)}
    tags |= {f"b{it}": "noise" if it else "useful" for it in range(6)}
    rows = precision([*told, ("quiet", "q0")], tags)
    assert [(row["rule"], row["told"]) for row in rows] == [("bad", 6), ("good", 5), ("quiet", 1)]
    assert [row["precision"] for row in rows] == [pytest.approx(1 / 6), 0.75, None]
