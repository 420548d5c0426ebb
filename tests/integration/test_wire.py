"""The bare connection to Redis, against redis-py on the same server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from redis import exceptions
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, ResponseError

from monitor.store.client import RedisClient
from monitor.store.wire import Command, Place, Wire, stream_entries
from tests.servers import TestRedis
from tests.tcp import serving
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

COMMANDS: list[Command] = [
    ("SET", "a", b"\x00\xff"),
    ("GET", "a"),
    ("GET", "none"),
    ("HSET", "h", "f", 1, "g", "2"),
    ("HGETALL", "h"),
    ("XADD", "s", "1-1", "k", "v", "l", "\u20bf"),
    ("XREAD", "COUNT", 10, "STREAMS", "s", "0"),
    ("EVAL", "return {1, 'two', {3}, false}", 0),
    ("TIME",),
]


@pytest.fixture
def wire(any_redis: RedisClient) -> Wire:
    """Give a wire to each kind of Redis."""
    return any_redis.wire("test")


async def test_it_says_what_redis_py_says(any_redis: RedisClient, wire: Wire) -> None:
    """The same commands give the same replies, one by one and all at once."""
    pool: dict[str, Any] = any_redis.connection_pool.connection_kwargs
    async with Redis(host=pool["host"], port=pool["port"], protocol=2) as library:
        library.response_callbacks.clear()
        expected = [await library.execute_command(*it) for it in COMMANDS[:-1]]  # type: ignore[no-untyped-call]
    await any_redis.flushdb()
    *found, time = await wire.ask(*COMMANDS)
    assert found == expected
    assert len(time) == 2
    await any_redis.flushdb()
    assert [(await wire.ask(command))[0] for command in COMMANDS[:-1]] == expected
    await any_redis.delete("a", "h", "s")


async def test_a_refusal_names_itself_and_leaves_the_connection_good(wire: Wire) -> None:
    """One command that Redis refuses fails the question, not the next one."""
    await wire.ask(("SET", "a", "text"))
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await wire.ask(("HGET", "a", "f"), ("GET", "a"))
    assert await wire.ask(("GET", "a"), ("DEL", "a")) == [b"text", 1]


async def test_a_refusal_within_a_transaction_is_one(wire: Wire) -> None:
    """A command that fails when the transaction is done must not look done."""
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await wire.ask(
            ("MULTI",), ("SET", "a", "text"), ("HSET", "a", "f", 1), ("DEL", "a"), ("EXEC",)
        )
    assert await wire.ask(("EXISTS", "a")) == [0]


async def test_many_ask_at_once(wire: Wire) -> None:
    """Each gets its own answer, however many share the wire."""
    answers = await asyncio.gather(*(wire.ask(("ECHO", n), ("ECHO", -n)) for n in range(500)))
    assert answers == [[b"%d" % n, b"%d" % -n] for n in range(500)]


async def test_who_gives_up_takes_no_answer_of_another(wire: Wire) -> None:
    """A cancelled question ends the connection; the next one begins a new one."""
    waiting = asyncio.create_task(wire.ask(("XREAD", "BLOCK", 5_000, "STREAMS", "none", "$")))
    await wire.ask(("ECHO", "there"))
    await asyncio.wait([waiting], timeout=0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await wire.ask(("ECHO", "mine")) == [b"mine"]


async def test_an_answer_may_be_waited_for_until_a_moment(wire: Wire) -> None:
    """In time or not, the answer stays that of its question, and nothing is lost by looking."""
    await wire.ask(("DEL", "later"))
    loop = asyncio.get_running_loop()
    asked = wire.begin(("XREAD", "BLOCK", 10_000, "STREAMS", "later", "$"))
    assert asked is not None
    assert not await asked.by(loop.time() - 1)
    assert not await asked.by(loop.time() + 0.02)
    asked_too = asyncio.create_task(asked.by(loop.time() + 10))
    writer = Wire(wire._place, timeout_s=5)
    await writer.ask(("XADD", "later", "1-1", "k", "v"))
    assert await asked_too
    assert await asked.by(0)
    assert stream_entries((await wire.replies(asked))[0]) == [(b"1-1", {b"k": b"v"})]
    await writer.ask(("DEL", "later"))
    writer.close()


async def test_a_lost_connection_wakes_who_waits_until_a_moment(own_redis: TestRedis) -> None:
    """The error stands in the answer, long before that moment."""
    wire = Wire(Place.of(own_redis.url), timeout_s=5)
    await wire.ask(("PING",))
    asked = wire.begin(("XREAD", "BLOCK", 0, "STREAMS", "none", "$"))
    assert asked is not None
    waiting = asyncio.create_task(asked.by(asyncio.get_running_loop().time() + 60))
    await asyncio.wait([waiting], timeout=0.05)
    own_redis.kill()
    assert await asyncio.wait_for(waiting, 10)
    with pytest.raises(exceptions.ConnectionError):
        await wire.replies(asked)


async def test_a_server_that_goes_fails_who_waits_and_comes_back(own_redis: TestRedis) -> None:
    """Killed in the middle: an error at once, and a new connection when it is there again."""
    wire = Wire(Place.of(own_redis.url), timeout_s=5)
    await wire.ask(("PING",))
    waiting = asyncio.create_task(wire.ask(("XREAD", "BLOCK", 0, "STREAMS", "none", "$")))
    await asyncio.wait([waiting], timeout=0.05)
    own_redis.kill()
    with pytest.raises(exceptions.ConnectionError):
        await waiting
    with pytest.raises(exceptions.ConnectionError, match="Connect call failed"):
        await wire.ask(("PING",))
    own_redis.start()
    assert await wire.ask(("PING",)) == [b"PONG"]
    wire.close()


async def test_silence_has_an_end() -> None:
    """A server that accepts and says nothing is given up in time, again and again."""
    taken: list[asyncio.StreamWriter] = []

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    async with serving(silent) as port:
        wire = Wire(Place("127.0.0.1", port), timeout_s=0.05)
        for _ in range(2):
            with pytest.raises(exceptions.TimeoutError):
                await wire.ask(("PING",))
        await wait_until(lambda: len(taken) == 2, "two connections")


async def test_rubbish_is_no_answer() -> None:
    """What is no RESP ends the connection with an error of Redis's family."""
    ended = asyncio.Event()

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with suppress(OSError):
            await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        ended.set()

    async with serving(babble) as port:
        wire = Wire(Place("127.0.0.1", port), timeout_s=2)
        with pytest.raises(exceptions.ConnectionError):
            await wire.ask(("PING",))
        await ended.wait()


async def test_a_password_is_given_and_never_shown(own_redis: TestRedis) -> None:
    """The right one is let in; the wrong one is an AuthenticationError without it."""
    open_wire = Wire(Place.of(own_redis.url), timeout_s=5)
    await open_wire.ask(("CONFIG", "SET", "requirepass", "corr@ct horse"))
    address = own_redis.url.removeprefix("redis://")
    right = Wire(Place.of(f"redis://:corr%40ct%20horse@{address}"), timeout_s=5)
    assert await right.ask(("PING",)) == [b"PONG"]
    wrong = Place.of(f"redis://:wr0ng@{address}")
    assert "wr0ng" not in repr(wrong)
    with pytest.raises(AuthenticationError) as refused:
        await Wire(wrong, timeout_s=5).ask(("PING",))
    assert "wr0ng" not in str(refused.value)
    await right.ask(("CONFIG", "SET", "requirepass", ""))
    open_wire.close()
    right.close()


def test_entries_of_a_stream() -> None:
    """Of none, of one, and of one that was deleted meanwhile."""
    assert stream_entries(None) == []
    reply = [[b"s", [[b"1-1", [b"k", b"v"]], [b"1-2", None]]]]
    assert stream_entries(reply) == [(b"1-1", {b"k": b"v"}), (b"1-2", {})]
