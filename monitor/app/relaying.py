"""The relay role: the outbox to the sinks, and once a second the retained states."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial

import structlog

from alerts.home_assistant.devices import Style
from alerts.home_assistant.discovery import Discovery
from alerts.outbox import Outbox
from alerts.relay import Meter, Relay, RelayOptions
from alerts.schemas.origin import Origin
from alerts.sinks.base import NoteSink, Sink, SinkContext, SinkSpec
from alerts.sinks.mqtt import MqttSettings, MqttSink, MqttUrl, TlsFiles, password_from
from alerts.sinks.users import NAME as USERS
from monitor import __version__
from monitor.app.boards import Boards
from monitor.app.posting import Posting
from monitor.app.servers import Servers
from monitor.app.world import World
from monitor.core.clock import Clock, Millis
from monitor.core.discovery import declared
from monitor.core.errors import DeliveryError, StoreUnavailable
from monitor.settings import Settings
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.leases import Lease
from monitor.store.outbox_stream import OutboxStream
from monitor.telemetry.instruments import Instruments

MQTT = "mqtt"
STATES_EVERY_S = 1.0
ANEW_S = 5.0

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
            ca=settings.mqtt_ca,
            certificate=settings.mqtt_certificate,
            key=settings.mqtt_key,
            insecure=settings.mqtt_insecure,
        ),
        cloud_events=settings.mqtt_cloudevents,
    )


def discovery_of(settings: Settings) -> Discovery:
    """Return how Home Assistant is told of this instance."""
    style = Style(settings.homeassistant)
    return Discovery(settings.instance, __version__, settings.homeassistant_prefix, style)


@dataclass(frozen=True, slots=True)
class RelayRole:
    """What the relay role works with.

    Attributes:
        shows: tells which readings are among the states.
        world: the present books.
        discovery: how Home Assistant is told of us; None in a replay, which is not of now.
        posting: has the users; None: there are none.

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
    world: Callable[[], World]
    discovery: Discovery | None = None
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
                    states_key=self.keys.alert_states,
                )
            )
            relay = Relay(
                outbox,
                sinks,
                self.clock,
                options=self.options,
                meter=RelayMeter(self.instruments),
            )
            broker = sinks.get(MQTT)
            beside = {"states": partial(self._states, broker, outbox)}
            if self.posting is not None:
                inboxes = broker if isinstance(broker, MqttSink) else None
                beside["courier"] = partial(self.posting.work, lease, inboxes)
            tasks = [asyncio.create_task(kept_up(*it, self.clock)) for it in beside.items()]
            try:
                await relay.run()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _opened(self, stack: AsyncExitStack) -> dict[str, Sink | NoteSink]:
        """Open every sink whose settings are there, by name."""
        context = SinkContext(
            clock=self.clock,
            version=__version__,
            origin=self.origin,
            settings={MQTT: self.mqtt},
            connected=self._connected,
            failed=self._failed,
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

    def _failed(self, sink: str, reason: str, hint: str) -> None:
        if sink == MQTT:
            self.instruments.mqtt_connection_failed(reason, hint)

    async def _states(self, sink: Sink | NoteSink | None, outbox: Outbox) -> None:
        """Publish what changed of the views, and all of it now and then."""
        boards = None
        if isinstance(sink, MqttSink):
            boards = Boards(sink, self.client, self.keys, self.clock, self.world, self.discovery)
        try:
            await self._turns(boards, outbox)
        finally:
            if boards is not None:
                boards.close()

    async def _turns(self, boards: Boards | None, outbox: Outbox) -> None:
        while True:
            await asyncio.sleep(STATES_EVERY_S)
            try:
                self.instruments.outbox_holds(
                    depth=await outbox.depth(),
                    oldest_at=await outbox.oldest_at(),
                    dead_letters=await outbox.dead_letters(),
                )
                if boards is not None:
                    await boards.turn(self.shows)
            except (DeliveryError, StoreUnavailable) as error:
                log.debug("relay.states_not_published", why=str(error))
            except Exception:  # the loop's border: one record that cannot be read stops no other
                log.exception("relay.states_failed")


async def kept_up(name: str, work: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Begin `work` anew when it ends: nobody would notice while the alerts go on."""
    while True:
        try:
            await work()
        except Exception:  # the border: what goes on beside the alerts stops none of them
            log.exception("relay.beside_failed", what=name)
        await clock.sleep(ANEW_S)


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
