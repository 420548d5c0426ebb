"""Silences, acknowledgements and maintenance from the command line, on a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.core.clock import SystemClock, iso, parse_iso
from monitor.store.client import connected
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import HOUR, Computing, computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = """\
rules:
  - {id: x-high, type: threshold, on: X, above: 10, recover: 5}
  - {id: x-huge, type: threshold, on: X, above: 1000, severity: critical}
"""
WHY = ("--reason", "works on it", "--author", "anna")


class Desk:
    """A service with two rules, and how to speak to it."""

    def __init__(self, service: Computing, book: Path) -> None:
        self.service = service
        self.book = book

    async def price(self, value: float) -> None:
        """Tell X."""
        await self.service.say(quote("X", value, SystemClock().now(), fresh_ms=HOUR))

    async def ask(self, *words: str) -> object:
        """Return what a command answers."""
        said = await self.service.ask(*words, "-o", "json")
        assert said.code == 0, said.err
        return said.json

    async def alert(self) -> dict[str, object]:
        """Return where x-high stands."""
        rows = (await self.service.ask("alert", "list", "--rules", self.book, "-o", "json")).json
        return next(dict(row) for row in rows if row["rule"] == "x-high")


@asynccontextmanager
async def desk(redis: TestRedis, folder: Path) -> AsyncIterator[Desk]:
    """Compute with the two rules."""
    book = folder / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    async with computing(redis.url, rules=book) as service:
        yield Desk(service, book)


async def test_a_silence_from_its_dry_run_to_its_end(own_redis: TestRedis, tmp_path: Path) -> None:
    """Nothing changes in a dry run; the list says who, why, until when, how many; the end tells."""
    add = ("silence", "add", "target=X", "--for", "2h", *WHY)
    async with desk(own_redis, tmp_path) as room:
        await room.price(11)
        plan = await room.ask(*add, "--dry-run")
        assert isinstance(plan, dict)
        assert (plan["matches"], plan["firing"]) == (["x-high|X", "x-huge|X"], 1)
        assert await room.ask("silence", "list") == []
        made = await room.ask(*add)
        assert isinstance(made, dict)
        rows = await room.ask("silence", "list")
        assert isinstance(rows, list)
        (row,) = rows
        assert (row["id"], row["match"], row["author"]) == (made["made"], "target=X", "anna")
        assert (row["reason"], row["hides"]) == ("works on it", 1)
        assert parse_iso(row["until"]) - parse_iso(row["since"]) <= 2 * HOUR
        await room.price(1)
        await room.price(12)
        assert (await room.alert())["muted_by"] == f"silence:{row['id']}"
        await room.ask("silence", "end", row["id"])
        history = await room.ask("alert", "history", "x-high", "X")
        assert isinstance(history, list)
        assert await room.ask("history", "alert", "x-high") == history  # as row D19 writes it
        assert [(it["event"], it["notice"], it["muted_by"]) for it in history] == [
            ("firing", "new", None),
            ("resolved", "resolved", f"silence:{row['id']}"),
            ("firing", "new", f"silence:{row['id']}"),
            ("firing", "silence_expired", None),
        ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("target=X",), "it needs an end"),
        (("target=X", "--for", "2h", "--until", "2030-01-01"), "one only"),
        (("target=X", "--for", "soon"), "no duration"),
        (("target=X", "--until", "2020-01-01"), "would end"),
        (("colour=red", "--for", "2h"), "no field of an alert"),
        (("target", "--for", "2h"), "no matcher"),
        (("target=X", "target=Y", "--for", "2h"), "named twice"),
    ],
)
async def test_a_silence_that_cannot_be_meant(
    own_redis: TestRedis, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Without an end in sight, or with words that are no matchers, it is refused (row E20)."""
    async with desk(own_redis, tmp_path) as room:
        answer = await room.service.ask("silence", "add", *words, *WHY)
        assert answer.code == 2
        assert said in answer.err


async def test_an_alert_that_there_is_not_has_no_history(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """A misspelt one is refused with the nearest; one of which nothing has become says so."""
    async with desk(own_redis, tmp_path) as room:
        assert await room.ask("alert", "history", "x-hihg") == []  # its rulebook is not known yet
        await room.service.show()
        for words, said in (
            (("x-hihg",), "did you mean `x-high`?"),
            (("x-high", "Y"), "no rule `x-high` for `Y`"),
        ):
            answer = await room.service.ask("alert", "history", *words)
            assert answer.code == 2
            assert said in answer.err
        assert await room.ask("alert", "history", "x-high") == []
        assert await room.ask("alert", "history", "feed-dead") == []
        answer = await room.service.ask(
            "explain", "alert", "x-high", "X", "--at", "2020-01-01T00:00Z"
        )
        assert "value      not recorded" in answer.out
        assert "Nothing had become of it" in answer.out


async def test_an_alert_is_put_off_for_a_while_or_to_a_moment(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """`--until` takes both, and what is neither is refused with the mend."""
    ack = ("alert", "ack", "x-high", "X", "--by", "anna")
    async with desk(own_redis, tmp_path) as room:
        await room.price(11)
        later = iso(SystemClock().now() + HOUR)
        for until in ("30m", later):
            assert await room.ask(*ack, "--until", until, "--dry-run")
        wrong = await room.service.ask(*ack, "--until", "tea")
        assert wrong.code == 2
        assert "neither `resolved` nor a duration nor a moment" in wrong.err


async def test_a_rule_that_fails_is_not_said_to_fire(own_redis: TestRedis, tmp_path: Path) -> None:
    """It divides by 0: it stands in error, and neither fires nor has been told (row E42)."""
    book = tmp_path / "failing.yaml"
    when = "{id: bad, type: expression, on: X, inputs: {z: Z}, when: value / z > 1.0}"
    book.write_text(f"rules: [{when}]\n", encoding="utf-8")
    async with computing(own_redis.url, rules=book) as service:
        for name, value in (("X", 1), ("Z", 0)):
            await service.say(quote(name, value, SystemClock().now(), fresh_ms=HOUR))
        words = ("explain", "alert", "bad", "X", "--rules", book, "-o", "json")
        data = (await service.ask(*words)).json
        assert (data["state"], data["told"]) == ("error", False)
        assert data["answer"].startswith("It cannot be evaluated by the values of now")
        tagged = await service.ask("alert", "tag", "bad", "X", "noise", "--id", "deadbeef")
        assert (tagged.code, "with the id deadbeef" in tagged.err) == (2, True)


async def test_what_no_broker_has_taken_yet_is_not_called_sent(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """It waits in the outbox, where nobody delivers; once it has left that, it was sent."""
    async with desk(own_redis, tmp_path) as room:
        await room.price(11)
        words = ("alert", "history", "x-high")
        (row,) = (await room.service.ask(*words, "-o", "json")).json
        assert (row["told"], row["queued"]) == (True, True)
        assert "queued: new" in (await room.service.ask(*words)).out
        async with connected(own_redis.url) as client:
            await client.delete(Keys().outbox)
        assert "sent: new" in (await room.service.ask(*words)).out
        later = iso(SystemClock().now() + HOUR)
        future = await room.service.ask("explain", "alert", "x-high", "X", "--at", later)
        assert (future.code, "is to come" in future.err) == (2, True)


async def test_an_alert_is_taken_on_and_given_back(own_redis: TestRedis, tmp_path: Path) -> None:
    """The state shows it; the trail shows who and when; what does not fire cannot be taken on."""
    async with desk(own_redis, tmp_path) as room:
        refused = await room.service.ask("alert", "ack", "x-high", "X", "--by", "anna")
        assert (refused.code, "does not fire" in refused.err) == (2, True)
        await room.price(11)
        await room.ask("alert", "ack", "x-high", "X", "--by", "anna", "--note", "on it")
        alert = await room.alert()
        assert (alert["state"], alert["acked_by"], alert["muted_by"]) == ("acked", "anna", "ack")
        await room.ask("alert", "unack", "x-high", "X", "--by", "bob")
        assert (await room.alert())["state"] == "firing"
        history = await room.ask("alert", "history", "x-high")
        assert isinstance(history, list)
        assert [(it["event"], it["told"], it["acked_by"]) for it in history] == [
            ("firing", True, None),
            ("acked", False, "anna"),
            ("given back", True, None),
        ]


async def test_why_it_rang_and_why_it_did_not(own_redis: TestRedis, tmp_path: Path) -> None:
    """The first false condition or mute, now and at a moment of the past (rows D19, J02)."""
    async with desk(own_redis, tmp_path) as room:
        explain = ("explain", "alert", "x-high", "X", "--rules", str(room.book))
        await room.price(7)
        calm = await room.ask(*explain)
        assert isinstance(calm, dict)
        assert (calm["state"], calm["value"]) == ("inactive", 7.0)
        assert "X above 10 is not true of 7" in calm["answer"]
        made = await room.ask("silence", "add", "rule=x-high", "--for", "1h", *WHY)
        assert isinstance(made, dict)
        await room.price(11)
        quiet = await room.ask(*explain)
        assert isinstance(quiet, dict)
        assert (quiet["state"], quiet["told"]) == ("firing", False)
        assert quiet["muted_by"] == f"silence:{made['made']}"
        then = await room.ask(*explain, "--at", iso(SystemClock().now()))
        assert isinstance(then, dict)
        assert f"muted by silence:{made['made']}" in then["answer"]
        before = await room.ask(*explain, "--at", "2020-01-01T00:00Z")
        assert isinstance(before, dict)
        assert before["state"] == "inactive"
        unknown = await room.service.ask("explain", "alert", "x-hihg", "X", "--rules", room.book)
        assert (unknown.code, "x-high" in unknown.err) == (2, True)


async def test_maintenance_of_a_feed_leaves_its_values_out(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """While it is on, what that feed says counts for nothing; its ends are told (row E27)."""
    async with desk(own_redis, tmp_path) as room:
        made = await room.ask("maintenance", "add", "kraken", "--for", "1h", *WHY)
        assert isinstance(made, dict)
        rows = await room.ask("maintenance", "list")
        assert isinstance(rows, list)
        assert [(row["what"], row["on"], row["id"]) for row in rows] == [
            ("kraken", True, made["made"])
        ]
        now = SystemClock().now()
        await room.service.say(quote("X", 11, now, fresh_ms=HOUR, source="kraken"))
        assert (await room.alert())["state"] == "no_data"
        await room.ask("maintenance", "end", str(made["made"]))
        await room.service.say(quote("X", 11, now + 1, fresh_ms=HOUR, source="kraken"))
        assert (await room.alert())["state"] == "firing"
        told = await room.ask("alert", "history", "maintenance")
        assert isinstance(told, list)
        assert [(it["reason"], it["told"]) for it in told] == [
            ("commanded", False),
            ("begun", True),
            ("ended", True),
        ]
        wrong = await room.service.ask("maintenance", "add", "krakn", "--for", "1h", *WHY)
        assert (wrong.code, "kraken" in wrong.err) == (2, True)


async def test_a_command_to_nobody_says_so(own_redis: TestRedis) -> None:
    """It lies in the stream; the asker is told that nobody computes there."""
    said = hashhedge(
        *("silence", "add", "target=X", "--for", "2h", *WHY, "--redis-url", own_redis.url)
    )
    assert said.code == 1
    assert "nobody computes there" in said.err
    assert "to fix: start `hashhedge run`" in said.err


async def test_a_drill_says_whether_its_alert_fires(own_redis: TestRedis, tmp_path: Path) -> None:
    """In words and for programs; one alert is not `1 alerts`."""
    async with desk(own_redis, tmp_path) as room:
        await room.price(11)
        answers = [await room.ask("alert", "drill", "--rule", it) for it in ("x-high", "x-huge")]
        assert [dict(it)["firing"] for it in answers if isinstance(it, dict)] == [1, 0]
        high = await room.service.ask("alert", "drill", "--rule", "x-high", "--dry-run")
        huge = await room.service.ask("alert", "drill", "--rule", "x-huge", "--dry-run")
        both = await room.service.ask("silence", "add", "target=X", "--for", "2h", *WHY)
        assert "1 alert matches, and fires:" in high.out
        assert "1 alert matches, and does not fire:" in huge.out
        assert "2 alerts match, 1 of them fires:" in both.out
