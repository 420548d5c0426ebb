"""Home Assistant's configurations on the broker: made, changed, taken back, and sent again at its birth."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import structlog

from alerts.home_assistant.devices import AlertSeat, Device, Shown, Style
from alerts.home_assistant.discovery import Discovery
from alerts.sinks.mqtt import MqttSink
from monitor.app.refusals import REFUSED_MS
from monitor.app.world import World
from monitor.compute.alert_list import AlertList
from monitor.core.clock import Clock, Millis
from monitor.core.errors import DeliveryError
from monitor.domain.events import BTC_USD
from monitor.metrics.base import Scope
from monitor.store.discovery import DiscoveryStore

BIRTH = b"online"
SOONEST_MS, LATEST_MS = 500, 4_000
"""A Home Assistant that has just started is not asked to take everything at once from everybody."""
MAX_GONE = 500
"""Components of a device that are remembered as gone, so that none stays behind."""

Views: TypeAlias = Mapping[str, Mapping[str, Any]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to show: chosen readings by company and of the market, alerts, feeds."""

    market: Mapping[str, Any]
    companies: Views
    feeds: Mapping[str, Any]
    alerts: AlertList


def devices(scene: Scene, world: World) -> Iterator[Device]:
    """Yield the service itself, then each company."""
    metrics = {metric.name: metric for metric in world.catalogue}
    shared = [it for it in scene.alerts.alerts if it.company not in scene.companies]
    network = [n for n in sorted(scene.market) if n == BTC_USD or n in metrics]
    yield Device(
        readings=[
            Shown(n, _title(n, metrics), metrics[n].unit if n in metrics else "USD")
            for n in network
        ],
        alerts=[AlertSeat(it.rule, it.key) for it in shared if it.company is None],
        feeds=sorted(scene.feeds),
    )
    for ticker, view in sorted(scene.companies.items()):
        company = world.companies.get(ticker)
        if company is None:
            continue
        own = [it for it in scene.alerts.alerts if it.company == ticker]
        yield Device(
            ticker=ticker,
            title=company.name,
            readings=[
                Shown(n, _title(n, metrics), metrics[n].unit) for n in sorted(view) if n in metrics
            ],
            priced=company.listed,
            alerts=[
                AlertSeat(it.rule, it.key)
                for it in own
                if it.on in view
                or it.on not in metrics
                or metrics[it.on].scope is not Scope.COMPANY
            ],
        )


def _title(name: str, metrics: Mapping[str, Any]) -> str:
    """Return an entity's name; its id is made of it, so no two may differ by a sign only."""
    if name == BTC_USD:
        return "Bitcoin"
    label = str(metrics[name].label).replace("%", "ratio").strip()
    return label or name.replace("_", " ").capitalize()


@dataclass(slots=True)
class HomeBoard:
    """The configurations as last published."""

    sink: MqttSink
    discovery: Discovery
    store: DiscoveryStore
    world: Callable[[], World]
    clock: Clock
    _shown: dict[str, bytes] = field(init=False, default_factory=dict)
    _remembered: dict[str, dict[str, str]] | None = field(init=False, default=None)
    _seen: object = field(init=False, default=None)
    _again_at: Millis | None = field(init=False, default=None)
    _connection: int = field(init=False, default=0)
    _refused_until: Millis = field(init=False, default=0)

    def stands(self, topic: str) -> bool | None:
        """Tell whether a topic holds a configuration of ours; None before any was published."""
        return None if self._remembered is None else topic in self._remembered

    def take_birth(self) -> bool:
        """Tell whether a Home Assistant was born a little while ago; once for each."""
        due = self._again_at is not None and self.clock.now() >= self._again_at
        if due:
            self._again_at, self._seen = None, None
            self._shown.clear()
        return due

    async def show(self, scene: Scene) -> None:
        """Publish each configuration that changed, and take back those that are gone.

        What a broker refuses is told, and left alone for a while: some end the connection at it,
        and alerts go over the same one.

        Raises:
            DeliveryError: the broker did not take one of them; it may at the next turn.
            StoreUnavailable: Redis did not answer.

        """
        if self.clock.now() < self._refused_until:
            return
        try:
            if self._connection != self.sink.connections:
                await self._begin()
            await self._publish(scene)
        except DeliveryError as error:
            if error.retriable:
                raise
            self._refuse(error)

    async def _begin(self) -> None:
        """Listen over a new connection, and take it that nothing is known there."""
        connection = self.sink.connections
        self._seen = None
        self._shown.clear()
        if self.discovery.style is not Style.OFF:
            await self.sink.hear(self.discovery.birth_topic, self._heard)
        self._connection = connection

    def _refuse(self, error: DeliveryError) -> None:
        self._refused_until = self.clock.now() + REFUSED_MS
        prefix = self.discovery.prefix
        hint = f"let our user write {prefix}/# and read {prefix}/status in the broker's rules"
        log.warning("homeassistant.refused", why=str(error), hint=hint)

    def _heard(self, payload: bytes) -> None:
        if payload == BIRTH:
            wait = random.randint(SOONEST_MS, LATEST_MS)  # noqa: S311 - jitter, no secret
            self._again_at = self.clock.now() + wait

    async def _publish(self, scene: Scene) -> None:
        world = self.world()
        seen = (
            world,
            scene.alerts,
            tuple(scene.feeds),
            tuple(scene.market),
            tuple((ticker, tuple(view)) for ticker, view in scene.companies.items()),
        )
        if seen == self._seen:
            return
        remembered = self._remembered
        if remembered is None:
            remembered = self._remembered = await self.store.read()
        wanted = self._configs(scene, world, remembered)
        for topic, config in wanted.items():
            body = msgspec.json.encode(config)
            if self._shown.get(topic) != body:
                await self._remember(topic, config, remembered)
                await self.sink.put(topic, body)
                self._shown[topic] = body
        for topic in [it for it in remembered if it not in wanted]:
            await self.sink.put(topic, b"")
            await self.store.forget([topic])
            del remembered[topic]
            self._shown.pop(topic, None)
        self._seen = seen

    def _configs(
        self, scene: Scene, world: World, left: Mapping[str, Mapping[str, str]]
    ) -> dict[str, dict[str, Any]]:
        if self.discovery.style is Style.OFF:
            return {}
        found: dict[str, dict[str, Any]] = {}
        for device in devices(scene, world):
            found |= self.discovery.configs(device, left)
        return found

    async def _remember(
        self, topic: str, config: Mapping[str, Any], remembered: dict[str, dict[str, str]]
    ) -> None:
        """Keep in Redis what is in a topic before it is there: nothing may be left behind."""
        parts = config.get("components", {})
        named = {name: part["platform"] for name, part in list(parts.items())[-MAX_GONE:]}
        if remembered.get(topic) != named:
            await self.store.write({topic: named})
            remembered[topic] = named
