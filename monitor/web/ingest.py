"""`POST /ingest/<name>`: signals of one's own as a feed, signed. Hop 2 for who sends by himself.

Nothing is read of whoever does not bring the headers, and nothing believed without the signature.
What is taken goes the way of every feed: the judge of plausibility, then the store.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp import web

from monitor.core.clock import Clock
from monitor.core.errors import StoreUnavailable
from monitor.store.codec import MAX_BYTES
from monitor.web.inbound import Inbound, MalformedBodyError, read_inbound
from monitor.web.signature import SIGNATURE, TIMESTAMP, header_fault, is_signed

PREFIX = "external/"
"""What the source of a posted value begins with: no feed's name does."""
RETRY_S = 5
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one request.

    Attributes:
        quotes: how many were believed and stored.
        notices: how many are news; the others were told before, or are too old.
        refused: how many quotes were not believed, by reason.

    """

    quotes: int
    notices: int
    refused: Mapping[str, int]


class Receiver(Protocol):
    """Who takes what was posted, whatever it is stored in."""

    def admit(self, source: str) -> float:
        """Return the seconds until `source` may post again; 0: now."""
        ...

    async def first(self, signature: str) -> bool:
        """Tell whether a signature was not seen before, and remember it."""
        ...

    async def forget(self, signature: str) -> None:
        """Let a request be sent again, for it was not stored."""
        ...

    async def take(self, source: str, told: Inbound) -> Taken:
        """Judge and store; StoreUnavailable when it cannot."""
        ...

    def ended(self, outcome: str) -> None:
        """Count one request by its outcome."""
        ...


@dataclass(slots=True, kw_only=True)
class Ingest:
    """The handler and what it asks.

    Attributes:
        secret: what the senders sign with.
        receiver: takes what was signed.
        companies: the names of the tracked companies by ticker, as the books have them now.
        clock: now.

    """

    secret: str
    receiver: Receiver
    companies: Callable[[], Mapping[str, str]]
    clock: Clock
    _warned: bool = False

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post("/ingest/{name}", self.post)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one request: 200 with what became of it, or why it was not taken."""
        try:
            answer = await self._take(request)
        except _Refused as refused:
            self.receiver.ended(refused.outcome)
            return web.json_response(
                {"error": refused.outcome, "message": refused.message},
                status=refused.status,
                headers=refused.headers,
            )
        self.receiver.ended("accepted")
        self._warned = False
        return web.json_response(answer)

    async def _take(self, request: web.Request) -> dict[str, object]:
        name = request.match_info["name"]
        body, signature = await self._signed_body(request, name)
        source = PREFIX + name
        wait_s = self.receiver.admit(source)
        if wait_s:
            message = f"{name} posts too often; wait {wait_s:.1f} s"
            raise _Refused(429, "throttled", message, retry_s=wait_s)
        try:
            told = read_inbound(body, source, self.companies(), self.clock.now())
        except MalformedBodyError as error:
            raise _Refused(400, "malformed", str(error)) from error
        try:
            taken = await self._stored(source, signature, told)
        except StoreUnavailable as error:
            # only that: the error names the address of the store
            message = "nothing was stored: the store does not answer; send it again, signed anew"
            raise _Refused(503, "store_unavailable", message, retry_s=RETRY_S) from error
        return {
            "source": source,
            "quotes": taken.quotes,
            "refused": dict(taken.refused),
            "notices": taken.notices,
            "dropped_transfers": told.dropped_transfers,
        }

    async def _stored(self, source: str, signature: str, told: Inbound) -> Taken:
        if not await self.receiver.first(signature):
            message = "this request was taken before; sign each one anew, with its own time"
            raise _Refused(409, "repeated", message)
        try:
            return await self.receiver.take(source, told)
        except StoreUnavailable:
            await self.receiver.forget(signature)
            raise

    async def _signed_body(self, request: web.Request, name: str) -> tuple[bytes, str]:
        """Return the body of somebody who holds the secret, and its signature."""
        timestamp = request.headers.get(TIMESTAMP, "")
        signature = request.headers.get(SIGNATURE, "")
        fault = header_fault(timestamp, signature, self.clock.now())
        if fault:
            raise self._unsigned(fault)
        if not _NAME.fullmatch(name):
            message = "the name in the address: lower-case letters, digits, - and _, at most 32"
            raise _Refused(404, "malformed", message)
        body = await _bounded_body(request)
        if not is_signed(self.secret, timestamp, signature, body):
            raise self._unsigned(f"{SIGNATURE}: not that of this time and body under our secret")
        return body, signature

    def _unsigned(self, fault: str) -> _Refused:
        # one line until a good one comes: whoever knocks must not fill the disk
        if not self._warned:
            self._warned = True
            log.warning("ingest.unauthorized", why=fault)
        return _Refused(401, "unauthorized", fault)


class _Refused(Exception):
    """Ends a request with a status and words for the sender."""

    def __init__(self, status: int, outcome: str, message: str, *, retry_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome
        self.message = message
        self.headers = {"Retry-After": str(math.ceil(retry_s))} if retry_s else {}


async def _bounded_body(request: web.Request) -> bytes:
    """Return the body, never more than `MAX_BYTES` of it held."""
    if "Content-Encoding" in request.headers:
        raise _Refused(415, "malformed", "send the body as it is, without a Content-Encoding")
    too_large = _Refused(413, "too_large", f"more than {MAX_BYTES} bytes; send less at once")
    if (request.content_length or 0) > MAX_BYTES:
        raise too_large
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > MAX_BYTES:
            raise too_large
    return bytes(body)
