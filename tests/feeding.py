"""A process that feeds numbered moments into a Redis until it is killed: URL, tag, count."""

from __future__ import annotations

import asyncio
import sys

from monitor.core.clock import ManualClock
from monitor.replay.player import Speed, play
from monitor.store.client import connected
from monitor.store.keys import Keys
from monitor.store.playback import Playback
from tests.quotes import moments


async def main(url: str, tag: str, count: int) -> None:
    """Feed `count` moments, 2,000 a second."""
    async with connected(url) as client:
        playback = Playback(client, Keys(tag), "moments")

        async def lag() -> int:
            return 0

        await play(moments(count), playback, ManualClock(), speed=Speed(60.0 * 2_000), lag=lag)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
