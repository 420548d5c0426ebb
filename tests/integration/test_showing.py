"""What people see beside the road of the ticks: it goes on after a record that cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
import structlog

from alerts.outbox import Outbox
from alerts.relay import RelayOptions
from alerts.schemas.origin import Origin
from alerts.sinks.mqtt import MqttSettings, MqttUrl, open_mqtt
from monitor.app.relaying import RelayRole
from monitor.app.world import load_world
from monitor.core.clock import SystemClock
from monitor.settings import Settings
from monitor.store.client import RedisClient, connected
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxStream
from monitor.store.views import ViewStore
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.listeners import listening
from tests.servers import TestBroker, TestRedis
from tests.services import computing, market
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


def failed(told: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a round of states was said to have failed."""
    return any(entry["event"] == "relay.states_failed" for entry in told)


async def test_views_are_written_only_where_they_changed_and_come_back_where_they_are_gone(
    own_redis: TestRedis,
) -> None:
    """A turn without news writes nothing; a hash that somebody has removed is there at the next."""
    keys = Keys()
    async with computing(own_redis.url) as service, connected(own_redis.url) as client:
        await service.say(*market(SystemClock().now()))
        await service.show()
        written = await client.hgetall(keys.views)
        hashes = {it: await client.hgetall(it) for it in (keys.market, keys.company("RIOT"))}
        await service.show()
        assert await client.hgetall(keys.views) == written
        await client.delete(keys.company("RIOT"))
        await service.show()
        assert {it: await client.hgetall(it) for it in hashes} == hashes


async def test_a_view_that_cannot_be_read_stops_the_states_only_while_it_is_there(
    redis: RedisClient, mosquitto: TestBroker, tag: str
) -> None:
    """One bad record must not end the publishing of states, unseen, until the next restart."""
    keys, clock = Keys(tag), SystemClock()
    settings = MqttSettings(url=MqttUrl.parse(mosquitto.url), instance=tag)
    stream = OutboxStream(redis, keys.outbox, consumer="c", dead_key=keys.dead_letters)
    role = RelayRole(
        client=redis,
        blocking=redis,
        keys=keys,
        mqtt=settings,
        origin=Origin(replay=False),
        options=RelayOptions(),
        clock=clock,
        instruments=Instruments(Known(), version="0"),
        shows=lambda name: name != "retarget_error_ratio",
        world=lambda: load_world(Settings(), clock.now()),
    )
    await cast("Any", redis.hset(keys.market, "BTC-USD", "{"))
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/market/#") as listener,
        open_mqtt(settings, clock=clock, origin=role.origin, version="0") as sink,
    ):
        task = asyncio.create_task(role._states(sink, Outbox(stream)))
        try:
            with structlog.testing.capture_logs() as told:
                await wait_until(lambda: failed(told) or task.done(), "a round to fail")
            view = {"value": 1.0, "unit": "USD", "quality": "ok"}
            dull = {"retarget_error_ratio": view, "BTC-USD": view}
            await ViewStore(redis, keys).write(dull, {})
            shown = await listener.wait_for("/market/BTC-USD/state")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert shown[0].json
    assert not listener.on("/market/retarget_error_ratio/state")


async def test_a_company_may_be_counted_before_it_is_named(redis: RedisClient, tag: str) -> None:
    """Whoever looks between the two, at a first start, sees the company at the next look."""
    keys = Keys(tag)
    store = ViewStore(redis, keys)
    seen = store.seen()
    await store.change(
        {"BTC-USD": {"value": 1.0}}, {"RIOT": {"mining_margin_ratio": {"value": 0.5}}}
    )
    _, companies = await seen.read()
    assert companies == {}
    await redis.sadd(keys.companies, "RIOT")
    await store.change({"BTC-USD": {"value": 2.0}}, {})
    market, companies = await seen.read()
    assert (market["BTC-USD"], list(companies)) == ({"value": 2.0}, ["RIOT"])
