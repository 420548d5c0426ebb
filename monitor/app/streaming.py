"""The streams of the feeds role: each beside the poller of its source, while the lease is held."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from monitor.core.clock import Clock
from monitor.core.errors import ConfigError
from monitor.domain.flaws import FlawEvent
from monitor.feeds.base import Feed
from monitor.feeds.credentials import read_keys
from monitor.feeds.intake import Intake
from monitor.feeds.link import LinkState
from monitor.feeds.poller import Poller
from monitor.feeds.streamer import Streamer
from monitor.feeds.streams import Stream
from monitor.feeds.websocket import WebSocketClient
from monitor.telemetry.instruments import Instruments

AFTER_CRASH_S = 30.0

log = structlog.get_logger()


def usable_streams(
    streams: Iterable[Stream], feeds: Sequence[Feed], environ: Mapping[str, str]
) -> tuple[Stream, ...]:
    """Return the streams that are switched on, have their keys, and whose feed is asked too.

    The feed is what stands in while the stream is down.
    """
    asked = {feed.spec.name for feed in feeds}
    found = []
    for stream in streams:
        spec = stream.spec
        if not spec.enabled or spec.name not in asked:
            continue
        try:
            read_keys(spec.credentials, environ)
        except ConfigError as error:
            log.info("stream.left_out", feed=spec.name, why=error.message)
            continue
        found.append(stream)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Streams:
    """The streamers of the usable streams, by their feeds' names."""

    streamers: Mapping[str, Streamer]
    instruments: Instruments
    clock: Clock

    async def run(self) -> None:
        """Keep all streams open until cancelled; a bug in one leaves the others alone."""
        async with asyncio.TaskGroup() as tasks:
            for name, streamer in self.streamers.items():
                tasks.create_task(self._keep(name, streamer))

    def report(self) -> dict[str, dict[str, object]]:
        """Return how each stream is doing, by feed, and show it to Prometheus."""
        found = {}
        for name, streamer in self.streamers.items():
            found[name] = record = streamer.record()
            self.instruments.streams.linked(
                name,
                is_up=record["link"] == LinkState.UP,
                heard_at=record["heard_at"],
                traded_at=record["traded_at"],
            )
        return found

    def flaws(self) -> list[FlawEvent]:
        """Return the outages and the lost messages since the last `stored`, each stream's in order."""
        return [flaw for streamer in self.streamers.values() for flaw in streamer.intake.flaws]

    def stored(self) -> None:
        """Forget the flaws that `flaws` told."""
        for streamer in self.streamers.values():
            streamer.intake.flaws.clear()

    async def _keep(self, name: str, streamer: Streamer) -> None:
        while True:
            try:
                await streamer.run()
            except* Exception:  # a bug of ours in one stream; its feed is still asked
                self.instruments.feeds.crashed(name)
                log.exception("stream.crashed", feed=name)
            await self.clock.sleep(AFTER_CRASH_S)


def streams_beside(
    pollers: Sequence[Poller],
    streams: Sequence[Stream],
    client: WebSocketClient,
    instruments: Instruments,
    clock: Clock,
) -> Streams:
    """Put each stream beside the poller of its source: one gate, and the poller stands back."""
    by_name = {poller.spec.name: poller for poller in pollers}
    streamers = {}
    for stream in streams:
        poller = by_name[stream.spec.name]
        intake = Intake(
            stream=stream, gate=poller.gate, clock=clock, instruments=instruments.streams
        )
        streamer = Streamer(
            intake=intake,
            connector=client.bind(stream.spec),
            clock=clock,
            rng=random.Random(),  # noqa: S311  # jitter, not a secret
        )
        poller.stand_back_for(streamer.brings, check_s=stream.spec.check_s)
        streamers[stream.spec.name] = streamer
    return Streams(streamers, instruments, clock)
