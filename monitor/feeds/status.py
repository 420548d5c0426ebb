"""What an HTTP status means to a feed: go on, try later, or stop asking. Hop 2.

Pure, so that the live client and a recorded answer are judged by the same table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from monitor.core.clock import SECOND, Millis
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


def retry_after_s(text: str | None, now: Millis) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number or an HTTP date.

    None when there is no header or it is neither; a date that has passed gives 0.
    """
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now / SECOND)
    except (ValueError, OverflowError):
        return None
