"""From letters to people: word each one, hand it to the user's channels in turn, keep a receipt. Hop 9.

A user's letters go out one after the other; different users do not wait for each other: what a user's
channel keeps waiting is remembered by its id (`alerts/lane.py`), and others' letters are read on. No
alert's event waits for any of them. A channel is tried a few times; then, or at once where trying again cannot
help, the next one has its turn. When all have failed and waiting may help, they are asked again in
rounds, for half an hour at most. What no channel took is put aside with the reasons.

The courier works under the relay's lease. What it was doing when it is stopped is done again under the
same id. A fault of its own, or a Redis that is away, begins its work anew and stops nothing else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from alerts.channels.base import Message
from alerts.channels.opening import OpenChannels
from alerts.correspondence import Clerk
from alerts.lane import Held, Lane
from alerts.letters import FIELD, UserLetter, decode_letter
from alerts.receipts import Receipts
from alerts.releasing import Releaser
from alerts.topics import EVENT_LIFETIME
from alerts.users import User, UsersBook
from monitor.core.backoff import Backoff
from monitor.core.clock import DAY, MINUTE, SECOND, Clock, Millis
from monitor.core.errors import DeliveryError, StoreUnavailable
from monitor.store.letters import LetterStore
from monitor.store.outbox_stream import OutboxEntry, OutboxStream

_FIELD = FIELD.encode()
_PAGE = 100
"""How many letters are read at a time: so many are in memory beside the lanes."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierOptions:
    """How patient the courier is.

    Attributes:
        ahead: letters of one user in memory; of those behind them only the ids are.
        max_held: letters of all users known and not yet settled, 0.1 KB each where only the id is
            in memory. Where so many wait, none is read: it is what memory can bear, not a pace.
        block_ms: how long one read waits for a letter.
        tries: of one channel in one round.
        retry: waits between them; the other side's own wish counts if it is longer.
        longest_wait_ms: a channel that asks for a longer wait has had its turn in this round.
        rounds: waits between rounds.
        patience_ms: how long a letter is tried at all.
        send_s: how long one try may take.
        look_every_s: how often it is looked whether held letters may go.

    """

    ahead: int = 10
    max_held: int = 100_000
    block_ms: int = 1_000
    tries: int = 3
    retry: Backoff = field(default_factory=lambda: Backoff(base_s=1.0, cap_s=10.0))
    longest_wait_ms: Millis = 30 * SECOND
    rounds: Backoff = field(default_factory=lambda: Backoff(base_s=10.0, cap_s=300.0))
    patience_ms: Millis = 30 * MINUTE
    send_s: float = 30.0
    look_every_s: float = 1.0


class CourierMeter(Protocol):
    """What counts the courier's work; telemetry implements it."""

    def handed_over(self, channel: str, age_ms: Millis) -> None:
        """Count a message that a channel took; `age_ms` is now minus event time."""
        ...

    def channel_failed(self, channel: str, reason: str) -> None:
        """Count a failed try; both are words of closed sets."""
        ...

    def letter_ended(self, outcome: str) -> None:
        """Count a letter by what became of it: `delivered`, `expired`, `no_user`, `dead`."""
        ...


class Courier:
    """Carries letters to the channels of their users."""

    def __init__(  # noqa: PLR0913  # what it joins is just so many things
        self,
        stream: OutboxStream,
        store: LetterStore,
        book: Callable[[], UsersBook],
        clerk: Clerk,
        channels: OpenChannels,
        *,
        clock: Clock,
        meter: CourierMeter,
        options: CourierOptions | None = None,
    ) -> None:
        self._stream, self._book = stream, book
        self._clerk, self._channels, self._clock = clerk, channels, clock
        self._options = options or CourierOptions()
        self._meter = meter
        self._receipts = Receipts(store, book, clock)
        self._releaser = Releaser(store, book, clock)
        self._rng = random.Random()  # noqa: S311 - jitter, no secret
        self._lanes: dict[str, Lane] = {}
        self._held = 0
        self._released = asyncio.Event()

    async def run(self) -> None:
        """Carry letters until cancelled."""
        failures = 0
        while True:
            began = self._clock.now()
            try:
                await self._work()
            except* StoreUnavailable as group:
                if failures == 0:
                    _log.warning("courier.store_unavailable", why=str(group.exceptions[0]))
            except* Exception:  # noqa: BLE001  # the loop's border: a fault here must not stop the relay
                _log.exception("courier.failed")
            finally:
                await self._channels.close()
            failures = 0 if self._clock.now() - began > MINUTE else failures + 1
            await self._clock.sleep(self._options.retry.delay_s(failures, self._rng))

    async def _work(self) -> None:
        self._lanes.clear()
        self._held = 0
        await self._stream.ensure_group()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._release(), name="courier.release")
            async for left in self._stream.claims(0, _PAGE):
                await self._accept(group, left)
                await self._room()
            while True:
                count = min(await self._room(), _PAGE)
                await self._accept(group, await self._stream.read(self._options.block_ms, count))

    async def _room(self) -> int:
        """Wait until more letters may be known; return how many."""
        while self._held >= self._options.max_held:
            self._released.clear()
            await self._released.wait()
        return self._options.max_held - self._held

    async def _release(self) -> None:
        while True:
            await self._releaser.look()
            await self._clock.sleep(self._options.look_every_s)

    async def _accept(self, group: asyncio.TaskGroup, entries: Sequence[OutboxEntry]) -> None:
        for held in await self._opened(entries):
            self._held += 1
            user = held[1].user
            if user not in self._lanes:
                self._lanes[user] = Lane(self._options.ahead)
                group.create_task(self._drive(user), name="courier.lane")
            self._lanes[user].add(held)

    async def _opened(self, entries: Sequence[OutboxEntry]) -> list[Held]:
        """Return entries with their letters; what cannot be read is put aside."""
        opened: list[Held] = []
        for entry in entries:
            try:
                opened.append((entry, decode_letter(entry.fields.get(_FIELD, b""))))
            except ValueError as error:
                _log.error(
                    "courier.unreadable", entry=entry.id, why=str(error)
                )  # its words say all
                await self._stream.dead_letter(entry, "unreadable")
        return opened

    async def _drive(self, user: str) -> None:
        lane = self._lanes[user]
        while lane:
            if wanted := lane.wanted():
                found = await self._opened(await self._stream.entries(wanted))
                self._settled(lane.take_up(wanted, found))
                continue
            entry, letter = lane.first
            outcome = await self._carry(letter)
            if outcome:
                await self._stream.dead_letter(entry, outcome)
            else:
                await self._stream.settle([entry.id])
            lane.drop_first()
            self._settled(1)
        del self._lanes[user]

    def _settled(self, count: int) -> None:
        self._held -= count
        self._released.set()

    async def _carry(self, letter: UserLetter) -> str:
        """Bring one letter to its user; return why it is to be put aside, or nothing."""
        rounds, reasons = 0, dict[str, str]()
        lasting: set[str] = set()
        while True:
            user = self._book().by_name.get(letter.user)
            if user is None:
                return await self._end(letter, "no_user")
            if self._clock.now() >= _expiry(letter):
                return await self._end(letter, "expired")
            if await self._round(letter, user, reasons, lasting):
                return await self._end(letter, "delivered")
            waited = self._clock.now() - letter.at
            if lasting >= set(user.channel_names()) or waited >= self._options.patience_ms:
                self._meter.letter_ended("dead")
                return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
            await self._clock.sleep(self._options.rounds.delay_s(rounds, self._rng))
            rounds += 1

    async def _round(
        self, letter: UserLetter, user: User, reasons: dict[str, str], lasting: set[str]
    ) -> bool:
        """Ask the user's channels in turn; tell whether one of them took the letter."""
        for place, name in enumerate(user.channel_names()):
            if name in lasting:
                continue
            error = await self._hand_over(letter, user, place)
            if error is None:
                return True
            reasons[name] = error.reason
            if not error.retriable:
                lasting.add(name)
            await self._receipts.failed(letter, user.ways[place].kind, name, error)
        return False

    async def _hand_over(self, letter: UserLetter, user: User, place: int) -> DeliveryError | None:
        """Try one channel a few times; return why it did not take the letter."""
        kind, name = user.ways[place].kind, user.channel_names()[place]
        tries = 0
        while True:
            message = self._clerk.message(letter, user, self._clock.now())
            try:
                receipt = await self._send(user, place, message)
            except DeliveryError as error:
                self._meter.channel_failed(kind, error.reason)
                tries += 1
                wish_ms = error.retry_after_ms or 0
                patient = tries < self._options.tries and wish_ms <= self._options.longest_wait_ms
                if not error.retriable or not patient:
                    return error
                floor_s = wish_ms / SECOND
                delay_s = self._options.retry.delay_s(tries - 1, self._rng, floor_s=floor_s)
                await self._clock.sleep(delay_s)
            else:
                self._meter.handed_over(kind, self._clock.now() - message.at)
                await self._receipts.took(letter, name, message, receipt)
                return None

    async def _send(self, user: User, place: int, message: Message) -> str:
        channel = await self._channels.get(user, place)
        try:
            async with asyncio.timeout(self._options.send_s):
                return await channel.send(message)
        except TimeoutError as error:
            raise DeliveryError("no answer in time", retriable=True, reason="timeout") from error
        except DeliveryError as error:
            if error.reason == "auth":
                self._channels.forget(user, place)
            raise
        except Exception as bug:  # the border: one channel's fault stops no other
            kind = user.ways[place].kind
            _log.exception("courier.channel_raised", channel=kind, id=message.id)
            raise DeliveryError(type(bug).__name__, retriable=False, reason="refused") from bug

    async def _end(self, letter: UserLetter, outcome: str) -> str:
        if outcome != "delivered":
            await self._receipts.ended(letter, outcome)
        self._meter.letter_ended(outcome)
        return ""


def _expiry(letter: UserLetter) -> Millis:
    """Return when a letter is not worth bringing any more, ms UTC; a digest is for a day."""
    if letter.held:
        return letter.at + DAY
    return letter.transition.at + EVENT_LIFETIME[letter.transition.severity]
