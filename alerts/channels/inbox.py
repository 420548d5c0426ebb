"""The channel `inbox`: a user's own topic on the broker, `user/<name>/inbox`. Hop 9.

It carries the alert as every program knows it, an event with the alert's own id; a digest is an event with
a line for each alert. The broker's rules keep the topic private: docs/samples/mqtt/acl.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.model import Transition
from monitor.core.errors import ConfigError, DeliveryError

KIND = "inbox"
_REASONS = {
    "ack_timeout": "timeout",
    "bad_topic": "refused",
    "refused": "refused",
    "too_large": "too_large",
}
"""What the broker's connection says, in the words of channels; anything else: not reached."""


class InboxChannel:
    """The inboxes of all users on one broker."""

    def __init__(self, publish: Callable[[str, Transition], Awaitable[None]]) -> None:
        self._publish = publish

    async def send(self, message: Message) -> str:
        """Publish the alert to the user's inbox and come back when the broker has it.

        Raises:
            DeliveryError: the broker did not take it.

        """
        if message.alert is None:
            raise DeliveryError("no alert to publish", retriable=False, reason="refused")
        try:
            await self._publish(message.user, message.alert)
        except DeliveryError as error:
            reason = _REASONS.get(error.reason, "unreachable")
            raise DeliveryError(str(error), retriable=error.retriable, reason=reason) from error
        return message.alert.id


@asynccontextmanager
async def _opened(context: ChannelContext) -> AsyncIterator[Channel]:
    if context.publish is None:
        hint = "run it with HASHHEDGE_MQTT_URL, or take another kind of channel"
        raise ConfigError("there is no broker for inboxes", where=KIND, hint=hint)
    yield InboxChannel(context.publish)


def _open(
    context: ChannelContext, settings: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    if settings:
        problem = f"`{next(iter(settings))}` is no setting of an inbox, which has none"
        raise ConfigError(problem, where=f"channel {KIND}", hint=f"remove `{next(iter(settings))}`")
    return _opened(context)


CHANNEL = ChannelSpec(kind=KIND, open=_open)
