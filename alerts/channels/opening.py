"""The channels of users, opened when they are first needed and kept open while their settings stay.

Each is entered and left in a task of its own, as a channel that has tasks itself needs; one that cannot
be opened is asked for anew at the next letter, so that a secret may come later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog

from alerts.channels.base import Channel, ChannelContext, ChannelSpec
from alerts.channels.remembering import Memory, Remembering
from alerts.users import ChannelSetting, User
from monitor.core.errors import ConfigError, DeliveryError

OPEN_S = 30.0
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Kept:
    task: asyncio.Task[None]
    opened: asyncio.Future[Channel]


@dataclass(slots=True)
class OpenChannels:
    """Those that are open; `close` ends them all."""

    kinds: Mapping[str, ChannelSpec]
    context: ChannelContext
    memory: Memory | None = None
    _kept: dict[tuple[str, str, bytes], _Kept] = field(default_factory=dict)

    async def get(self, user: User, place: int) -> Channel:
        """Return one channel of a user, open.

        Raises:
            DeliveryError: it cannot be opened; says why.

        """
        setting, name = user.ways[place], user.channel_names()[place]
        key = (user.name, name, msgspec.json.encode(setting, order="deterministic"))
        kept = self._kept.get(key)
        if kept is None or kept.task.done():
            self._leave_older(key)
            kept = self._kept[key] = self._start(setting, f"{user.name}/{name}")
        try:
            async with asyncio.timeout(OPEN_S):
                return await asyncio.shield(kept.opened)
        except ConfigError as error:
            del self._kept[key]
            raise DeliveryError(str(error), retriable=False, reason="refused") from error
        except TimeoutError as error:
            raise DeliveryError("cannot be opened", retriable=True, reason="timeout") from error

    def forget(self, user: User, place: int) -> None:
        """Close one channel of a user: the key that it was opened with may have been changed."""
        name = user.channel_names()[place]
        for key in [it for it in self._kept if it[:2] == (user.name, name)]:
            self._kept.pop(key).task.cancel()

    async def close(self) -> None:
        """End all of them."""
        tasks = [kept.task for kept in self._kept.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._kept.clear()

    def _leave_older(self, key: tuple[str, str, bytes]) -> None:
        """Close what this channel was by other settings."""
        for other in [it for it in self._kept if it[:2] == key[:2]]:
            self._kept.pop(other).task.cancel()

    def _start(self, setting: ChannelSetting, name: str) -> _Kept:
        opened: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            self._keep(setting, opened, name), name=f"channel.{setting.kind}"
        )
        return _Kept(task, opened)

    async def _keep(
        self, setting: ChannelSetting, opened: asyncio.Future[Channel], name: str
    ) -> None:
        try:
            spec = self.kinds[setting.kind]
            async with spec.open(self.context, setting.settings) as channel:
                found: Channel = channel
                if spec.edits and self.memory is not None:
                    found = Remembering(channel, self.memory, name)
                opened.set_result(found)
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not opened.done():
                opened.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # the border: one channel's fault stops no other
            if not isinstance(error, ConfigError):
                _log.exception("channel.failed", kind=setting.kind)
                error = ConfigError(f"cannot be opened: {type(error).__name__}")
            if not opened.done():
                opened.set_exception(error)
                with suppress(Exception):
                    opened.exception()  # whoever asked is told; nobody may be waiting any more
