"""What an HTTP status means to a feed: go on, try later, or stop asking. Hop 2.

Pure, so that the live client and a recorded answer are judged by the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from monitor.core.backoff import retry_after_s
from monitor.core.clock import Millis
from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.reasons import Reason

_REJECTED: dict[int, tuple[Reason, str]] = {
    HTTPStatus.UNAUTHORIZED: (Reason.UNAUTHORIZED, "set a valid key for this feed"),
    HTTPStatus.FORBIDDEN: (
        Reason.FORBIDDEN,
        "check the key's plan or the contact, or poll less often",
    ),
    HTTPStatus.NOT_FOUND: (Reason.NOT_FOUND, "check the symbol and the feed's base_url"),
    HTTPStatus.GONE: (Reason.NOT_FOUND, "check the symbol and the feed's base_url"),
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: (
        Reason.GEO_BLOCKED,
        "this region is not served; disable the feed or run elsewhere",
    ),
}
# Binance: who goes on after a 429 is banned for two minutes up to three days, and told how long
BANNED = HTTPStatus.IM_A_TEAPOT
BAN_S = 900.0
_UNAVAILABLE: dict[int, Reason] = {
    BANNED: Reason.THROTTLED,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.THROTTLED,
    HTTPStatus.REQUEST_TIMEOUT: Reason.TIMEOUT,
    HTTPStatus.TOO_EARLY: Reason.SERVER_ERROR,
}


def status_error(
    provider: str, question: str, status: int, headers: Mapping[str, str], now: Millis
) -> FeedError | None:
    """Return the error that `status` stands for, or None for a usable answer (2xx).

    `question` names the request as it may be shown; `headers` has lower-case names.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    said = f"{provider}: {question} answered {status}"
    unavailable = _UNAVAILABLE.get(status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        unavailable = Reason.SERVER_ERROR
    if unavailable is not None:
        wait = retry_after_s(headers.get("retry-after"), now)
        if status == BANNED and wait is None:
            wait = BAN_S
        return FeedUnavailable(
            f"{said}; it is asked again later", reason=unavailable, retry_after_s=wait
        )
    refused = (Reason.CLIENT_ERROR, "the request itself is refused; report this adapter")
    reason, mend = _REJECTED.get(status, refused)
    return FeedRejected(f"{said}; {mend}", reason=reason)
