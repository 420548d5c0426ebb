"""One process: the chosen roles, started together, stopped in order.

A role that ends by itself is a fault: the process says so and goes down, for a supervisor to
start it anew. Nothing is lost by that: every role's memory is in Redis.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import perf_counter_ns

import structlog

from alerts.channels.catalogue import find_channels
from alerts.costs import words_of
from alerts.desk.user_rules import UserRule
from alerts.relay import RelayOptions
from alerts.schemas.origin import Origin
from alerts.setting import Setting
from monitor import __version__
from monitor.app.alert_board import ListedAlerts
from monitor.app.commanding import Commanding, Page
from monitor.app.computing import ComputeRole, ShownRulebook, company_rows
from monitor.app.ending import cancel, ran
from monitor.app.feeding import FeedRole, usable_feeds
from monitor.app.posting import Pages, Posting, users_of
from monitor.app.readiness import broker_into, clock_into, redis_into, writes_into
from monitor.app.receiving import Receiving
from monitor.app.relaying import RelayRole, broker_settings, discovery_of
from monitor.app.reloading import Reloader
from monitor.app.servers import Servers, servers
from monitor.app.streaming import usable_streams
from monitor.app.world import World, build_step, find_rule_types, load_world, user_limits
from monitor.compute.gauges import ReadingGauges
from monitor.compute.step import Step
from monitor.compute.worker import ComputeWorker
from monitor.core.clock import Clock, SteadyClock, SystemClock, beat_of
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.feeds.base import Feed
from monitor.feeds.streams import Stream
from monitor.settings import Settings
from monitor.store.alert_states import AlertStates
from monitor.store.claim import claim
from monitor.store.client import RedisClient, connect
from monitor.store.commands import CommandDesk
from monitor.store.commit import Committer
from monitor.store.externals import ExternalStore
from monitor.store.feeds import FeedStore
from monitor.store.flaws import FlawStore
from monitor.store.holding import Holder, Work
from monitor.store.keys import Keys
from monitor.store.leases import Lease, Leases, own_name
from monitor.store.outbox_stream import OutboxStream
from monitor.store.rulebooks import RulebookStore
from monitor.store.ticks import NoticeWriter, TickReader, TickWriter
from monitor.store.views import ViewStore
from monitor.telemetry.heartbeat import Heartbeat
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from monitor.web.admission import Admission
from monitor.web.answering import Answerer
from monitor.web.health import Health
from monitor.web.inbox import Inbox
from monitor.web.ingest import Ingest
from monitor.web.reload import ReloadPage
from monitor.web.server import Face, build, serve
from monitor.web.subscription import Subscription

FEEDS, COMPUTE, RELAY, WEB = "feeds", "compute", "relay", "web"
ROLES = (FEEDS, COMPUTE, RELAY, WEB)
IDLE_BEHIND_MS = 250
DRAIN_S = 5.0

log = structlog.get_logger()

Extra = Callable[["Service"], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one process is to do.

    Attributes:
        settings: of the process.
        roles: which of `ROLES` it takes.
        keys: of the shard; a replay has its own.
        clock: the engine's idea of now; a replay's stands still between its moments.
        hindsight: use the newest figure of each book at every moment (replay).
        replay: says on every message that the inputs are recorded.
        replica: the end of the client id on the broker; a replay's is not the live service's.
        relay: how the relay sends.

    """

    settings: Settings
    roles: frozenset[str] = frozenset(ROLES)
    keys: Keys = field(default_factory=Keys)
    clock: Clock = field(default_factory=SteadyClock)
    hindsight: bool = False
    replay: bool = False
    replica: str = "0"
    relay: RelayOptions = field(default_factory=RelayOptions)


class Service:
    """The roles of one process, built; `run` works until stopped."""

    def __init__(self, job: Job, world: World, found: Servers, stack: AsyncExitStack) -> None:
        self.job = job
        self.world = world
        self.shown = world.shown_names()
        self.servers = found
        self.stopping, self._reloaded, self.url = asyncio.Event(), asyncio.Event(), ""
        self._stack = stack
        self.client = self._connect()
        self.feeds: tuple[Feed, ...] = ()
        self.streams: tuple[Stream, ...] = ()
        self.users = None if job.replay or RELAY not in job.roles else users_of(job.settings)
        self._find_feeds()
        self.instruments = Instruments(self._known(), version=__version__)
        self.heartbeat = Heartbeat(on_beat=lambda: self.instruments.loop_beat(*beat_of(job.clock)))
        self.reader = TickReader(self._connect(blocking=True), job.keys)
        self.worker = ComputeWorker(
            Committer(self.client, job.keys),
            self.reader,
            build=lambda users: self._step_of(self.world, users),
            clock=job.clock,
            counts=self.instruments,
            behind_ms=None if job.replay else IDLE_BEHIND_MS,
        )
        self.compute = ComputeRole(
            self.worker,
            ViewStore(self.client, job.keys),
            TickReader(self.client, job.keys),
            world.catalogue,
            self.instruments,
        )
        self.reloader = self._reloader()
        books = RulebookStore(self.client, job.keys)
        self.compute.rulebook = ShownRulebook(lambda: self.world.rulebook, books)
        self.compute.alerts = ListedAlerts(AlertStates(self.client, job.keys))
        self.admission = self._admission()
        self.inbox = self._inbox()
        self.commands = self._commands()
        self.instruments.registry.register(self._gauges())
        self.instruments.books_reloaded(at=SystemClock().now(), successful=True)

    def _step_of(self, world: World, users: Mapping[str, UserRule]) -> Step:
        """Return a fresh step of these books and the rules of users."""
        quiet = self.job.settings.cold_start == "quiet" and not self.job.replay
        limits = user_limits(self.job.settings)
        setting = Setting(agenda=world.agenda, quiet_start=quiet, stopwatch=perf_counter_ns)
        return build_step(world, setting, hindsight=self.job.hindsight, users=users, limits=limits)

    def _gauges(self) -> ReadingGauges:
        """Return the gauges of what this process computes, by the present books."""
        return ReadingGauges(
            self.compute.rows,
            companies=lambda: company_rows(self.world.companies),
            series=lambda: self.compute.series(self.world.series_names()),
            declarations=self.world.catalogue if COMPUTE in self.job.roles else (),
        )

    def _find_feeds(self) -> None:
        """Take the feeds and streams of the present books that can be used here."""
        if FEEDS in self.job.roles:
            self.feeds = usable_feeds(self.world.feeds, os.environ)
            self.streams = usable_streams(self.world.streams, self.feeds, os.environ)

    def _known(self) -> Known:
        """Return the label values of what this process does."""
        roles, world = self.job.roles, self.world
        return Known(
            feeds=tuple(feed.spec.name for feed in self.feeds),
            streams=tuple(stream.spec.name for stream in self.streams),
            companies=tuple(world.companies) if COMPUTE in roles else (),
            metrics=tuple(m.name for m in world.catalogue) if COMPUTE in roles else (),
            rule_types=words_of(find_rule_types()) if COMPUTE in roles else (),
            sinks=("mqtt", "log", *(("users",) if self.users else ())) if RELAY in roles else (),
            channels=tuple(find_channels()) if self.users else (),
        )

    def _connect(self, *, blocking: bool = False) -> RedisClient:
        client = connect(self.servers.redis_url, blocking=blocking)
        self._stack.push_async_callback(client.aclose)
        return client

    # ---------------------------------------------------------------- the roles

    async def run(self, extra: Sequence[Extra] = ()) -> None:
        """Work until `stopping` is set; then stop feeds, compute and relay, in this order.

        Raises:
            ConfigError: the state in Redis belongs to another instance.
            Exception: what ended a role by itself.

        """
        with contextlib.suppress(StoreUnavailable):  # then each role asks when Redis is there
            await self._claim()
        holder = Holder(
            Leases(self.client, self.job.keys, ttl_ms=self.job.settings.lease_ms),
            own_name(),
            SystemClock(),
            self.instruments,
        )
        tasks: dict[str, asyncio.Task[None]] = {
            "heartbeat": asyncio.create_task(self.heartbeat.run())
        }
        for role, work in self._works():
            tasks[role] = asyncio.create_task(holder.hold(role, self._owned(work)), name=role)
        if self.job.settings.watch_books and not self.job.replay:
            tasks["books"] = asyncio.create_task(self.reloader.watch())
        for number, beside in enumerate(extra):
            tasks[f"extra-{number}"] = asyncio.create_task(ran(beside(self)))
        stopped = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({stopped, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = [task for task in tasks.values() if task.done()]
            await self._stop(tasks)
            stopped.cancel()
        for task in ended:
            task.result()

    def _works(self) -> Iterator[tuple[str, Work]]:
        """Yield the roles that one process of all does at a time, and the work of each."""
        roles = self.job.roles
        if FEEDS in roles:
            yield FEEDS, self._feeds().work
        if COMPUTE in roles:
            yield COMPUTE, self.compute.work
        if RELAY in roles:
            yield RELAY, self._relay().work
        if self._inboxes():
            yield WEB, self._hear

    async def _claim(self) -> None:
        await claim(self.client, self.job.keys, self.job.settings.instance)

    def _owned(self, work: Work) -> Work:
        """Return `work`, begun only where the state is this instance's."""

        async def owned(lease: Lease) -> None:
            await self._claim()
            await work(lease)

        return owned

    async def _stop(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        """Stop in the order of the flow, so that what was begun is carried to its end."""
        for name in (*(n for n in tasks if n.startswith("extra")), FEEDS, COMPUTE):
            await cancel(tasks.pop(name, None))
        relay = tasks.pop(RELAY, None)
        if relay is not None and not relay.done():
            with contextlib.suppress(TimeoutError, StoreUnavailable):
                async with asyncio.timeout(DRAIN_S):
                    await self.drained()
        await cancel(relay)
        for task in tasks.values():
            await cancel(task)

    async def drained(self) -> None:
        """Wait until the outbox is empty.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        outbox = OutboxStream(self.client, self.job.keys.outbox, consumer="", dead_key="")
        while await outbox.depth():  # noqa: ASYNC110  # the relay may be another process; Redis is what both see
            await asyncio.sleep(0.02)

    def _feeds(self) -> FeedRole:
        return FeedRole(
            feeds=lambda: self.feeds,
            streams=lambda: self.streams,
            reloaded=self._reloaded,
            writer=TickWriter(self.client, self.job.keys),
            notices=NoticeWriter(self.client, self.job.keys),
            store=FeedStore(self.client, self.job.keys),
            flaws=FlawStore(self.client, self.job.keys),
            calendar=self.world.calendar,
            stocks=lambda: self.world.companies,
            clock=self.job.clock,
            instruments=self.instruments,
            environ=dict(os.environ),
            seed=self.job.settings.backoff_seed,
        )

    def pages(self) -> Iterator[Ingest | Page | ReloadPage]:
        """Yield what may be posted to: signals and commands where they can be signed, a reload."""
        if self.admission is not None:
            yield Ingest(self.admission)
        if self.commands is not None:
            yield from self.commands.pages
        yield self.reload_page()

    def _inbox(self) -> Inbox | None:
        """Return what hears signals on the broker; None where nobody asked for it.

        Raises:
            ConfigError: it was asked for without a secret or a broker.

        """
        settings = self.job.settings
        if not settings.ingest_mqtt or WEB not in self.job.roles:
            return None
        where = settings.place_of("ingest_mqtt")
        if self.admission is None:
            hint = "set HASHHEDGE_INGEST_SECRET_FILE to a file with 16 characters or more"
            raise ConfigError("there is no secret to sign with", where=where, hint=hint)
        if not self.servers.mqtt_url:
            raise ConfigError("there is no broker", where=where, hint="set HASHHEDGE_MQTT_URL")
        return Inbox(
            broker_settings(settings, self.servers, self.job.replica),
            Subscription(self.admission),
            "ingest",
            SystemClock(),
        )

    def _inboxes(self) -> list[Inbox]:
        """Return what hears on the broker."""
        commands = None if self.commands is None else self.commands.inbox
        return [inbox for inbox in (self.inbox, commands) if inbox is not None]

    async def _hear(self, lease: Lease) -> None:
        """Hear signals and commands on the broker: one process does, by its lease."""
        del lease  # each message is taken once by its signature or id, so it needs no fence
        try:
            async with asyncio.TaskGroup() as group:
                for inbox in self._inboxes():
                    group.create_task(inbox.run())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    def _commands(self) -> Commanding | None:
        """Return what takes people's commands; None where nobody may, or the role is not ours.

        Raises:
            ConfigError: the file of users cannot be used.

        """
        settings, job = self.job.settings, self.job
        if settings.command_users is None or WEB not in job.roles or job.replay:
            return None
        found = self.servers
        broker = broker_settings(settings, found, job.replica) if found.mqtt_url else None
        return Commanding.of(
            settings.command_users,
            settings.place_of("command_users"),
            broker,
            CommandDesk(self.client, job.keys),
            Answerer(self.client, job.keys),
            self.instruments.commanded,
        )

    def _admission(self) -> Admission | None:
        secret = self.job.settings.ingest_secret
        if secret is None or WEB not in self.job.roles:
            return None
        receiving = Receiving(
            writer=TickWriter(self.client, self.job.keys),
            notices=NoticeWriter(self.client, self.job.keys),
            store=ExternalStore(self.client, self.job.keys),
            flaws=FlawStore(self.client, self.job.keys),
            calendar=self.world.calendar,
            stocks=lambda: self.world.companies,
            clock=self.job.clock,
            instruments=self.instruments,
        )
        return Admission(
            secret=secret,
            receiver=receiving,
            companies=lambda: {each.ticker: each.name for each in self.world.companies.values()},
            clock=self.job.clock,
        )

    def _shows(self, name: str) -> bool:
        """Tell whether a reading is among the retained states: all but metrics nobody follows."""
        return name in self.shown or name not in self.world.catalogue

    def _relay(self) -> RelayRole:
        return RelayRole(
            client=self.client,
            blocking=self._connect(blocking=True),
            keys=self.job.keys,
            mqtt=broker_settings(self.job.settings, self.servers, self.job.replica),
            origin=self._origin(),
            options=self.job.relay,
            clock=SystemClock(),
            instruments=self.instruments,
            shows=self._shows,
            world=lambda: self.world,
            discovery=None if self.job.replay else discovery_of(self.job.settings),
            posting=self._posting(),
        )

    def _origin(self) -> Origin:
        return Origin(dashboard_url=self.job.settings.dashboard_url, replay=self.job.replay)

    def _posting(self) -> Posting | None:
        if self.users is None:
            return None
        return Posting(
            file=self.users,
            world=lambda: self.world,
            client=self.client,
            blocking=self._connect(blocking=True),
            keys=self.job.keys,
            origin=self._origin(),
            meter=self.instruments.courier,
            pages=Pages.of(self.job.settings),
        )

    # ---------------------------------------------------------------- reload and health

    def _reloader(self) -> Reloader:
        settings = self.job.settings
        places = (settings.rules, settings.companies, settings.feeds, settings.calendar)
        reloader = Reloader(
            read=lambda: load_world(settings, SystemClock().now()),
            build=self._step_of,
            present=lambda: self.world,
            take=self._take_world,
            worker=self.worker,
            computes=COMPUTE in self.job.roles,
            places=tuple(place for place in places if place is not None),
            instruments=self.instruments,
            desk=CommandDesk(self.client, self.job.keys),
            clock=self.job.clock,
        )
        if not self.job.replay:
            self.worker.on_reload = reloader.on_command
            self.worker.on_users = reloader.on_users
            self.compute.catch_up = reloader.catch_up if settings.watch_books else None
        return reloader

    def reload_page(self) -> ReloadPage:
        """Return what takes `POST /-/reload`."""
        return ReloadPage(
            reload=lambda dry_run: self.reloader.reload("page", dry_run=dry_run),
            secret=self.job.settings.ingest_secret,
            host=self.job.settings.web_host,
            clock=SystemClock(),
        )

    def _take_world(self, world: World) -> None:
        """Use other books from now on."""
        self.world = world
        self.shown = world.shown_names()
        self._find_feeds()
        self._reloaded.set()
        self.instruments.know(self._known())

    def health(self) -> Health:
        """Return the readiness checks of this process's roles."""
        health, roles = Health(), self.job.roles
        redis_into(health, self.client, self.job.keys)
        for role in (FEEDS, COMPUTE, RELAY):
            if role in roles:
                writes_into(health, role, self.instruments)
        if COMPUTE in roles:
            clock_into(health, self.worker, self.job.clock if self.job.replay else SystemClock())
        if RELAY in roles:
            broker_into(health, RELAY, self.instruments)
        return health


@contextlib.asynccontextmanager
async def opened(job: Job, world: World | None = None) -> AsyncIterator[Service]:
    """Build a service on its servers, with its pages for probes and Prometheus.

    Raises:
        ConfigError: books, URLs or addresses cannot be used.

    """
    world = world or load_world(job.settings, SystemClock().now())
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(servers(job.settings, broker=RELAY in job.roles))
        service = Service(job, world, found, stack)
        face = Face(
            registry=service.instruments.registry,
            heartbeat=service.heartbeat,
            health=service.health(),
        )
        app = build(face)
        for page in service.pages():
            page.add_to(app)
        settings = job.settings
        where = f"{settings.place_of('web_host')}, {settings.place_of('web_port')}"
        service.url = await stack.enter_async_context(
            serve(app, host=settings.web_host, port=settings.web_port, where=where)
        )
        yield service
