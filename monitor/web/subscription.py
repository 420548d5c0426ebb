"""Signals of one's own over MQTT: what one message on `…/ingest/<name>` says, and how it is answered.

The same body, signature, limits and refusals as over HTTP (`ingest`). MQTT 5 carries the two headers
as user properties beside the body; in 3.1.1, which has none, they stand in the payload:
`{"timestamp": "…", "signature": "sha256=…", "body": "…"}`, the body as the very text that is signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import structlog

from alerts.schemas.requests import SealedIngest
from alerts.topics import Kind, filter_of
from monitor.core.signature import SIGNATURE, TIMESTAMP
from monitor.store.codec import MAX_BYTES
from monitor.web.admission import Admission, RefusedRequest, Stamp
from monitor.web.delivery import Delivered, Reply

MAX_PAYLOAD = 2 * MAX_BYTES + 1_024
"""A body within another text has each quotation mark escaped; what is larger is not looked at."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Subscription:
    """What is done with each message, in the order in which they come."""

    admission: Admission
    _said: set[str] = field(default_factory=set)

    @property
    def levels(self) -> str:
        """Return the filter: one level for the sender's name."""
        return filter_of(Kind.INGEST)

    @property
    def max_payload(self) -> int:
        """Return how many bytes of a payload are looked at."""
        return MAX_PAYLOAD

    async def take(self, message: Delivered) -> Reply:
        """Judge and store one message; nothing but a bug of ours leaves here."""
        stamp = Stamp("", "")
        try:
            self.admission.check_name(message.name)
            body, stamp = _opened(message)
            answer = await self.admission.take(message.name, stamp, body)
        except RefusedRequest as refused:
            self._refused(message, refused)
            told: dict[str, object] = {"error": refused.outcome, "message": refused.message}
            has_topic = refused.status != 404 and not message.retained  # noqa: PLR2004
            return Reply(refused.outcome, told | _named(stamp), has_topic)
        self._said.clear()
        self.admission.receiver.ended("accepted")
        return Reply("accepted", answer | _named(stamp))

    def overrun(self) -> None:
        """Count a message that came while too many were waiting."""
        self.admission.receiver.ended("throttled")

    def _refused(self, message: Delivered, refused: RefusedRequest) -> None:
        self.admission.receiver.ended(refused.outcome)
        # once until a good one comes; who is not signed is told of at the door
        if refused.outcome not in {*self._said, "unauthorized"}:
            self._said.add(refused.outcome)
            log.warning(
                "ingest.refused",
                name=message.name[:32],
                outcome=refused.outcome,
                why=refused.message,
            )


def _named(stamp: Stamp) -> dict[str, object]:
    """Return by what the sender knows the message again."""
    return {"signature": stamp.signature[:80]} if stamp.signature else {}


def _opened(message: Delivered) -> tuple[bytes, Stamp]:
    """Return the body that is signed, and with what."""
    if message.retained:
        text = "a retained message says what was, and comes again; publish without the retain flag"
        raise RefusedRequest(400, "retained", text)
    if message.payload is None:
        raise _too_large()
    told = message.properties
    if TIMESTAMP.lower() in told or SIGNATURE.lower() in told:
        stamp = Stamp(told.get(TIMESTAMP.lower(), ""), told.get(SIGNATURE.lower(), ""))
        body = message.payload
    else:
        signed = _unwrapped(message.payload)
        stamp, body = Stamp(signed.timestamp, signed.signature), signed.body.encode()
    if len(body) > MAX_BYTES:
        raise _too_large()
    return body, stamp


def _unwrapped(payload: bytes) -> SealedIngest:
    try:
        return msgspec.json.decode(payload, type=SealedIngest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = (
            f"no user properties {TIMESTAMP} and {SIGNATURE}, and the payload is no object of "
            f"timestamp, signature and body: {str(error)[:200]}"
        )
        raise RefusedRequest(400, "malformed", message) from error


def _too_large() -> RefusedRequest:
    return RefusedRequest(413, "too_large", f"more than {MAX_BYTES} bytes; send less at once")
