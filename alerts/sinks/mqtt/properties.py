"""The MQTT 5 properties of a PUBLISH, written out by hand.

paho checks each property by walking its tables and packs the lot again for every message: about
half of what a message costs. What we send is always the same five, so their bytes are made here
(MQTT 5.0, 2.2.2 and 3.3.2.3) and kept for each set of facts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

Facts: TypeAlias = tuple[tuple[str, str], ...]
"""What become user properties: (name, value) pairs."""

CONTENT_TYPE = "application/json"
_PAYLOAD_FORMAT_UTF_8 = b"\x01\x01"
_MESSAGE_EXPIRY_INTERVAL = b"\x02"
_CONTENT_TYPE = b"\x03"
_CORRELATION_DATA = b"\x09"
_USER_PROPERTY = b"\x26"


class PublishProperties:
    """Properties ready to be sent; of paho's Properties it has what sending asks for."""

    __slots__ = ("_packed",)

    def __init__(
        self,
        expiry_s: int | None = None,
        facts: Facts = (),
        correlation: bytes = b"",
        content_type: str = CONTENT_TYPE,
    ) -> None:
        body = _unchanging(facts, content_type)
        if correlation:
            body += _CORRELATION_DATA + len(correlation).to_bytes(2, "big") + correlation
        if expiry_s is not None:
            body += _MESSAGE_EXPIRY_INTERVAL + expiry_s.to_bytes(4, "big")
        self._packed = packed_length(len(body)) + body

    def pack(self) -> bytes:
        """Return the bytes that follow the packet identifier."""
        return self._packed


@lru_cache(maxsize=4096)
def _unchanging(facts: Facts, content_type: str) -> bytes:
    body = _PAYLOAD_FORMAT_UTF_8 + _CONTENT_TYPE + packed_text(content_type)
    return body + b"".join(
        _USER_PROPERTY + packed_text(name) + packed_text(value) for name, value in facts
    )


def packed_text(text: str) -> bytes:
    """Return a UTF-8 string behind its length (MQTT 5.0, 1.5.4)."""
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def packed_length(number: int) -> bytes:
    """Return a variable byte integer: seven bits a byte, the lowest first."""
    data = bytearray()
    while True:
        number, bits = divmod(number, 128)
        data.append(bits | (0x80 if number else 0))
        if not number:
            return bytes(data)
