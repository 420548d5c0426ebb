"""What people thought of alerts, and the precision of each rule (row J16)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.reasons import NoticeReason
from monitor.cli.alert_tags import Fire, precision, told_fires
from monitor.core.clock import SystemClock
from monitor.tuning.episodes import Episodes
from tests.command import Said
from tests.servers import TestRedis
from tests.services import computing
from tests.transitions import resolved, transition
from tests.waiting import wait_for
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = "rules: [{id: low, type: threshold, on: BTC-USD, below: 100000}]\n"
GROUPED = """\
groups: [{name: g, by: [], wait: 1s}]
rules:
  - {id: low, type: threshold, on: BTC-USD, below: 100000, notify: {group: g}}
  - {id: lower, type: threshold, on: BTC-USD, below: 99900, notify: {group: g}}
"""


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


async def test_what_a_digest_names_is_tagged_and_counted(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Of two fires that waited in a group the digest is the only word, and each is one that was told."""
    book = tmp_path / "rules.yaml"
    book.write_text(GROUPED)
    async with computing(own_redis.url, rules=book) as service:
        for price in (101_000, 99_500):
            await service.say(quote("BTC-USD", price, SystemClock().now(), fresh_ms=3_600_000))

        async def tagged() -> Said | None:
            said = await service.ask("alert", "tag", "low", "BTC-USD", "useful", "-o", "json")
            return None if said.code else said

        said = await wait_for(tagged, "the digest")
        assert said is not None
        history = (await service.ask("alert", "history", "low", "-o", "json")).json
        (fired,) = (it for it in history if it["event"] == "firing")
        assert (said.json["id"], fired["muted_by"]) == (fired["id"], "group:g")
        assert (fired["told_in"], fired["told"], fired["queued"]) == ("digest", False, True)
        asked = ("explain", "alert", "low", "BTC-USD", "--rules", book, "--at", fired["told_in_at"])
        then = (await service.ask(*asked, "-o", "json")).json
        assert (then["told"], then["muted_by"]) == (True, "group:g")
        assert "muted by group:g, queued in the digest of" in then["answer"]
        rows = (await service.ask("alert", "report", "-o", "json")).json
    assert [(it["rule"], it["told"], it["useful"]) for it in rows] == [
        ("low", 1, 1),
        ("lower", 1, 0),
    ]


def test_a_fire_that_was_told_later_is_tagged_under_either_id() -> None:
    """A pause held the fire and its echo told it; a fire that nobody heard of is none."""
    fired = transition(id="f", notice=NoticeReason.NEW, muted_by="cooldown")
    end = resolved(fired, id="e")
    unheard = transition(id="u", key="HIVE", notice=NoticeReason.NEW, muted_by="cooldown")
    told = replace(fired, id="t", muted_by="", echo=True, at=fired.at + 1)
    episodes = Episodes()
    for it in (fired, unheard, told, end):
        episodes.take(it)
    (fire,) = told_fires(episodes)
    assert fire == Fire("t", "f", fired.rule, fired.key, told.at)


def test_ten_tags_give_the_precision_of_each_rule() -> None:
    """Three of four, and one of six; a rule that nobody tagged has none and comes last."""
    told = [("good", f"g{it}") for it in range(5)] + [("bad", f"b{it}") for it in range(6)]
    tags = {f"g{it}": "useful" if it else "noise" for it in range(4)}
    tags |= {f"b{it}": "noise" if it else "useful" for it in range(6)}
    rows = precision([*told, ("quiet", "q0")], tags)
    assert [(row["rule"], row["told"]) for row in rows] == [("bad", 6), ("good", 5), ("quiet", 1)]
    assert [row["precision"] for row in rows] == [pytest.approx(1 / 6), 0.75, None]
