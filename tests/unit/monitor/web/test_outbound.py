"""The way out of channels: bounded, and silent about keys."""

from __future__ import annotations

import asyncio

import pytest

from monitor.core.errors import DeliveryError
from monitor.web.outbound import MAX_ANSWER_BYTES, MAX_BODY_BYTES, outbound
from tests.channels import far, raw


async def test_an_answer_comes_back_as_it_was_said() -> None:
    """Status, headers in small letters, and the beginning of the body; the request as it was given."""
    async with far(status=418, headers={"X-Said": "Yes"}, body=b"tea") as there, outbound() as post:
        answer = await post(f"{there.url}/a?b=c", b"{}", {"X-Asked": "1"})
    assert (answer.status, answer.body, answer.headers["x-said"]) == (418, b"tea", "Yes")
    (got,) = there.received
    assert (got.path, got.body, got.headers["X-Asked"]) == ("/a", b"{}", "1")


async def test_no_more_is_read_than_there_is_room_for() -> None:
    """However much comes."""
    async with far(body=b"x" * (MAX_ANSWER_BYTES * 20)) as there, outbound() as post:
        answer = await post(there.url, b"", {})
    assert len(answer.body) == MAX_ANSWER_BYTES


async def test_a_body_without_bounds_is_not_sent() -> None:
    """It is refused here, before anybody is asked."""
    async with far() as there, outbound() as post:
        with pytest.raises(DeliveryError) as raised:
            await post(there.url, b"x" * (MAX_BODY_BYTES + 1), {})
        assert (raised.value.reason, raised.value.retriable) == ("too_large", False)
        await post(there.url, b"x" * MAX_BODY_BYTES, {})
    assert len(there.received) == 1


async def test_an_error_names_the_host_alone() -> None:
    """A key in the path, the query or before the host is nowhere in it, nor in what caused it."""
    async with raw(b"") as port, outbound() as post:
        with pytest.raises(DeliveryError) as raised:
            await post(f"http://ana:s3cret@127.0.0.1:{port}/bots3cret/x?key=s3cret", b"", {})
    assert f"127.0.0.1:{port}" in str(raised.value)
    assert "s3cret" not in f"{raised.value!s}{raised.value!r}{raised.value.__cause__!r}"


async def test_many_go_out_at_once() -> None:
    """A slow one holds up no other."""
    async with far(slow=True) as slow, far(body=b"ok") as there, outbound(5.0) as post:
        waiting = asyncio.ensure_future(post(slow.url, b"", {}))
        answers = await asyncio.gather(*(post(there.url, b"", {}) for _ in range(50)))
        assert {it.body for it in answers} == {b"ok"}
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
