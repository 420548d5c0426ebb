"""`hashhedge rules near` on what a running service committed last (row J15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.clock import SystemClock
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import computing, market

pytestmark = pytest.mark.integration

RULES = """\
rules:
  - {id: far, type: threshold, on: BTC-USD, below: 50000}
  - {id: near, type: threshold, on: BTC-USD, below: 100000}
  - {id: thin, type: threshold, on: mining_margin_ratio, companies: [RIOT], below: 0.25}
  - {id: coins, type: threshold, on: btc_treasury_usd, companies: [RIOT], below: 1}
"""


async def test_sorted_with_percent_and_the_unknown_last(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """BTC is 5 % above its level; a treasury of old coins cannot be judged and says so."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    async with computing(own_redis.url, rules=book) as service:
        await service.say(*market(SystemClock().now()))
        rows = (await service.ask("rules", "near", "--rules", book, "-o", "json")).json
        few = (await service.ask("rules", "near", "--rules", book, "--limit", "1")).out
    assert [row["rule"] for row in rows] == ["near", "far", "thin", "coins"]
    assert rows[0]["distance_percent"] == pytest.approx(5)
    assert rows[0]["value"] == 105_000
    assert (rows[3]["distance"], rows[3]["reason"]) == (None, "stale")
    assert "5.00 %" in few
    assert "far" not in few
    assert "3 more, 1 of which cannot be judged" in few


async def test_what_is_shown_is_what_the_service_works_by(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Without --rules it is the service's own book; another one is taken, and that is said."""
    book, other = tmp_path / "rules.yaml", tmp_path / "other.yaml"
    book.write_text(RULES)
    other.write_text(RULES.replace("100000", "90000"))
    books = tmp_path / "books"
    books.mkdir()
    (books / "RIOT.yaml").write_text("ticker: RIOT\nomit: true\n")
    async with computing(own_redis.url, rules=book) as service:
        await service.say(*market(SystemClock().now()))
        await service.show()
        book.unlink()
        near = await service.ask("rules", "near", "-o", "json")
        alerts = await service.ask("alert", "list", "-o", "json")
        stranger = await service.ask("alert", "list", "--rules", other, "-o", "json")
        few = await service.ask("rules", "near", "--companies", books, "-o", "json")
    assert [row["rule"] for row in near.json] == ["near", "far", "thin", "coins"]
    assert [row["rule"] for row in alerts.json] == ["far", "near", "thin", "coins"]
    assert "another rulebook" not in near.err + alerts.err
    assert "in no book here" not in near.err + alerts.err
    assert "companies that are in no book here: RIOT;" in " ".join(few.err.split())
    assert f"the service works by another rulebook: {book}, version" in stranger.err
    assert len(stranger.json) == 4


def test_without_a_service_it_says_where_to_look(tmp_path: Path) -> None:
    """Distances are of values, and only a running service has them."""
    said = hashhedge("rules", "near", cwd=tmp_path)
    assert said.code == 2
    assert "no running service" in said.err
