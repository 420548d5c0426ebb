"""The one HTTP client: bounded in time, size and reach, for every polled feed. Hop 2.

A provider's answer is a stranger's input. So: only declared hosts are reached, redirects included;
one total time limit; the body is counted while it streams, packed and unpacked, so a gzip bomb
stops early; the key goes out as a header to the feed's own origin only and is taken out of
whatever the provider prints back.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from monitor import __version__
from monitor.core.clock import Clock
from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable
from monitor.feeds.base import Answer, FeedSpec
from monitor.feeds.credentials import Secret, read_secret
from monitor.feeds.rate import TokenBucket
from monitor.feeds.reasons import Reason
from monitor.feeds.status import status_error

MAX_REDIRECTS = 3
CHUNK_BYTES = 16_384
USER_AGENT = f"hashhedge/{__version__}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
# zlib: find out by the header whether the stream is gzip or zlib
_EITHER_HEADER = zlib.MAX_WBITS | 32


class HttpClient:
    """One connection pool for all feeds; an async context manager."""

    def __init__(self, clock: Clock, environ: Mapping[str, str] | None = None) -> None:
        self._clock = clock
        self._environ = os.environ if environ is None else environ
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # auto_decompress off: aiohttp would unpack a whole chunk before we can count it.
        # The time limit is ours, over all hops; no cookies, so no state between two polls.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            raise_for_status=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def bind(self, spec: FeedSpec) -> FeedHttp:
        """Return the client of one feed.

        Raises:
            ConfigError: the feed needs a key that is nowhere to be found.
            RuntimeError: the client is not open.

        """
        if self._session is None:
            raise RuntimeError("open the client with `async with` before binding a feed")
        secret = read_secret(spec.credential, self._environ) if spec.credential else None
        return FeedHttp(spec, self._session, self._clock, secret)


@dataclass(slots=True)
class FeedHttp:
    """What one feed may ask of the network: the `Http` of its `fetch`."""

    spec: FeedSpec
    _session: aiohttp.ClientSession = field(repr=False)
    _clock: Clock = field(repr=False)
    _secret: Secret | None = field(repr=False)
    _bucket: TokenBucket = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._bucket = TokenBucket(self.spec.requests_per_minute)

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch `url` within the declared limits; see `Http.get` for the errors."""
        for _ in range(MAX_REDIRECTS + 1):
            self._refuse_stranger(url)
            wait_s = self._bucket.take(self._clock.now())
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            answer = await self._hop(url, params, headers)
            if answer.status not in _REDIRECTS:
                break
            url, params = self._target(url, answer), None
        else:
            raise self._redirected(f"more than {MAX_REDIRECTS} redirects")
        error = status_error(
            self.spec.name, plain(url), answer.status, answer.headers, answer.received_at
        )
        if error is not None:
            raise error
        return answer

    async def _hop(
        self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> Answer:
        name, limit_s = self.spec.name, self.spec.timeout_s
        try:
            async with (
                asyncio.timeout(limit_s),
                self._session.get(
                    url, params=params, headers=self._headers(url, headers), allow_redirects=False
                ) as response,
            ):
                usable = response.status < min(_REDIRECTS)
                body = await self._body(response) if usable else ""
                answered = {key.lower(): value for key, value in response.headers.items()}
        except TimeoutError as error:
            message = f"{name}: GET {plain(url)} gave no complete answer within {limit_s:g} s"
            raise FeedUnavailable(message, reason=Reason.TIMEOUT) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: the library's word for an answer or a URL that is no HTTP
            message = f"{name}: GET {plain(url)} failed: {type(error).__name__}"
            raise FeedUnavailable(message, reason=Reason.CONNECTION) from error
        if self._secret is not None:
            body = self._secret.redact(body)
        return Answer(response.status, body, answered, self._clock.now())

    def _headers(self, url: str, extra: Mapping[str, str] | None) -> dict[str, str]:
        sent = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        sent.update(self.spec.headers)
        sent.update(extra or {})
        credential = self.spec.credential
        # A redirect target is declared, but the key belongs to the feed's own origin alone.
        if credential and self._secret and origin(url) == origin(self.spec.base_url):
            sent[credential.header] = self._secret.value
        return sent

    def _refuse_stranger(self, url: str) -> None:
        try:
            scheme, authority = origin(url)
        except ValueError as error:
            raise self._redirected("the address is no URL") from error
        own_scheme, own_authority = origin(self.spec.base_url)
        if scheme == own_scheme and authority in {own_authority, *self.spec.hosts}:
            return
        raise self._redirected(f"{scheme}://{authority.rpartition('@')[2]} is no declared host")

    def _target(self, url: str, answer: Answer) -> str:
        try:
            return urljoin(url, answer.headers.get("location", ""))
        except ValueError as error:
            raise self._redirected("a redirect leads to no URL") from error

    def _redirected(self, cause: str) -> FeedRejected:
        mend = "if the provider has moved, change the feed's base_url"
        return FeedRejected(f"{self.spec.name}: {cause}; {mend}", reason=Reason.REDIRECTED)

    async def _body(self, response: aiohttp.ClientResponse) -> str:
        limit = self.spec.max_bytes
        if (response.content_length or 0) > limit:
            raise self._too_large()
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        packed = encoding in _PACKED
        if not packed and encoding not in {"", "identity"}:
            raise self._not_text(f"packed as {encoding!r}, which was not asked for")
        unpack = zlib.decompressobj(_EITHER_HEADER)
        raw, body = 0, bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            raw += len(chunk)
            try:
                # at most one byte over the limit is ever unpacked
                body += unpack.decompress(chunk, limit - len(body) + 1) if packed else chunk
            except zlib.error as error:
                raise self._not_text("damaged in its packing") from error
            if max(raw, len(body)) > limit:
                raise self._too_large()
        if packed and raw and not unpack.eof:
            raise self._not_text("cut short in its packing")
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._not_text(f"no UTF-8 at byte {error.start}") from error

    def _too_large(self) -> BadQuote:
        message = f"{self.spec.name}: the answer is larger than {self.spec.max_bytes} bytes"
        return BadQuote(message, reason=Reason.TOO_LARGE)

    def _not_text(self, cause: str) -> BadQuote:
        message = f"{self.spec.name}: the answer is {cause}"
        return BadQuote(message, reason=Reason.NOT_TEXT)


def origin(url: str) -> tuple[str, str]:
    """Return (scheme, host with any port) in lower case; a user name in it stays a stranger."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def plain(url: str) -> str:
    """Return `url` as it may be shown: without user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
