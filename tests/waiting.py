"""Wait for something to become true, and say what was awaited when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.005


async def wait_until(predicate: Callable[[], T], description: str, timeout: float = 10.0) -> T:  # noqa: ASYNC109 - asked for in the name of the condition, not of a scope
    """Return the first true result of `predicate`, letting the loop run in between.

    Raises:
        AssertionError: `timeout` seconds passed; the message carries `description`.

    """
    give_up = time.monotonic() + timeout
    while not (result := predicate()):
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {timeout} s: {description}")
        await asyncio.sleep(_POLL_S)
    return result


async def wait_for(
    predicate: Callable[[], Awaitable[T]],
    description: str,
    timeout: float = 10.0,  # noqa: ASYNC109 - as above
) -> T:
    """Do the same for what only a server can tell.

    Raises:
        AssertionError: `timeout` seconds passed; the message carries `description`.

    """
    give_up = time.monotonic() + timeout
    while not (result := await predicate()):
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {timeout} s: {description}")
        await asyncio.sleep(_POLL_S)
    return result


def wait_here(predicate: Callable[[], T], description: str, timeout: float = 10.0) -> T:
    """Do the same without an event loop, for session fixtures."""
    give_up = time.monotonic() + timeout
    while not (result := predicate()):
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {timeout} s: {description}")
        time.sleep(_POLL_S)
    return result


async def broker_time(seconds: float) -> None:
    """Let a broker's own timer (will delay, expiry) run out: no test can move its clock.

    Only for "nothing happens": what does happen is awaited with `wait_until`.
    """
    await asyncio.sleep(seconds)
