"""What is kept of each letter: which channel took it, which did not and why, how it ended. Hop 9."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import structlog

from alerts.channels.base import Failure, Message
from alerts.codec import encode_transition
from alerts.letters import UserLetter, failed_notice
from alerts.users import UsersBook
from monitor.core.clock import Clock
from monitor.core.errors import DeliveryError
from monitor.store.letters import LetterStore

FAILURES: tuple[str, ...] = get_args(Failure)
_log = structlog.get_logger(__name__)


class Receipts:
    """Writes the courier's receipts, and tells of a channel that does not work."""

    def __init__(self, store: LetterStore, book: Callable[[], UsersBook], clock: Clock) -> None:
        self._store, self._book, self._clock = store, book, clock

    async def took(self, letter: UserLetter, name: str, message: Message, receipt: str) -> None:
        """Keep that a channel took a letter; what was wrong with it is mended."""
        fields = self._receipt(letter, "delivered") | {
            "channel": name,
            "stage": message.stage.value,
            "receipt": receipt[:200],
        }
        mended = [f"{letter.user}|{name}|{reason}" for reason in FAILURES]
        await self._store.receipt(fields, mended)

    async def failed(self, letter: UserLetter, kind: str, name: str, error: DeliveryError) -> None:
        """Keep that a channel did not take it; of a kind and reason those who mend it hear once."""
        now = self._clock.now()
        await self._store.receipt(self._receipt(letter, error.reason) | {"channel": name})
        notice = encode_transition(failed_notice(kind, error.reason, now))
        fault, alike = f"{letter.user}|{name}", self._book().faults_of(kind, error.reason)
        if await self._store.failed(f"{fault}|{error.reason}", alike, now, notice):
            _log.warning(
                "courier.channel_failed",
                user=letter.user,
                channel=name,
                reason=error.reason,
                retriable=error.retriable,
                why=str(error),
            )

    async def ended(self, letter: UserLetter, outcome: str) -> None:
        """Keep that a letter ended without a channel that took it."""
        await self._store.receipt(self._receipt(letter, outcome))

    def _receipt(self, letter: UserLetter, outcome: str) -> dict[str, str]:
        item = letter.transition
        return {
            "id": letter.id,
            "alert": item.id,
            "name": item.name,
            "user": letter.user,
            "at": str(self._clock.now()),
            "outcome": outcome,
        }
