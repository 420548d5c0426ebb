"""Confirming at once what a broker sends, so that it does not hold back the next word.

A broker with Nagle's algorithm on, as Mosquitto has it unless `set_tcp_nodelay` is set, keeps the
second PUBACK of an alert until the kernel here has confirmed the first. That waits 40 ms to confirm
several at once: 24 messages a second for one alert, and no more.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Where the system has it: Linux."""


def confirm_at_once(transport: asyncio.BaseTransport | None) -> None:
    """Let the kernel confirm now; it goes back to waiting by itself, so after each read anew."""
    own = None if transport is None else transport.get_extra_info("socket")
    if _QUICK is not None and own is not None:
        with suppress(OSError):
            own.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
