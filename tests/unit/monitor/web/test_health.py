"""Readiness: every failing check is named, none can hang the answer."""

from __future__ import annotations

import asyncio

import pytest

from monitor.core.errors import StoreUnavailable
from monitor.web.health import Health, Reason


async def fine() -> str | None:
    """Answer that all is well."""
    return None


async def test_without_failures_it_is_ready() -> None:
    """No reason means ready."""
    health = Health()
    health.register("redis", fine)

    assert await health.reasons() == ()


async def test_every_failure_is_named_in_order() -> None:
    """Reasons come in the order of registration, each with its check's name."""

    async def stale() -> str | None:
        return "no fresh price for 40 s"

    async def broken() -> str | None:
        raise StoreUnavailable("redis://user:pw@db refused")

    health = Health()
    health.register("redis", broken)
    health.register("config", fine)
    health.register("feeds", stale)

    assert await health.reasons() == (
        Reason("redis", "check failed: StoreUnavailable"),
        Reason("feeds", "no fresh price for 40 s"),
    )


async def test_a_silent_check_runs_into_its_limit() -> None:
    """A check that never answers is a reason after the limit, and the others still count."""

    async def silent() -> str | None:
        await asyncio.get_running_loop().create_future()
        return None

    health = Health(limit_s=0.01)
    health.register("broker", silent)
    health.register("config", fine)

    assert await health.reasons() == (Reason("broker", "no answer within 0.01 s"),)


async def test_callers_share_one_round() -> None:
    """Probes that come together ask a dependency once; one that gives up spoils nothing."""
    asked, go = 0, asyncio.Event()

    async def slow() -> str | None:
        nonlocal asked
        asked += 1
        await go.wait()
        return "down"

    health = Health()
    health.register("redis", slow)
    first, second, third = (asyncio.ensure_future(health.reasons()) for _ in range(3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    go.set()

    assert await second == await third == (Reason("redis", "down"),)
    assert asked == 1
    await health.aclose()


async def test_closing_stops_a_running_round() -> None:
    """After aclose no task of a check is left behind."""
    health = Health(limit_s=60)

    async def silent() -> str | None:
        await asyncio.get_running_loop().create_future()
        return None

    health.register("broker", silent)
    caller = asyncio.ensure_future(health.reasons())
    await asyncio.sleep(0)
    await health.aclose()

    with pytest.raises(asyncio.CancelledError):
        await caller
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_name_is_taken_once() -> None:
    """Two checks of one name would hide each other."""
    health = Health()
    health.register("redis", fine)

    with pytest.raises(ValueError, match="twice"):
        health.register("redis", fine)
