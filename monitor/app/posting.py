"""Users and their channels put together: what the relay role works with where a users' file is given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from alerts.channels.base import ChannelContext
from alerts.channels.buttons import Buttons
from alerts.channels.catalogue import find_channels
from alerts.channels.opening import OpenChannels
from alerts.codec import FIELD as NOTICE_FIELD
from alerts.correspondence import Clerk
from alerts.courier import Courier, CourierOptions
from alerts.letters import FIELD
from alerts.model import Transition
from alerts.rulebook import Rulebook
from alerts.schemas.origin import Origin
from alerts.sinks.mqtt import MqttSink
from alerts.sinks.users import UsersSettings
from alerts.users import User
from alerts.users_file import UsersFile
from monitor import __version__
from monitor.app.pushing import secrets_of
from monitor.app.world import World
from monitor.core.clock import Clock, SystemClock
from monitor.core.errors import StoreUnavailable
from monitor.metrics.catalogue import Catalogue
from monitor.settings import Settings
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.leases import Lease
from monitor.store.letters import LetterStore
from monitor.store.named import NamedMessages
from monitor.store.outbox_stream import OutboxStream
from monitor.store.watchlists import WatchlistStore
from monitor.telemetry.courier_meter import CourierMeter
from monitor.web.outbound import outbound
from monitor.web.users import Users

COUNT_EVERY_S = 1.0
GROUP = "courier"

log = structlog.get_logger()


def letter_store(client: RedisClient, keys: Keys) -> LetterStore:
    """Return the store of letters."""
    return LetterStore(client, keys, letter=FIELD, notice=NOTICE_FIELD)


class Tags:
    """What an alert is about: the type of its company, its flags, the family of its rule."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world
        self._read: Rulebook | None = None
        self._families: dict[str, str] = {}

    def __call__(self, item: Transition) -> frozenset[str]:
        """Return the tags of one alert, by the books in use."""
        world = self._world()
        if world.rulebook is not self._read:
            self._read, self._families = world.rulebook, _families(world.rulebook)
        company = world.companies.get(item.whom)
        words = {"" if company is None else company.type.value, *item.flags}
        return frozenset(words | {self._families.get(item.rule, "")}) - {""}


def _families(book: Rulebook) -> dict[str, str]:
    usual = book.desk.pace.notify
    blocks = ((rule.id, rule.notify or usual) for rule in book.rules)
    return {name: notify.family for name, notify in blocks if notify is not None and notify.family}


def label_of(catalogue: Catalogue, target: str) -> str:
    """Return what a metric is called in English; empty where it has no name but its own."""
    return catalogue[target].label if target in catalogue else ""


def users_of(settings: Settings) -> UsersFile | None:
    """Return the users' file of the settings; None where nobody is configured.

    Raises:
        ConfigError: it cannot be used.

    """
    return None if settings.users is None else UsersFile(settings.users, find_channels())


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the buttons of messages lead.

    Attributes:
        url: at which a phone reaches the pages of this service; None: it does not.
        users: whose keys sign the buttons; None: nobody may command.

    """

    url: str | None = None
    users: Users | None = None

    @classmethod
    def of(cls, settings: Settings) -> Pages:
        """Return those of the settings.

        Raises:
            ConfigError: the file of keys cannot be used.

        """
        if settings.public_url is None or settings.command_users is None:
            return cls(settings.public_url)
        place = settings.place_of("command_users")
        return cls(settings.public_url, Users(settings.command_users, place))

    def buttons(self, user: User) -> Buttons:
        """Return what a user's buttons are made with; without a key they command nothing."""
        key = None if self.users is None else self.users.key_of(user.name)
        return Buttons(
            user=user.name, base_url=self.url or "", key=key or "", language=user.language
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The users of one process.

    Attributes:
        file: of the users.
        world: the books in use by now.
        client: of Redis.
        blocking: one for reads that wait.
        keys: of the shard.
        origin: where links begin.
        meter: counts.
        pages: where the buttons of messages lead, and whose keys sign them.
        clock: wall time.
        options: how patient the courier is.

    """

    file: UsersFile
    world: Callable[[], World]
    client: RedisClient
    blocking: RedisClient
    keys: Keys
    origin: Origin
    meter: CourierMeter
    pages: Pages
    clock: Clock = field(default_factory=SystemClock)
    options: CourierOptions = field(default_factory=CourierOptions)

    def is_user(self, name: str) -> bool:
        """Tell whether his own channels tell him."""
        return name in self.file.book().by_name

    def settings(self) -> UsersSettings:
        """Return what the users sink works with."""
        watchlists = WatchlistStore(self.client, self.keys)
        read: Callable[[], Awaitable[Mapping[str, Sequence[str]]]] = watchlists.read
        return UsersSettings(
            book=self.file.book,
            store=letter_store(self.client, self.keys),
            lists=read,
            tags=Tags(self.world),
            counted=self.meter.routed,
        )

    async def work(self, lease: Lease, broker: MqttSink | None) -> None:
        """Carry letters until cancelled."""
        stream = self._stream(self.blocking, f"courier-{lease.token}")
        async with outbound() as post:
            context = ChannelContext(
                clock=self.clock,
                version=__version__,
                secret=secrets_of(os.environ),
                post=post,
                publish=None if broker is None else broker.publish_inbox,
            )
            courier = Courier(
                stream,
                letter_store(self.client, self.keys),
                self.file.book,
                self._clerk(),
                OpenChannels(find_channels(), context, NamedMessages(self.client, self.keys)),
                clock=self.clock,
                options=self.options,
                meter=self.meter,
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(courier.run(), name="courier")
                group.create_task(self._count(), name="courier.count")

    def _clerk(self) -> Clerk:
        return Clerk(
            lambda target: label_of(self.world().catalogue, target),
            self.origin,
            self.pages.buttons,
        )

    async def _count(self) -> None:
        """Show how many letters wait."""
        stream = self._stream(self.client, "")
        while True:
            try:
                waiting, dead = await stream.depth(), await stream.dead_letters()
                self.meter.letters_wait(waiting=waiting, dead=dead)
            except StoreUnavailable as error:
                log.debug("courier.not_counted", why=str(error))
            await self.clock.sleep(COUNT_EVERY_S)

    def _stream(self, client: RedisClient, consumer: str) -> OutboxStream:
        keys = self.keys
        return OutboxStream(
            client, keys.letters, GROUP, consumer=consumer, dead_key=keys.dead_user_letters
        )
