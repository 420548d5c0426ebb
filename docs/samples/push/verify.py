"""Check that a push of hashhedge is genuine, new, and not told twice: what a receiver needs."""

import hashlib
import hmac
import time

WINDOW_S = 300


def is_genuine(headers: dict[str, str], body: bytes, secret: str, now: float | None = None) -> bool:
    """Tell whether `body` was signed with our secret in the last five minutes."""
    told = {name.lower(): text for name, text in headers.items()}
    timestamp = told.get("x-hashhedge-timestamp", "")
    signature = told.get("x-hashhedge-signature", "")
    if not (timestamp.isascii() and timestamp.isdigit()):
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > WINDOW_S:
        return False
    signed = timestamp.encode() + b"." + body  # the bytes as they came: parse them afterwards
    expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


class Once:
    """Remembers ids for as long as a signature counts: a try again brings the same id."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def is_new(self, name: str, now: float | None = None) -> bool:
        """Tell whether `name`, the `id` of a push, was not seen before."""
        at = time.time() if now is None else now
        self._seen = {it: when for it, when in self._seen.items() if at - when < 2 * WINDOW_S}
        if name in self._seen:
            return False
        self._seen[name] = at
        return True
