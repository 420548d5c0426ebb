"""Letters to users in Redis: put once, held over quiet hours, let go together, their receipts. Hop 9.

Whatever belongs together is changed in one step on the server, so a crash leaves either all of it
or nothing: the mark that a letter was written and the letter; the digest and the letters it lists; the
mark that a channel has failed and the notice of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.clock import DAY, HOUR, Millis
from monitor.store.alert_states import below_owner
from monitor.store.client import translated
from monitor.store.keys import Keys
from monitor.store.letter_scripts import FAILED, PUT, RELEASE

MAX_RECEIPTS = 10_000
MAX_TOLD = 10_000
"""Alerts of one user that may go on at a time; the end of an older one is not told."""
ROUTED_MS = 2 * DAY
"""Longer than any news is worth sending, so that a repeat after a crash is known as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One letter to be put away.

    Attributes:
        id: of the letter.
        user: whom it is for.
        body: the letter.
        thread: of the alert's episode at the user.
        hold: keep it until it is let go; else it goes to the courier, in place of what is held of
            the same thread: that is old news by then.
        marks: `begins`, `ends` or nothing: what it does to the alerts he was told of; `test`: it is
            a drill, which takes no place under his cap and the place of nothing that is held.

    """

    id: str
    user: str
    body: bytes
    thread: str
    hold: bool
    marks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is let go together: the digest in place of the letters under `fields`.

    Attributes:
        id: of the digest.
        user: whose.
        body: the digest.
        fields: the names of the letters that it lists.
        begins: threads that he is told of by it and that go on.
        ends: threads that are over by it.

    """

    id: str
    user: str
    body: bytes
    fields: tuple[str, ...]
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is known of one user: threads told of, threads that wait, when messages went out."""

    told: frozenset[str]
    held: frozenset[str]
    sent_at: tuple[Millis, ...]
    wishes: Mapping[str, bool]


class LetterStore:
    """The letters of one shard. All methods raise `StoreUnavailable`."""

    def __init__(self, client: Redis, keys: Keys, *, letter: str, notice: str) -> None:
        """Take the fields in which a letter and a notice of the outbox stand."""
        self._client, self._keys = client, keys
        self._letter, self._notice = letter, notice
        self._put = client.register_script(PUT)
        self._release = client.register_script(RELEASE)
        self._failed = client.register_script(FAILED)

    async def remembered(self, threads: Mapping[str, str], now: Millis) -> dict[str, Remembered]:
        """Return what is known of each user in the light of one thread of his."""
        with translated("read what users were told"):
            async with self._client.pipeline(transaction=False) as pipe:
                for user, thread in threads.items():
                    pipe.zscore(self._keys.told(user), thread)
                    pipe.hkeys(self._keys.held(user))
                    pipe.zrangebyscore(
                        self._keys.pushed(user), f"({now - HOUR}", "+inf", withscores=True
                    )
                    pipe.hgetall(self._keys.follows(user))
                found: list[Any] = await pipe.execute()
        return {
            user: _remembered(thread, *found[4 * place : 4 * place + 4])
            for place, (user, thread) in enumerate(threads.items())
        }

    async def put(self, puts: Sequence[Put], now: Millis) -> None:
        """Put letters away, each once however often it is asked for, all or none."""
        if not puts:
            return
        keys = self._keys
        with translated("put letters away"):
            async with self._client.pipeline(transaction=True) as pipe:
                for it in puts:
                    names = [
                        keys.routed(it.user),
                        keys.letters,
                        keys.held(it.user),
                        keys.holding,
                        keys.pushed(it.user),
                        keys.told(it.user),
                    ]
                    way = "hold" if it.hold else "send"
                    rest = [ROUTED_MS, MAX_TOLD, self._letter]
                    words: list[Any] = [
                        it.id,
                        it.body,
                        now,
                        way,
                        it.user,
                        it.thread,
                        it.marks,
                        *rest,
                    ]
                    await self._put(names, words, client=pipe)
                await pipe.execute()

    async def holding(self) -> list[str]:
        """Return the users for whom letters are held."""
        with translated("read the held letters"):
            members: Any = await self._client.smembers(self._keys.holding)
        return sorted(name.decode() for name in members)

    async def held(self, user: str) -> dict[str, bytes]:
        """Return the letters held for a user by the names under which they lie."""
        with translated("read the held letters"):
            found: Any = await self._client.hgetall(self._keys.held(user))
        return {name.decode(): body for name, body in found.items()}

    async def standing(self, alerts: Sequence[str]) -> dict[str, bytes]:
        """Return where those of these alerts stand that go on, encoded, by `rule|key`."""
        if not alerts:
            return {}
        places = [place for name in alerts for place in (below_owner(name), name)]
        with translated("read where held alerts stand"):
            found: Any = await self._client.hmget(self._keys.alert_states, places)
        pairs = zip(alerts, found[::2], found[1::2], strict=True)
        return {name: own or shared for name, own, shared in pairs if own or shared}

    async def sent_at(self, user: str, now: Millis) -> tuple[Millis, ...]:
        """Return when messages went out to a user within the last hour, ms UTC."""
        with translated("read what users were told"):
            found: Any = await self._client.zrangebyscore(
                self._keys.pushed(user), f"({now - HOUR}", "+inf", withscores=True
            )
        return tuple(int(score) for _, score in found)

    async def release(self, wanted: Release, now: Millis) -> bool:
        """Put a digest in the place of what it lists; tell whether all of that was still held."""
        keys = self._keys
        names = [
            keys.held(wanted.user),
            keys.holding,
            keys.letters,
            keys.pushed(wanted.user),
            keys.told(wanted.user),
        ]
        threads = {"held": wanted.fields, "begins": wanted.begins, "ends": wanted.ends}
        encoded = msgspec.json.encode(threads)
        words: list[Any] = [wanted.id, wanted.body, now, wanted.user, encoded, self._letter]
        with translated("let letters go"):
            return bool(await self._release(names, words))

    async def drop_held(self, user: str) -> None:
        """Give up what is held for a user who is no more."""
        with translated("give up held letters"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.delete(self._keys.held(user))
                pipe.srem(self._keys.holding, user)
                await pipe.execute()

    # ---------------------------------------------------------------- receipts and faults

    async def receipt(self, fields: Mapping[str, str], mended: Iterable[str] = ()) -> None:
        """Keep a receipt, and end the faults that it shows to be over."""
        kept: Any = dict(fields)
        with translated("keep a receipt"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.xadd(self._keys.receipts, kept, maxlen=MAX_RECEIPTS, approximate=True)
                over = list(mended)
                if over:
                    pipe.hdel(self._keys.channel_faults, *over)
                await pipe.execute()

    async def receipts(self, count: int = MAX_RECEIPTS) -> list[dict[str, str]]:
        """Return the newest receipts, oldest first, each with `at` in ms UTC."""
        with translated("read the receipts"):
            page: Any = await self._client.xrevrange(self._keys.receipts, count=count)
        return [
            {name.decode(): value.decode("utf-8", "replace") for name, value in fields.items()}
            for _, fields in reversed(page)
        ]

    async def faults(self) -> dict[str, Millis]:
        """Return the faults that stand, `user|channel|reason`, and since when, ms UTC."""
        with translated("read the channels' faults"):
            found: Any = await self._client.hgetall(self._keys.channel_faults)
        return {name.decode(): int(since) for name, since in found.items()}

    async def failed(self, fault: str, alike: Iterable[str], now: Millis, notice: bytes) -> bool:
        """Note a fault; tell if it is new. Its notice goes out, and to the trail, unless one of `alike` was told."""
        keys = [self._keys.channel_faults, self._keys.outbox, self._keys.transitions]
        with translated("note a channel's fault"):
            return bool(await self._failed(keys, [fault, now, self._notice, notice, *alike]))

    # ---------------------------------------------------------------- follows

    async def follow(self, user: str, items: Iterable[str], *, wanted: bool) -> None:
        """Note that a user follows `items`, or does not want them any more."""
        changes: Any = dict.fromkeys(items, str(int(wanted)))
        with translated("note what is followed"):
            await self._client.hset(self._keys.follows(user), mapping=changes)

    async def forget_follows(self, user: str, items: Iterable[str]) -> int:
        """Forget what a user said of `items`, so that the file alone counts; return how many."""
        with translated("note what is followed"):
            return int(await self._client.hdel(self._keys.follows(user), *items))

    async def follows(self, user: str) -> dict[str, bool]:
        """Return what a user follows (True) or has unfollowed (False) by command."""
        with translated("read what is followed"):
            found: Any = await self._client.hgetall(self._keys.follows(user))
        return _wishes(found)


def _remembered(thread: str, score: Any, held: Any, sent: Any, wishes: Any) -> Remembered:  # noqa: ANN401  # Redis' answers
    return Remembered(
        told=frozenset({thread}) if score is not None else frozenset(),
        held=frozenset(name.decode().partition("/")[0] for name in held),
        sent_at=tuple(int(at) for _, at in sent),
        wishes=_wishes(wishes),
    )


def _wishes(found: Mapping[bytes, bytes]) -> dict[str, bool]:
    return {name.decode(): value == b"1" for name, value in found.items()}
