"""What the relay role keeps on the broker besides the news: one turn a second over all of it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from alerts.home_assistant.devices import Style
from alerts.home_assistant.discovery import Discovery
from alerts.sinks.mqtt import MqttSink
from monitor.app.alert_board import AlertBoard
from monitor.app.home_board import HomeBoard, Scene
from monitor.app.leftovers import Leftovers, Standing
from monitor.app.state_board import StateBoard
from monitor.app.world import World
from monitor.core.clock import Clock
from monitor.store.alert_states import AlertStates
from monitor.store.client import RedisClient
from monitor.store.discovery import DiscoveryStore
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.published import PublishedTopics
from monitor.store.views import ViewStore

log = structlog.get_logger()


class Boards:
    """The retained states of market, companies, feeds and alerts, and Home Assistant's devices."""

    def __init__(
        self,
        sink: MqttSink,
        client: RedisClient,
        keys: Keys,
        clock: Clock,
        world: Callable[[], World],
        discovery: Discovery | None,
    ) -> None:
        """`discovery` is None where Home Assistant has no place: in a replay."""
        self._sink, self._world = sink, world
        self._views, self._feeds = ViewStore(client, keys).seen(), FeedStore(client, keys)
        self._states = StateBoard(sink, clock, PublishedTopics(client, keys))
        self._alerts = AlertBoard(sink, AlertStates(client, keys), clock)
        self._connection = 0
        self._home = (
            None
            if discovery is None
            else HomeBoard(sink, discovery, DiscoveryStore(client, keys), world, clock)
        )
        told = discovery is not None and discovery.style is not Style.OFF
        self._leftovers = Leftovers(sink, discovery.prefix if discovery and told else "")

    def close(self) -> None:
        """End what goes on beside the turns."""
        self._leftovers.close()

    async def turn(self, shows: Callable[[str], bool]) -> None:
        """Publish what changed; all of it where the connection is new or somebody was born.

        `shows` tells by its name which reading has a place among the states.

        Raises:
            DeliveryError: the broker did not take one of them.
            StoreUnavailable: Redis did not answer.

        """
        names = tuple(metric.name for metric in self._world().catalogue if shows(metric.name))
        market, shown = await self._views.read(shows, names)
        feeds = await self._feeds.read()
        born = self._home is not None and self._home.take_birth()
        if born or self._connection != self._sink.connections:
            # a broker that is back may have lost its store, and retained states with it
            self._connection = self._sink.connections
            self._states.say_again()
            self._alerts.say_again()
        await self._states.show(market, shown, feeds)
        await self._alerts.show()
        if self._home is not None and self._alerts.listed is not None and shown:
            # a role that has not spoken yet says nothing about what is gone
            await self._home.show(Scene(market, shown, feeds, self._alerts.listed))
        await self._leftovers.turn(self._standing)

    async def _standing(self) -> Standing:
        """Return what tells whether a topic of ours holds what is, by now."""
        alerts, below = await self._alerts.topics(), self._sink.topics.below

        def stands(topic: str) -> bool | None:
            if topic.startswith((below("alert/"), below("user/"))):
                return None if alerts is None else topic in alerts
            if topic.startswith(below("")):
                return self._states.stands(topic)
            return None if self._home is None else self._home.stands(topic)

        return stands
