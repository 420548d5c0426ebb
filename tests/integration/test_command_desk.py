"""Commands on a real Redis: an id is done once, and its first answer is the one that counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.core.clock import SystemClock
from monitor.core.errors import StoreUnavailable
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import AckAlert, Command, DrillAlert, ReloadBooks, Reply
from monitor.store.client import connected
from monitor.store.commands import CommandDesk, Forbidden, IdTakenError
from monitor.store.keys import Keys
from tests.servers import TestRedis
from tests.services import HOUR, Computing, computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

KEYS = Keys()
RULES = "rules:\n  - {id: x-high, type: threshold, on: X, above: 10}\n"
ACK = AckAlert(rule="x-high", key="X", note="mine")


@pytest.fixture
async def service(own_redis: TestRedis, tmp_path: Path) -> AsyncIterator[Computing]:
    """Compute one rule, which fires."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    async with computing(own_redis.url, rules=book) as found:
        await found.say(quote("X", 11, SystemClock().now(), fresh_ms=HOUR))
        yield found


@pytest.fixture
async def client(own_redis: TestRedis) -> AsyncIterator[Redis]:
    """Give a client."""
    async with connected(own_redis.url) as found:
        yield found


async def test_what_is_asked_twice_is_done_once(service: Computing, client: Redis) -> None:
    """The second asker, after a crash say, gets the first answer; the trail has one change."""
    desk, command = CommandDesk(client, KEYS), Command(id="anna:1", by="anna", action=ACK)
    first = await desk.ask(command)
    assert (first.accepted, first.by, first.verb) == (True, "anna", "alert.ack")
    for number in range(3):
        await desk.ask(Command(id=f"anna:other-{number}", by="anna", action=DrillAlert(rule="no")))
    length = await client.xlen(KEYS.ticks)
    assert await CommandDesk(client, KEYS).ask(command) == first
    assert await client.xlen(KEYS.ticks) == length
    history = (await service.ask("alert", "history", "x-high", "-o", "json")).json
    assert [row["event"] for row in history] == ["firing", "acked"]


async def test_an_id_that_says_something_else_is_refused(service: Computing, client: Redis) -> None:
    """Nothing comes into the stream; equal words with another moment behind them are the same."""
    del service
    desk = CommandDesk(client, KEYS)
    soon = SystemClock().now() + HOUR
    before = AckAlert(rule="x-high", key="X", until=soon)
    after = AckAlert(rule="x-high", key="X", until=soon + 1)
    first = await desk.enter(Command(id="i", by="anna", action=before), said=b"for an hour")
    again = await desk.enter(Command(id="i", by="anna", action=after), said=b"for an hour")
    assert (first.is_new, again.is_new, again.after) == (True, False, first.after)
    length = await client.xlen(KEYS.ticks)
    with pytest.raises(IdTakenError, match="choose a new one"):
        await desk.enter(Command(id="i", by="anna", action=ACK), said=b"for a day")
    assert await client.xlen(KEYS.ticks) == length


async def test_a_reload_that_a_crash_forgot_is_asked_once_more(client: Redis) -> None:
    """No commit answers it, so it comes again until it has an answer, and then no more."""
    desk, command = CommandDesk(client, KEYS), Command(id="r", by="anna", action=ReloadBooks())
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="nobody computes"):
            await desk.ask(command, within_s=0.01)
    assert await client.xlen(KEYS.ticks) == 2
    answer = Reply(id="r", at=1, accepted=True, text="read", by="anna", verb="rules.reload")
    await desk.answer(answer)
    assert await desk.ask(command) == answer
    assert await client.xlen(KEYS.ticks) == 2


async def test_the_trail_has_what_was_done_and_what_was_refused(
    service: Computing, client: Redis
) -> None:
    """In order of time, with who and why; what the desk refused is there as well (row I08)."""
    del service
    desk, now = CommandDesk(client, KEYS), SystemClock().now()
    forged = Forbidden(
        at=now - HOUR,
        road="mqtt",
        user="mallory",
        known=False,
        outcome="unknown_user",
        text="not signed by a user that is known here",
    )
    await desk.forbid(forged)
    done = await desk.ask(Command(id="1", by="anna", action=ACK))
    refused = await desk.ask(Command(id="2", by="bob", action=AckAlert(rule="no", key="X")))
    assert await desk.trail(10) == [forged, done, refused]
    assert (refused.accepted, refused.by) == (False, "bob")
    assert await desk.trail(1) == [refused]


@pytest.mark.parametrize("moment", [-(10**30), -1, 10**30])
def test_a_moment_that_is_no_date_is_refused(moment: int) -> None:
    """It would stop the step where it is written as a date."""
    wish = AckAlert(rule="x-high", key="X", until=moment)
    assert "no moment" in command_fault(Command(id="1", by="anna", action=wish))
