"""Notifications on their way out: what lies in the stream, as transitions. Hop 7.

The commit appends (`alerts.codec.encode_transition` in field `codec.FIELD`); the relay reads
here. An entry that cannot be read is handed out as such: one bad record must not stop the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from alerts import codec
from alerts.forms import owner_of
from alerts.model import SHADOW
from alerts.notification import Notification
from alerts.reasons import Reason
from monitor.core.clock import Millis
from monitor.store.alert_states import below_owner
from monitor.store.outbox_stream import OutboxEntry, OutboxStream

_FIELD = codec.FIELD.encode()


class Letter(msgspec.Struct, frozen=True):
    """One entry and the notification in it, or None and why it cannot be read."""

    entry: OutboxEntry
    notification: Notification | None
    why: str = ""


class Outbox:
    """The outbox as the relay sees it. All methods raise `StoreUnavailable`."""

    def __init__(self, stream: OutboxStream) -> None:
        self._stream = stream

    async def start(self) -> None:
        """Make sure the consumer group is there; may be called again at any time."""
        await self._stream.ensure_group()

    async def read(self, block_ms: int, count: int) -> list[Letter]:
        """Return up to `count` new letters, waiting `block_ms` for the first."""
        return [_open(entry) for entry in await self._stream.read(block_ms, count)]

    async def claim(self, min_idle_ms: Millis) -> list[Letter]:
        """Return letters that were given to a consumer and left, oldest first."""
        left = [_open(entry) for entry in await self._stream.claim(min_idle_ms)]
        await self._stream.forget_gone()
        return left

    async def touch(self, ids: Iterable[str]) -> None:
        """Say that the letters `ids` are still worked on."""
        await self._stream.touch(ids)

    async def settle(self, letters: Sequence[Letter]) -> None:
        """Remove delivered letters, and keep what stands told by them."""
        states = dict(told for letter in letters for told in _told(letter))
        await self._stream.settle([letter.entry.id for letter in letters], states)

    async def dead_letter(self, letter: Letter, reason: str) -> None:
        """Put a letter aside that can never be delivered."""
        await self._stream.dead_letter(letter.entry, reason)

    async def oldest_at(self) -> Millis | None:
        """Return when the oldest letter was committed, None if none waits."""
        return await self._stream.oldest_at()

    async def dead_letters(self) -> int:
        """Return how many letters were put aside."""
        return await self._stream.dead_letters()

    async def depth(self) -> int:
        """Return how many letters are not settled."""
        return await self._stream.depth()


def _told(letter: Letter) -> Iterator[tuple[str, bytes]]:
    """Yield the alert whose state a letter has told, and itself; of one that ended, nothing."""
    if letter.notification is not None:
        transition = letter.notification.transition
        if transition.muted_by != SHADOW and transition.has_state:
            body = b"" if transition.reason is Reason.RULE_REMOVED else letter.entry.fields[_FIELD]
            own = bool(owner_of(transition.rule))
            yield (below_owner(transition.name) if own else transition.name), body


def _open(entry: OutboxEntry) -> Letter:
    data = entry.fields.get(_FIELD)
    if data is None:
        return Letter(entry, None, f"no field {codec.FIELD!r}")
    try:
        return Letter(
            entry, Notification(entry_id=entry.id, transition=codec.decode_transition(data))
        )
    except ValueError as error:
        return Letter(entry, None, str(error))
