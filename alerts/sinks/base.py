"""The sink seam: publish one notification and come back with a receipt. Hop 8.

A sink file binds `SINK` to a `SinkSpec`. A sink is an async context manager; it raises only
`DeliveryError`, and says there whether trying again can help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from alerts.notification import Notification, Receipt
from alerts.schemas.origin import Origin
from monitor.core.clock import Clock
from monitor.core.errors import DeliveryError


class Sink(Protocol):
    """A way out, open."""

    async def publish(self, notification: Notification) -> Receipt:
        """Deliver and return only when the other side has acknowledged.

        Raises:
            DeliveryError: not delivered; `retriable` says whether trying again can help.

        """
        ...


@runtime_checkable
class StateSink(Protocol):
    """A sink that also keeps what is: it must hear of a transition whose news is not sent."""

    async def update_state(self, notification: Notification) -> Receipt:
        """Bring the kept state up to date without telling anyone.

        Raises:
            DeliveryError: as in `publish`.

        """
        ...


@runtime_checkable
class PromptSink(Protocol):
    """A sink that can take a notification without anybody waiting: no task for each alert."""

    def offer(
        self,
        notification: Notification,
        done: Callable[[DeliveryError | None], None],
        *,
        with_event: bool,
    ) -> bool:
        """Send at once; `done` is told of the acknowledgement, or what was said against it.

        False, with nothing sent and `done` never called: not now, so `publish` or `update_state`
        it, which wait and say why. Without `with_event` only the kept state is brought up to date.

        Raises:
            DeliveryError: as in `publish`; nothing was sent.

        """
        ...


@runtime_checkable
class NoteSink(Protocol):
    """A sink that only writes down: it never waits, and trying again would mend nothing."""

    def note(self, notification: Notification) -> None:
        """Write down what is being sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkContext:
    """What a sink may need to open.

    Attributes:
        clock: wall time.
        version: of this release, for those who want to say it.
        origin: what is said of all messages: link bases, whether inputs are recorded.
        settings: by sink name, of the type that the sink documents.
        connected: told whether the named sink has its connection.
        failed: told of the named sink why it has none, by a word of a closed set, and what mends it.
        routed: tells whether a name is a user's, whom his own channels tell.

    """

    clock: Clock
    version: str
    origin: Origin
    settings: Mapping[str, object]
    connected: Callable[[str, bool], None]
    failed: Callable[[str, str, str], None] = lambda _sink, _reason, _hint: None
    routed: Callable[[str], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """A sink's declaration.

    Attributes:
        name: a metric label, and the key of its settings.
        open: returns the sink, to be entered; None where its settings are not there.

    """

    name: str
    open: Callable[[SinkContext], AbstractAsyncContextManager[Sink | NoteSink] | None]
