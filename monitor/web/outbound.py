"""The way out over HTTP for channels: one POST, bounded in time and size, and nowhere else. Hop 9.

Channels are in a room that knows no HTTP library; they are handed `post`. A channel posts to the
one address of its settings, which a person wrote; no redirect is followed, so no answer can send a
key or a token elsewhere. A proxy's cookies are not kept. What is said in an error names the host,
never the path or the query: some services want the key there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from alerts.channels.base import HttpAnswer, Post
from monitor.core.errors import DeliveryError

LIMIT_S = 10.0
MAX_BODY_BYTES = 65_536
MAX_ANSWER_BYTES = 65_536
_CHUNK_BYTES = 8_192


@asynccontextmanager
async def outbound(limit_s: float = LIMIT_S) -> AsyncIterator[Post]:
    """Keep one pool of connections while the block runs; yield the way out.

    `limit_s` bounds one POST from the look-up of the name to the last byte of the answer.
    """
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        raise_for_status=False,
        # a packed answer would have to be unpacked to be counted; no answer here needs it
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
    )
    async with session:
        yield _Outbound(session, limit_s).post


@dataclass(frozen=True, slots=True)
class _Outbound:
    _session: aiohttp.ClientSession = field(repr=False)
    _limit_s: float

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        host = _host(url)
        if len(body) > MAX_BODY_BYTES:
            message = f"{len(body)} bytes for {host}, at most {MAX_BODY_BYTES}"
            hint = "shorten the rule's summary"
            raise DeliveryError(message, retriable=False, reason="too_large", hint=hint)
        try:
            async with (
                asyncio.timeout(self._limit_s),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                told = {name.lower(): text for name, text in response.headers.items()}
                return HttpAnswer(response.status, told, await _read(response))
        except TimeoutError:
            message = f"{host} gave no complete answer within {self._limit_s:g} s"
            hint = "see whether the other side is slow or overloaded"
            raise DeliveryError(message, retriable=True, reason="timeout", hint=hint) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: the library's word for an answer that is no HTTP. `from None`, because its
            # own text may quote the address with a key in it
            message = f"{host} cannot be reached: {type(error).__name__}"
            hint = "check the channel's url, and that the other side runs"
            raise DeliveryError(message, retriable=True, reason="unreachable", hint=hint) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the beginning of the answer: all there is to know stands in it."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) >= MAX_ANSWER_BYTES:
            break
    return bytes(body[:MAX_ANSWER_BYTES])


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "the address"
    except ValueError:
        return "the address"
