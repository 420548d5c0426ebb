"""Who may tell us signals of his own, and what becomes of them, however they come. Hop 2.

Nothing is believed without a signature. What is taken goes the way of every feed: the judge of
plausibility, then the store. `ingest` is the way over HTTP, `subscription` the one over MQTT.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from monitor.core.clock import Clock
from monitor.core.errors import StoreUnavailable
from monitor.core.signature import SIGNATURE, header_fault, is_signed
from monitor.web.inbound import Inbound, MalformedBodyError, read_inbound

PREFIX = "external/"
"""What the source of a value told so begins with: no feed's name does."""
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
    """Who takes what was told, whatever it is stored in."""

    def admit(self, source: str) -> float:
        """Return the seconds until `source` may tell something again; 0: now."""
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


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a request is signed with, as it came.

    Attributes:
        timestamp: seconds since 1970, UTC, as text.
        signature: `sha256=` and 64 hex digits.

    """

    timestamp: str
    signature: str


class RefusedRequest(Exception):
    """Ends a request with an outcome, an HTTP status and words for the sender."""

    def __init__(self, status: int, outcome: str, message: str, *, retry_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome
        self.message = message
        self.retry_s = retry_s


@dataclass(slots=True, kw_only=True)
class Admission:
    """The door, and what it asks.

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

    def check_stamp(self, name: str, stamp: Stamp) -> None:
        """Refuse a stamp that is none by itself, before anything else is read.

        Raises:
            RefusedRequest: unauthorized.

        """
        fault = header_fault(stamp.timestamp, stamp.signature, self.clock.now())
        if fault:
            raise self._unsigned(name, fault)

    def check_name(self, name: str) -> None:
        """Refuse a sender's name that cannot be one.

        Raises:
            RefusedRequest: malformed.

        """
        if not _NAME.fullmatch(name):
            message = "the name in the address: lower-case letters, digits, - and _, at most 32"
            raise RefusedRequest(404, "malformed", message)

    async def take(self, name: str, stamp: Stamp, body: bytes) -> dict[str, object]:
        """Judge and store `body`; return what became of it, for the sender.

        Raises:
            RefusedRequest: why it was not taken.

        """
        self.check_stamp(name, stamp)
        if not is_signed(self.secret, stamp.timestamp, stamp.signature, body):
            fault = f"{SIGNATURE} is not that of this time and body under our secret"
            raise self._unsigned(name, fault)
        source = PREFIX + name
        wait_s = self.receiver.admit(source)
        if wait_s:
            message = f"{name} posts too often; wait {wait_s:.1f} s"
            raise RefusedRequest(429, "throttled", message, retry_s=wait_s)
        try:
            told = read_inbound(body, source, self.companies(), self.clock.now())
        except MalformedBodyError as error:
            raise RefusedRequest(400, "malformed", str(error)) from error
        taken = await self._stored(source, stamp.signature, told)
        self._warned = False
        return {
            "source": source,
            "quotes": taken.quotes,
            "refused": dict(taken.refused),
            "notices": taken.notices,
            "dropped_transfers": told.dropped_transfers,
        }

    async def _stored(self, source: str, signature: str, told: Inbound) -> Taken:
        try:
            if not await self.receiver.first(signature):
                message = "this request was taken before; sign each one anew, with its own time"
                raise RefusedRequest(409, "repeated", message)
            try:
                return await self.receiver.take(source, told)
            except StoreUnavailable:
                await self.receiver.forget(signature)
                raise
        except StoreUnavailable as error:
            # only that: the error names the address of the store
            message = "nothing was stored: the store does not answer; send it again, signed anew"
            raise RefusedRequest(503, "store_unavailable", message, retry_s=RETRY_S) from error

    def _unsigned(self, name: str, fault: str) -> RefusedRequest:
        # one line until a good one comes: whoever knocks must not fill the disk
        if not self._warned:
            self._warned = True
            log.warning("ingest.unauthorized", name=name[:32], why=fault)
        return RefusedRequest(401, "unauthorized", fault)
