"""Feeds a history into the ticks stream, at a speed, and moves the replay's clock along. Hop 4.

The clock never runs ahead of what has been fed: up to the next moment it may flow, past it only
when that moment is in the stream. So a step that runs timers while it waits finds the same that a
step in a hurry finds. When Redis is away or the step is behind, the replay stands still.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import structlog

from monitor.core.backoff import Backoff
from monitor.core.clock import SECOND, Clock, ManualClock, Millis, SystemClock
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.store.playback import Moment, Position

T = TypeVar("T")

BATCH = 100
MAX_LAG = 1_000
FRAME_S = 0.05
"""How often the clock moves while nothing is due: often enough for the eye."""

SLACK_S = 1.0
"""A replay that is behind by more than this was held up: it goes on from there, without a rush."""

_OUTAGE = Backoff(base_s=0.2, cap_s=5.0)
_LAGGING = Backoff(base_s=0.005, cap_s=0.2)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Speed:
    """How much history passes in one second; None is as fast as the step can."""

    factor: float | None = None

    @classmethod
    def parse(cls, text: str) -> Speed:
        """Read `max`, or a number above 0.

        Raises:
            ConfigError: it is neither.

        """
        if text == "max":
            return cls()
        try:
            factor = float(text)
        except ValueError:
            factor = 0.0
        if not 0 < factor < float("inf"):
            raise ConfigError(
                f"{text!r} is no speed",
                where="--speed",
                hint="write max, or a number above 0: 1 is real time, 3600 an hour a second",
            )
        return cls(factor)


class Delivery(Protocol):
    """Where moments go: the store's `Playback`."""

    async def position(self) -> Position | None:
        """Return how far the replay has been fed, None for not at all."""
        ...

    async def append(self, index: int, moments: Sequence[Moment]) -> None:
        """Add moments, the first of which is number `index`; harmless when sent again."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """What `play` did.

    Attributes:
        resumed_at: index of the first moment it fed; 0 for a replay from the start.
        moments: how many there are in the stream in all.
        at: the time of the last one, None if the history is empty.
        quotes: how many quotes it fed, those of the moments passed over not among them.

    """

    resumed_at: int
    moments: int
    at: Millis | None
    quotes: int


async def play(
    moments: Iterable[Moment],
    delivery: Delivery,
    clock: ManualClock,
    *,
    speed: Speed,
    lag: Callable[[], Awaitable[int]],
    wall: Clock | None = None,
) -> Played:
    """Feed `moments` from where the replay stood; return when all is fed and computed.

    Call it with the moments from the first on: those already fed are passed over. `lag` tells how
    many entries wait to be computed; above `MAX_LAG` feeding pauses. `wall` is real time.

    Raises:
        ConfigError: a file cannot be read on, or this Redis holds another replay.

    """
    player = _Player(delivery, clock, speed, lag, wall or SystemClock())
    return await player.run(iter(moments))


class _Player:
    def __init__(
        self,
        delivery: Delivery,
        clock: ManualClock,
        speed: Speed,
        lag: Callable[[], Awaitable[int]],
        wall: Clock,
    ) -> None:
        self._delivery = delivery
        self._clock = clock
        self._factor = speed.factor
        self._lag = lag
        self._wall = wall
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._origin: tuple[Millis, Millis] | None = None

    async def run(self, moments: Iterator[Moment]) -> Played:
        position = await self._surely(self._delivery.position)
        begin = index = 0 if position is None else position.index
        at = None if position is None else position.at
        if at is not None:
            self._clock.advance_to(at)
            passed = await asyncio.to_thread(lambda: sum(1 for _ in islice(moments, begin)))
            log.info("replay.resumed", moments=passed, at=at)
        ahead: list[Moment] = []
        quotes = 0
        while True:
            if not ahead:
                ahead = await asyncio.to_thread(lambda: list(islice(moments, BATCH)))
            if not ahead:
                break
            await self._caught_up(MAX_LAG)
            due = ahead[: await self._due(ahead)]
            del ahead[: len(due)]
            await self._surely(lambda due=due, index=index: self._delivery.append(index, due))  # type: ignore[misc]  # mypy cannot infer a lambda's default
            index += len(due)
            quotes += sum(len(moment.quotes) for moment in due)
            at = due[-1].at
            self._clock.advance_to(at)
        await self._caught_up(0)
        return Played(begin, index, at, quotes)

    async def _due(self, ahead: Sequence[Moment]) -> int:
        """Wait until the first of `ahead` is due; return how many are due by then."""
        if self._factor is None:
            return len(ahead)
        first = ahead[0].at
        while True:
            reached = self._reached(first)
            if reached >= first:
                return sum(1 for moment in ahead if moment.at <= reached)
            self._clock.advance_to(reached)
            left_s = (first - reached) / SECOND / self._factor
            await self._wall.sleep(min(left_s, FRAME_S))

    def _reached(self, first: Millis) -> Millis:
        """Return how far the history should have come by now, with `first` the next moment.

        The pace starts anew at the first moment of all and after every hold-up.
        """
        if self._factor is None:
            return first
        now = self._wall.now()
        if self._origin is not None:
            real, played = self._origin
            reached = played + round((now - real) * self._factor)
            if reached - first <= SLACK_S * SECOND * self._factor:
                return reached
        self._origin = (now, first)
        return first

    async def _caught_up(self, most: int) -> None:
        """Wait until at most `most` entries wait to be computed."""
        waits = 0
        while await self._surely(self._lag) > most:
            await self._wall.sleep(_LAGGING.delay_s(waits, self._rng))
            waits += 1

    async def _surely(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do something with Redis, however long Redis is away. Safe: all of it may be repeated."""
        failures = 0
        while True:
            try:
                result = await action()
            except StoreUnavailable as error:
                if failures == 0:
                    log.warning("replay.paused", why=str(error))
                await self._wall.sleep(_OUTAGE.delay_s(failures, self._rng))
                failures += 1
            else:
                if failures:
                    log.info("replay.goes_on", after_failures=failures)
                return result
