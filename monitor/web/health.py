"""Alive and ready: two different questions, asked by two different probes.

Alive asks only whether the event loop turns; a dead Redis must not restart every pod at once.
Ready asks whether this process can do its job now, and if not, names every reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from monitor.core.errors import HashhedgeError

Check: TypeAlias = Callable[[], Awaitable[str | None]]


class Reason(NamedTuple):
    """Why the process is not ready: the check's name and its words."""

    check: str
    reason: str


class Health:
    """The registered readiness checks, each with a time limit.

    A check returns None when all is well, else a short reason for people that carries no
    credential. One round runs at a time and all callers share it, so probes cannot pile up on a
    slow dependency.
    """

    def __init__(self, *, limit_s: float = 2.0) -> None:
        self._limit_s = limit_s
        self._checks: dict[str, Check] = {}
        self._round: asyncio.Task[tuple[Reason, ...]] | None = None

    def register(self, name: str, check: Check) -> None:
        """Add a check.

        Raises:
            ValueError: the name is taken.

        """
        if name in self._checks:
            raise ValueError(f"readiness check {name!r} is registered twice")
        self._checks[name] = check

    async def reasons(self) -> tuple[Reason, ...]:
        """Return why this process is not ready, in the order of registration; empty means ready."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._run(), name="health.round")
        # One caller that goes away must not take the round from the others.
        return await asyncio.shield(self._round)

    async def aclose(self) -> None:
        """Stop a round that is still running."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.wait([self._round])

    async def _run(self) -> tuple[Reason, ...]:
        found = await asyncio.gather(*(self._ask(name) for name in self._checks))
        return tuple(reason for reason in found if reason is not None)

    async def _ask(self, name: str) -> Reason | None:
        try:
            async with asyncio.timeout(self._limit_s):
                words = await self._checks[name]()
        except TimeoutError:
            return Reason(name, f"no answer within {self._limit_s:g} s")
        except (HashhedgeError, OSError) as error:
            # Only the kind: a library's text may carry a URL with a password.
            return Reason(name, f"check failed: {type(error).__name__}")
        return None if words is None else Reason(name, words)
