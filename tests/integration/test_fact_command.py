"""`hashhedge fact`: a figure given by hand reaches every output with its mark, and ends (row A27)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from redis import Redis

from monitor.core.clock import DAY, SystemClock, parse_iso
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import HOUR, computing, market

pytestmark = pytest.mark.integration

SET = ("fact", "set", "MARA.btc_held", "52000", "--ttl", "7d", "--author", "anna")


async def test_it_stands_in_for_the_book_until_it_is_taken_back(own_redis: TestRedis) -> None:
    """MARA at 52,000 BTC for seven days: listed and on the card with author and end; then gone."""
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        await service.say(*market(now))
        said = await service.ask(*SET, "--note", "from the call", "-o", "json")
        assert said.code == 0, said.err
        assert 0 <= parse_iso(said.json["until"]) - (now + 7 * DAY) < HOUR
        await service.settled()
        (row,) = (await service.ask("fact", "list", "-o", "json")).json
        assert (row["company"], row["fact"], row["value"]) == ("MARA", "btc_held", 52_000)
        assert (row["author"], row["note"], row["counts"]) == ("anna", "from the call", True)
        assert row["until"] == said.json["until"]
        assert row["book"]["value"] != 52_000
        card = (await service.ask("company", "show", "MARA", "-o", "json")).json
        assert card["figures"]["btc_held"][0]["source"] == "manual-anna"
        assert "override: btc_held by anna" in str(card["treasury"])
        ended = await service.ask("fact", "unset", "MARA.btc_held", "-o", "json")
        assert ended.code == 0, ended.err
        await service.settled()
        assert (await service.ask("fact", "list", "-o", "json")).json == []
        card = (await service.ask("company", "show", "MARA", "-o", "json")).json
        assert "override" not in str(card["treasury"])


async def test_a_dry_run_prints_the_plan_and_changes_nothing(own_redis: TestRedis) -> None:
    """Of setting and of taking back (row J07)."""
    async with computing(own_redis.url) as service:
        planned = await service.ask(*SET, "--dry-run")
        assert "MARA.btc_held = 52,000 BTC by anna" in planned.out
        assert planned.out.endswith("dry run: nothing was changed\n")
        assert (await service.ask("fact", "list", "-o", "json")).json == []
        assert (await service.ask(*SET)).code == 0
        await service.settled()
        before = (await service.ask("fact", "list", "-o", "json")).json
        planned = await service.ask("fact", "unset", "MARA.btc_held", "--dry-run")
        assert planned.out.startswith("would end: MARA btc_held by anna\n")
        await service.settled()
        assert (await service.ask("fact", "list", "-o", "json")).json == before != []


async def test_only_the_named_authors_word_is_taken_back(own_redis: TestRedis) -> None:
    """Of two authors the newer counts; taking his word back brings the older, and then the book."""
    async with computing(own_redis.url) as service:
        assert (await service.ask(*SET)).code == 0
        other = ("fact", "set", "MARA.coins", "53000", "--ttl", "1d", "--author", "bob")
        assert (await service.ask(*other)).code == 0
        await service.settled()
        rows = (await service.ask("fact", "list", "-o", "json")).json
        assert [(row["author"], row["counts"]) for row in rows] == [("bob", True), ("anna", False)]
        said = await service.ask("fact", "unset", "MARA.btc_held", "--author", "bob")
        assert said.code == 0
        await service.settled()
        rows = (await service.ask("fact", "list", "-o", "json")).json
        assert [(row["author"], row["counts"]) for row in rows] == [("anna", True)]
        nobody = await service.ask("fact", "unset", "MARA.btc_held", "--author", "bob")
        assert nobody.code == 2
        assert "MARA.btc_held" in nobody.err


async def test_a_shorter_one_of_the_same_author_lies_over_the_longer(own_redis: TestRedis) -> None:
    """Both stand, the newer counts; taking back what anna said takes back both."""
    async with computing(own_redis.url) as service:
        assert (await service.ask(*SET)).code == 0
        await service.settled()
        hour = ("fact", "set", "MARA.btc_held", "3000", "--ttl", "1h", "--author", "anna")
        assert (await service.ask(*hour)).code == 2
        assert (await service.ask(*hour, "--force")).code == 0
        await service.settled()
        rows = (await service.ask("fact", "list", "-o", "json")).json
        assert [(row["value"], row["author"], row["counts"]) for row in rows] == [
            (3_000, "anna", True),
            (52_000, "anna", False),
        ]
        said = await service.ask("fact", "unset", "MARA.btc_held", "--author", "anna")
        assert said.code == 0
        await service.settled()
        assert (await service.ask("fact", "list", "-o", "json")).json == []


def test_a_unit_is_converted_and_csv_is_a_row(own_redis: TestRedis) -> None:
    """4.2 c/kWh is 0.042 USD/kWh, as in a book; the CSV answer is one record with its end."""
    words = ("fact", "set", "RIOT.power_price_usd_kwh", "4.2", "--unit", "c/kWh", "--ttl", "1h")
    said = hashhedge(*words, "-o", "csv", "--redis-url", own_redis.url)
    assert said.code == 0, said.err
    (row,) = csv.DictReader(io.StringIO(said.out))
    assert (row["value"], row["unit"]) == ("0.042", "USD/kWh")
    assert row["until"]


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("MARA.btc_held", "5", "--unit", "MW", "--ttl", "7d"), "BTC or sat"),
        (("MARA.btc_held", "50000", "--ttl", "7x"), "no duration"),
        (("MARA.btc_held", "50000", "--ttl", "7d", "--author", "|"), "author"),
        (("MARA.btc_held", "50000", "--ttl", "7d", "--note", "x" * 501), "at most 500"),
        (("MARA.hashrate_installed_eh_s", "5", "--ttl", "7d"), "hashrate_eh_s"),
        (("MARA.btc_held", "520000", "--ttl", "7d"), "--force if it is meant"),
        (("CRWV.hashrate_eh_s", "5", "--ttl", "7d"), "not applicable"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: tuple[str, ...], mend: str, own_redis: TestRedis
) -> None:
    """A wrong unit, time, name or length: exit 2, the mend, and nothing is sent."""
    said = hashhedge("fact", "set", *words, "--redis-url", own_redis.url)
    assert said.code == 2
    assert mend in said.err
    with Redis.from_url(own_redis.url) as client:
        assert not client.exists(Keys().ticks)


def test_without_a_service_it_says_where_to_look(tmp_path: Path) -> None:
    """There is nothing to set a figure in: exit 2, not a silent success."""
    said = hashhedge(*SET, cwd=tmp_path)
    assert said.code == 2
    assert "no running service" in said.err
