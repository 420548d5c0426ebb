"""Rules in error and the key of an alert, as a running service has them (rows E42, E28)."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.clock import SystemClock
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = """\
rules:
  - {id: fine, type: threshold, on: BTC-USD, below: 100000}
  - id: broken
    type: expression
    on: BTC-USD
    inputs: {gpu: {on: gpu.h100_usd_hour}}
    when: value / gpu > 10
"""


async def test_a_rule_that_divides_by_nothing_is_listed(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """It stands in error with the reason; when its value is there the list is empty."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    words = ("rules", "list", "--bad", "--rules", book)
    async with computing(own_redis.url, rules=book) as service:
        now = SystemClock().now()
        await service.say(quote("BTC-USD", 105_000, now, fresh_ms=3_600_000))
        (row,) = (await service.ask(*words, "-o", "json")).json
        assert (row["rule"], row["subject"], row["state"]) == ("broken", "BTC-USD", "error")
        assert '"gpu"' in row["reason"] or "`gpu`" in row["reason"]
        assert row["since"] is not None
        assert "broken" in (await service.ask(*words)).out
        later = SystemClock().now()
        await service.say(quote("gpu.h100_usd_hour", 2, later, fresh_ms=3_600_000))
        assert "every rule could be evaluated" in (await service.ask(*words)).out


async def test_two_fires_of_one_key_are_counted(own_redis: TestRedis, tmp_path: Path) -> None:
    """The key is printed, with what is in it; two fires with it show a count of 2."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    words = ("rules", "explain", "fine", "--labels", "instrument=BTC-USD", "--rules", book)
    async with computing(own_redis.url, rules=book) as service:
        for price in (101_000, 99_500, 101_000, 99_000):
            await service.say(quote("BTC-USD", price, SystemClock().now(), fresh_ms=3_600_000))
        (row,) = (await service.ask(*words, "-o", "json")).json
    assert (row["dedup_key"], row["count"]) == ("fine|BTC-USD", 2)
    assert row["labels"] == {"instrument": "BTC-USD"}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("margin-thn",), "no rule `margin-thn`"),
        (("margin-thin", "--labels", "host=a"), "no part of the identity"),
        (("margin-thin", "--labels", "company=RIT"), "did you mean `RIOT`?"),
        (("margin-thin", "--labels", "RIOT"), "is no label"),
    ],
)
def test_a_label_is_never_ignored(words: tuple[str, ...], part: str, tmp_path: Path) -> None:
    """What is not in the key is refused, and not left out in silence."""
    book = Path(__file__).resolve().parents[2] / "docs/samples/rules/pace.yaml"
    said = hashhedge("rules", "explain", *words, "--rules", book, cwd=tmp_path)
    assert said.code == 2
    assert part in said.err
