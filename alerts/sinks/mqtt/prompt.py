"""Confirming at once what a broker sends, so that it does not hold back the next word.

A broker with Nagle's algorithm on, as Mosquitto has it unless `set_tcp_nodelay` is set, keeps the
second PUBACK of an alert until the kernel here has confirmed the first. That waits 40 ms to confirm
several at once: 24 messages a second for one alert, and no more.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Where the system has it: Linux."""


def confirming(transport: asyncio.BaseTransport | None) -> Callable[[], None]:
    """Return what lets the kernel confirm now.

    The kernel goes back to waiting by itself, so it is called after each read anew; to ask the
    transport for its socket each time would take longer than that.
    """
    own = None if transport is None else transport.get_extra_info("socket")
    if _QUICK is None or own is None:
        return _nothing
    quick: int = _QUICK

    def confirm() -> None:
        with suppress(OSError):
            own.setsockopt(socket.IPPROTO_TCP, quick, 1)

    return confirm


def _nothing() -> None:
    """Leave it to the system."""
