"""The relay role: the outbox to the sinks, and once a second the retained states."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from alerts.outbox import Outbox
from alerts.relay import Meter, Relay, RelayOptions
from alerts.schemas.builders import (
    Origin,
    Stamp,
    company_state,
    feed_state,
    market_state,
    reading_now,
)
from alerts.schemas.payloads import RetainedState
from alerts.sinks.base import NoteSink, Sink, SinkContext, SinkSpec
from alerts.sinks.mqtt import MqttSettings, MqttSink, MqttUrl, TlsFiles, password_from
from alerts.sinks.users import NAME as USERS
from alerts.topics import STATE_LIFETIME_MS, Kind, Topic
from monitor import __version__
from monitor.app.posting import Posting
from monitor.app.servers import Servers
from monitor.core.clock import Clock, Millis
from monitor.core.discovery import declared
from monitor.core.errors import DeliveryError, StoreUnavailable
from monitor.domain.events import Quality, Reading
from monitor.settings import Settings
from monitor.store.client import RedisClient
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.leases import Lease
from monitor.store.outbox_stream import OutboxStream
from monitor.store.published import PublishedTopics
from monitor.store.views import ViewStore
from monitor.telemetry.instruments import Instruments

MQTT = "mqtt"
STATES_EVERY_S = 1.0
STATES_AGAIN_MS = STATE_LIFETIME_MS // 3
"""A state that expires is said again often enough that two words of it may get lost."""

log = structlog.get_logger()


def broker_settings(settings: Settings, found: Servers, replica: str) -> MqttSettings:
    """Return how this process reaches the broker; `replica` ends its client id there."""
    protocol = {"5": "5.0"}.get(settings.mqtt_protocol, settings.mqtt_protocol)
    if found.mqtt_url_v311:
        protocol = "3.1.1"
    return MqttSettings(
        url=MqttUrl.parse(found.publish_url),
        instance=settings.instance,
        replica=replica,
        protocol=protocol,  # type: ignore[arg-type]  # the setting's words, one renamed
        password=password_from(settings.mqtt_password, settings.mqtt_password_file),
        tls=TlsFiles(
            ca=settings.mqtt_ca, certificate=settings.mqtt_certificate, key=settings.mqtt_key
        ),
    )


@dataclass(frozen=True, slots=True)
class RelayRole:
    """What the relay role works with.

    `shows` tells which readings are among the states; `posting` has the users, None: there are none.
    """

    client: RedisClient
    blocking: RedisClient
    keys: Keys
    mqtt: MqttSettings
    origin: Origin
    options: RelayOptions
    clock: Clock
    instruments: Instruments
    shows: Callable[[str], bool]
    posting: Posting | None = None

    async def work(self, lease: Lease) -> None:
        """Carry notifications and states until cancelled."""
        async with AsyncExitStack() as stack:
            sinks = await self._opened(stack)
            outbox = Outbox(
                OutboxStream(
                    self.blocking,
                    self.keys.outbox,
                    consumer=f"relay-{lease.token}",
                    dead_key=self.keys.dead_letters,
                )
            )
            relay = Relay(
                outbox,
                sinks,
                self.clock,
                options=self.options,
                meter=RelayMeter(self.instruments),
            )
            beside = [asyncio.create_task(self._states(sinks.get(MQTT), outbox))]
            if self.posting is not None:
                broker = sinks.get(MQTT)
                inboxes = broker if isinstance(broker, MqttSink) else None
                beside.append(asyncio.create_task(self.posting.work(lease, inboxes)))
            try:
                await relay.run()
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    async def _opened(self, stack: AsyncExitStack) -> dict[str, Sink | NoteSink]:
        """Open every sink whose settings are there, by name."""
        context = SinkContext(
            clock=self.clock,
            version=__version__,
            origin=self.origin,
            settings={MQTT: self.mqtt},
            connected=self._connected,
        )
        if self.posting is not None:
            settings = {**context.settings, USERS: self.posting.settings()}
            context = replace(context, settings=settings, routed=self.posting.is_user)
        opened: dict[str, Sink | NoteSink] = {}
        for _, spec in declared("alerts.sinks", "SINK", SinkSpec):
            sink = spec.open(context)
            if sink is not None:
                opened[spec.name] = await stack.enter_async_context(sink)
        return opened

    def _connected(self, sink: str, connected: bool) -> None:
        if sink == MQTT:
            self.instruments.mqtt_connected(connected)

    async def _states(self, sink: Sink | NoteSink | None, outbox: Outbox) -> None:
        """Publish what changed of the views, and all of it now and then."""
        published = PublishedTopics(self.client, self.keys)
        board = StateBoard(sink, self.clock, published) if isinstance(sink, MqttSink) else None
        views, feeds = ViewStore(self.client, self.keys), FeedStore(self.client, self.keys)
        while True:
            await asyncio.sleep(STATES_EVERY_S)
            try:
                self.instruments.outbox_holds(
                    depth=await outbox.depth(),
                    oldest_at=await outbox.oldest_at(),
                    dead_letters=await outbox.dead_letters(),
                )
                if board is None:
                    continue
                market, companies = await views.read()
                chosen = {ticker: self._chosen(view) for ticker, view in companies.items()}
                await board.show(self._chosen(market), chosen, await feeds.read())
            except (DeliveryError, StoreUnavailable) as error:
                log.debug("relay.states_not_published", why=str(error))
            except Exception:  # the loop's border: one record that cannot be read stops no other
                log.exception("relay.states_failed")

    def _chosen(self, view: Mapping[str, Any]) -> dict[str, Any]:
        return {name: item for name, item in view.items() if self.shows(name)}


class StateBoard:
    """The retained states of market, companies and feeds as last published.

    The topics are remembered in Redis too: a company or feed that left the book while this
    process was down must not stay on the broker for ever.
    """

    def __init__(self, sink: MqttSink, clock: Clock, published: PublishedTopics) -> None:
        self._sink = sink
        self._clock = clock
        self._published = published
        self._shown: dict[str, tuple[Topic, object, Millis]] = {}
        self._remembered: set[str] | None = None

    async def show(
        self,
        market: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        feeds: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Publish each state that changed, repeat old ones, clear those that are gone.

        Raises:
            DeliveryError: the broker did not take one of them.
            StoreUnavailable: Redis did not answer.

        """
        now = self._clock.now()
        wanted = set()
        if self._remembered is None:
            self._remembered = await self._published.names()
        for topic, tick, content, build in self._states(market, companies, feeds, now):
            wanted.add(topic.name)
            known = self._shown.get(topic.name)
            if known is not None and known[1] == content and now - known[2] < STATES_AGAIN_MS:
                continue
            await self._sink.publish_state(topic, build, fresh_for_ms=topic.delivery.expiry_ms)
            self._shown[topic.name] = (topic, content, now)
            if tick is not None and (known is None or known[1] != content):
                await self._sink.publish_state(tick, build, fresh_for_ms=tick.delivery.expiry_ms)
        await self._published.add(wanted - self._remembered)
        self._remembered |= wanted
        for name in sorted(self._remembered - wanted):
            # a role that has not spoken yet says nothing about what is gone
            if (companies if "/feed/" not in name else feeds) or name in self._shown:
                await self._sink.clear_state(Topic(name, Kind.COMPANY_STATE))
                await self._published.remove([name])
                self._remembered.discard(name)
                self._shown.pop(name, None)

    def _states(
        self,
        market: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        feeds: Mapping[str, Mapping[str, Any]],
        now: Millis,
    ) -> Iterator[tuple[Topic, Topic | None, object, Any]]:
        """Return topic, topic of the change if that is news, content to compare, and builder."""
        topics = self._sink.topics
        for name, item in market.items():
            if item["value"] is not None:
                build = partial(_market, name, item, now)
                yield topics.market_state(name), topics.market_tick(name), item, build
        for ticker, view in companies.items():
            yield topics.company_state(ticker), None, view, partial(_company, ticker, view, now)
        for feed, health in feeds.items():
            content = (health["state"], [failure["reason"] for failure in health["failures"]])
            yield topics.feed_state(feed), None, content, partial(_feed, feed, health, now)


def _reading(item: Mapping[str, Any]) -> Reading:
    return Reading(
        item["value"],
        Quality[item["quality"].upper()],
        item.get("reason", ""),
        item.get("observed_at"),
    )


def _market(name: str, item: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    return market_state(
        name,
        reading_now(_reading(item), item["unit"]),
        stamp,
        sources=tuple(item.get("sources", ())),
        session=item.get("session"),
        agreed_at=item.get("observed_at") or now,
    )


def _company(ticker: str, view: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    readings = {name: (_reading(item), item["unit"]) for name, item in view.items()}
    return company_state(ticker, readings, stamp, computed_at=now)


def _feed(feed: str, health: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    failures = health["failures"]
    return feed_state(
        feed,
        stamp,
        state=health["state"],
        reason=failures[-1]["reason"] if failures else "",
        changed_at=failures[-1]["at"] if failures else health["last_success"] or now,
        last_success_at=health["last_success"],
    )


class RelayMeter(Meter):
    """The relay's counting on the service's instruments."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def delivered(self, sink: str, age_ms: Millis) -> None:
        """Count one acknowledgement, and the time from the event to it."""
        self._instruments.notified(sink)
        if sink == MQTT:
            self._instruments.mqtt_published()
            self._instruments.delivered_after(max(age_ms, 0) / 1_000)

    def failed(self, sink: str, reason: str) -> None:
        """Count one failed try."""
        self._instruments.notification_failed(sink, reason)
        if sink == MQTT:
            self._instruments.mqtt_publish_failed(reason)
