"""The position of a replay moves with its entries, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from monitor.core.errors import ConfigError
from monitor.domain.events import BTC_USD
from monitor.store.codec import decode_tick
from monitor.store.keys import REPLAY_TAG, Keys
from monitor.store.playback import Moment, Playback, Position
from tests.quotes import moments

pytestmark = pytest.mark.integration


@pytest.fixture
def keys(tag: str) -> Keys:
    """Give the keys of a replay of its own."""
    return Keys(f"{REPLAY_TAG}:{tag}")


async def fed(client: Redis, keys: Keys) -> list[Moment]:
    """Return the moments that are in the stream."""
    entries: Any = await client.xrange(keys.ticks)
    ticks = [decode_tick(name, fields) for name, fields in entries]
    return [Moment(tick.at, tick.quotes) for tick in ticks]


async def test_entries_and_position_together(any_redis: Redis, keys: Keys) -> None:
    """Each moment is an entry of its own, in order, and the position counts them."""
    playback = Playback(any_redis, keys, "source")
    assert await playback.position() is None
    await playback.append(0, moments(5)[:3])
    await playback.append(3, moments(5)[3:])
    assert await fed(any_redis, keys) == moments(5)
    assert await playback.position() == Position(5, moments(5)[-1].at, "source")


async def test_sending_again_doubles_nothing(any_redis: Redis, keys: Keys) -> None:
    """A batch whose answer was lost is sent again and is there once."""
    playback = Playback(any_redis, keys, "source")
    await playback.append(0, moments(4))
    await playback.append(0, moments(4))
    await playback.append(4, [])
    assert await fed(any_redis, keys) == moments(4)


async def test_a_moved_position_is_refused(redis: Redis, keys: Keys) -> None:
    """Somebody else's feeding, or lost data, is an error that says what to do."""
    playback = Playback(redis, keys, "source")
    await playback.append(0, moments(4))
    with pytest.raises(ConfigError, match="stands at moment 4 where 9"):
        await playback.append(9, moments(2))
    with pytest.raises(ConfigError, match="stands at moment 4 where 0"):
        await playback.append(0, moments(2))
    assert await fed(redis, keys) == moments(4)


async def test_another_source_is_refused(redis: Redis, keys: Keys) -> None:
    """Other files or another range cannot go on where these stopped; --fresh is named."""
    await Playback(redis, keys, "source").append(0, moments(2))
    other = Playback(redis, keys, "other")
    with pytest.raises(ConfigError, match="--fresh"):
        await other.position()
    with pytest.raises(ConfigError, match="--fresh"):
        await other.append(2, moments(1))
    assert await fed(redis, keys) == moments(2)


async def test_clear_takes_the_replay_and_nothing_else(redis: Redis, keys: Keys) -> None:
    """Every key of the replay's tag goes, live keys stay, and live keys are never cleared."""
    live = Keys()
    await redis.set(live.state, "kept")
    await redis.mset({f"{{{keys.tag}}}:{n}": "x" for n in range(1_200)})
    await Playback(redis, keys, "source").append(0, moments(2))
    await Playback(redis, keys, "other").clear()
    assert await redis.keys() == [live.state.encode()]
    with pytest.raises(ValueError, match="not a replay"):
        await Playback(redis, live, "source").clear()
    await Playback(redis, keys, "other").append(0, moments(1))
    assert [m.quotes[0].instrument for m in await fed(redis, keys)] == [BTC_USD]
