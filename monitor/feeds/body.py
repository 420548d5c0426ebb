"""An answer's body, counted while it comes: packed and unpacked it stays within one limit. Hop 2."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from monitor.core.errors import BadQuote
from monitor.feeds.reasons import Reason

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
# zlib: find out by the header whether the stream is gzip or zlib
_EITHER_HEADER = zlib.MAX_WBITS | 32


async def read_text(
    chunks: AsyncIterator[bytes], *, provider: str, limit: int, stated: int | None, encoding: str
) -> str:
    """Return the text that `chunks` make, at most `limit` bytes of it.

    `stated` is the length the answer claims, `encoding` its Content-Encoding.

    Raises:
        BadQuote: it is larger than `limit`, damaged in its packing, or no UTF-8.

    """
    if (stated or 0) > limit:
        raise _too_large(provider, limit)
    encoding = encoding.strip().lower()
    packed = encoding in _PACKED
    if not packed and encoding not in {"", "identity"}:
        raise _not_text(provider, f"packed as {encoding!r}, which was not asked for")
    unpack = zlib.decompressobj(_EITHER_HEADER)
    raw, body = 0, bytearray()
    async for chunk in chunks:
        raw += len(chunk)
        try:
            # at most one byte over the limit is ever unpacked
            body += unpack.decompress(chunk, limit - len(body) + 1) if packed else chunk
        except zlib.error as error:
            raise _not_text(provider, "damaged in its packing") from error
        if max(raw, len(body)) > limit:
            raise _too_large(provider, limit)
    if packed and raw and not unpack.eof:
        raise _not_text(provider, "cut short in its packing")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # `from None`: the error's own text would quote the body
        raise _not_text(provider, f"no UTF-8 at byte {error.start}") from None


def _too_large(provider: str, limit: int) -> BadQuote:
    message = f"{provider}: the answer is larger than {limit} bytes"
    return BadQuote(message, reason=Reason.TOO_LARGE)


def _not_text(provider: str, cause: str) -> BadQuote:
    return BadQuote(f"{provider}: the answer is {cause}", reason=Reason.NOT_TEXT)
