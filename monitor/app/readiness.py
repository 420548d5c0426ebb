"""What `/readyz` asks: whether each role of this process could do its work now.

A role whose lease another process holds is ready when it could take over, which asks Redis only:
else a rolling update would wait for ever for a second relay that may not connect yet.
"""

from __future__ import annotations

from monitor.compute.worker import ComputeWorker
from monitor.core.clock import SECOND, Clock
from monitor.core.errors import StoreUnavailable
from monitor.store.client import RedisClient
from monitor.store.inspection import wrong_kinds
from monitor.store.keys import Keys
from monitor.telemetry.instruments import Instruments
from monitor.web.health import Health

CLOCK_AHEAD_MS = 60_000


def redis_into(health: Health, client: RedisClient, keys: Keys) -> None:
    """Ask whether Redis answers, and whether its keys hold what the service keeps there."""

    async def redis() -> str | None:
        try:
            faults = await wrong_kinds(client, keys)
        except StoreUnavailable as error:
            return str(error)
        return "; ".join(f"{fault.detail}: {fault.fix}" for fault in faults) or None

    health.register("redis", redis)


def writes_into(health: Health, role: str, instruments: Instruments) -> None:
    """Ask whether Redis took the last write of `role`: one that is full answers, and takes none."""

    async def writes() -> str | None:
        why = instruments.failing.get(role)
        return None if why is None else f"the last write failed: {why}"

    health.register(role, writes)


def broker_into(health: Health, role: str, instruments: Instruments) -> None:
    """Ask whether the broker is connected while `role` is ours to do."""

    async def broker() -> str | None:
        if role not in instruments.held or instruments.mqtt_is_connected:
            return None
        why = instruments.mqtt_fault
        return f"no connection to the broker: {why}" if why else "no connection to the broker"

    health.register("broker", broker)


def clock_into(health: Health, worker: ComputeWorker, clock: Clock) -> None:
    """Ask whether the machine's clock was set back behind what is computed already.

    `clock` is that of the wall, not the steady one that the engine goes by.
    """

    async def ahead() -> str | None:
        step = worker.step
        ahead_ms = 0 if step is None or step.now is None else step.now - clock.now()
        if ahead_ms <= CLOCK_AHEAD_MS:
            return None
        return (
            f"the engine's time is {ahead_ms / SECOND:.0f} s ahead of the clock: was it set back?"
        )

    health.register("clock", ahead)
