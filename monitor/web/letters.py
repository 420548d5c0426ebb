"""A command as it travels: the body, and beside it who signed it and when. Pure.

Where a road has room beside the payload (headers, user properties of MQTT 5) it carries the three
there. Elsewhere they are in the payload, around the body as the very text that is signed:
`{"user", "timestamp", "signature", "body", "reply_to", "correlation"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from alerts.schemas.requests import SealedCommand
from monitor.core.signature import SIGNATURE, TIMESTAMP, USER, signature_of
from monitor.store.commands import MAX_BYTES
from monitor.web.admission import RefusedRequest, Stamp

MAX_SEALED = 2 * MAX_BYTES + 2_048
"""A body within another text has each quotation mark escaped; what is larger is not looked at."""
MAX_CORRELATION = 256
_UNSIGNED = f"nobody has signed it: {USER}, {TIMESTAMP} and {SIGNATURE}, or the same in the payload"


@dataclass(frozen=True, slots=True)
class Letter:
    """One command as it came.

    Attributes:
        user: who it is said to be from.
        stamp: what proves it.
        body: what is signed.
        reply_to: the topic of the answer, as far as the payload names one.
        correlation: given back with the answer, as far as the payload has it.

    """

    user: str
    stamp: Stamp
    body: bytes
    reply_to: str = ""
    correlation: str = ""


def sealed(user: str, key: str, timestamp: str, body: bytes, *, reply_to: str = "") -> bytes:
    """Return the payload of a body that `user` signs at `timestamp` (seconds UTC)."""
    signature = signature_of(key, timestamp, body)
    return msgspec.json.encode(
        SealedCommand(user, timestamp, signature, body.decode(), reply_to=reply_to)
    )


def opened(payload: bytes, beside: Mapping[str, str]) -> Letter:
    """Return what a payload holds; `beside` are its headers, their names in small letters.

    Raises:
        RefusedRequest: unsigned, malformed or too_large.

    """
    names = [name.lower() for name in (USER, TIMESTAMP, SIGNATURE)]
    if any(name in beside for name in names):
        user, timestamp, signature = (beside.get(name, "") for name in names)
        letter = Letter(user, Stamp(timestamp, signature), payload)
    else:
        found = _unsealed(payload)
        letter = Letter(
            user=found.user,
            stamp=Stamp(found.timestamp, found.signature),
            body=found.body.encode(),
            reply_to=found.reply_to,
            correlation=found.correlation,
        )
    if len(letter.body) > MAX_BYTES:
        raise too_large()
    return letter


def too_large() -> RefusedRequest:
    """Return what refuses a command that is too long to be one."""
    return RefusedRequest(413, "too_large", f"more than {MAX_BYTES} bytes; no command is as long")


def _unsealed(payload: bytes) -> SealedCommand:
    try:
        text = payload.decode()
        found = msgspec.json.decode(text)
        if isinstance(found, dict) and "signature" not in found:
            raise RefusedRequest(403, "unsigned", _UNSIGNED)
        return msgspec.json.decode(text, type=SealedCommand)
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is no UTF-8; send text in UTF-8"
        raise RefusedRequest(400, "malformed", message) from error
    except (msgspec.DecodeError, UnicodeEncodeError, ValueError, RecursionError) as error:
        message = f"{_UNSIGNED}; and the payload is no object of these: {str(error)[:200]}"
        raise RefusedRequest(400, "malformed", message) from error
