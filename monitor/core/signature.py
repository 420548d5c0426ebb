"""Who may post: a signature over the time and the body, with a secret that both sides hold. Pure.

The sender makes HMAC-SHA256 of `<timestamp>.<body>` under the secret and sends it as
`X-Hashhedge-Signature: sha256=<hex>` beside `X-Hashhedge-Timestamp: <seconds UTC>`. The time is
under the signature, so that a request that somebody has overheard is worthless after the window.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

from monitor.core.clock import SECOND, Millis

TIMESTAMP = "X-Hashhedge-Timestamp"
SIGNATURE = "X-Hashhedge-Signature"
USER = "X-Hashhedge-User"
"""Whose key it is, for those who have one each."""
WINDOW_S = 300
"""So far may the sender's clock be from ours, and so old may a request be."""
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """Return what `X-Hashhedge-Signature` must be."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256)
    return f"sha256={digest.hexdigest()}"


def header_fault(timestamp: str, signature: str, now: Millis) -> str:
    """Return what is wrong with the two headers by themselves; empty: nothing.

    It is asked before the body is read: whoever sends none is not listened to.
    """
    return form_fault(timestamp, signature) or age_fault(timestamp, now)


def form_fault(timestamp: str, signature: str) -> str:
    """Return what is wrong with the form of the two; empty: nothing.

    No colon after a header's name: what stands behind one there is blanked in logs, as a signature is.
    """
    if not _SIGNATURE.fullmatch(signature):
        return f"{SIGNATURE} must be sha256= and 64 lower-case hex digits"
    if not _TIMESTAMP.fullmatch(timestamp):
        return f"{TIMESTAMP} must be whole seconds since 1970, UTC"
    return ""


def age_fault(timestamp: str, now: Millis) -> str:
    """Return that a well-formed time is too far from `now`; empty: it is not."""
    away_s = int(timestamp) - now // SECOND
    if abs(away_s) > WINDOW_S:
        return f"{TIMESTAMP} is more than {WINDOW_S} s from the clock here; sign each request anew"
    return ""


def is_signed(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    """Tell whether the signature is that of this body at this time, in constant time."""
    expected = signature_of(secret, timestamp, body)
    return hmac.compare_digest(expected.encode(), signature.encode())
