"""What a stream runs over: a connection, and what opens it. Hop 2."""

from __future__ import annotations

from typing import Protocol


class Socket(Protocol):
    """One open connection. The implementation is `feeds/websocket.py`."""

    async def receive(self) -> str | None:
        """Return the next message; None for a sign of life of the protocol (ping, pong).

        Raises:
            FeedUnavailable: the connection ended.
            BadQuote: a message that is no text (the connection stands), or one too large (it
                does not).

        """
        ...

    async def send(self, message: str) -> None:
        """Send a message; placeholders of keys are filled in.

        Raises:
            FeedUnavailable: the connection ended, or takes nothing.

        """
        ...

    async def ping(self) -> None:
        """Send a ping of the protocol; errors as for `send`."""
        ...

    async def close(self) -> None:
        """End the connection; never raises for the state of the other side."""
        ...


class Connector(Protocol):
    """Opens connections of one stream. The implementation is `feeds/websocket.py`."""

    async def open(self) -> Socket:
        """Open a connection to the declared address and nowhere else.

        Raises:
            FeedUnavailable: refused, no answer in time, 429 (with retry_after_s), 5xx.
            FeedRejected: 401, 403, 404, 451, a redirect.

        """
        ...
