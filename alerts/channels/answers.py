"""What an HTTP answer means to a channel: taken, or the one named failure. Hop 9, pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from alerts.channels.base import Failure, HttpAnswer
from monitor.core.backoff import retry_after_s
from monitor.core.clock import HOUR, SECOND, Millis
from monitor.core.errors import DeliveryError

MAX_WAIT_MS = 6 * HOUR
"""A longer wish of the other side is cut to this: an alert that waits for days is none."""
MAX_SAID = 160
"""Characters of the other side's own words in an error."""
_AUTH: tuple[Failure, bool] = ("auth", False)
_FAILURES: Mapping[int, tuple[Failure, bool]] = {
    HTTPStatus.UNAUTHORIZED: _AUTH,
    HTTPStatus.FORBIDDEN: _AUTH,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: _AUTH,
    HTTPStatus.REQUEST_TIMEOUT: ("timeout", True),
    HTTPStatus.GATEWAY_TIMEOUT: ("timeout", True),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", False),
    HTTPStatus.TOO_EARLY: ("rate_limited", True),
    HTTPStatus.TOO_MANY_REQUESTS: ("rate_limited", True),
}
_MENDS: Mapping[Failure, str] = {
    "auth": "make a new key there and put it where the channel's setting names it",
    "rate_limited": "send less, or raise the limit there",
    "unreachable": "check the channel's url, and that the other side runs",
    "timeout": "see whether the other side is slow or overloaded",
    "refused": "check the channel's settings: docs/push.md",
    "too_large": "shorten the rule's summary",
    "server_error": "see the log of the other side",
}


def failure_of(status: int) -> tuple[Failure, bool] | None:
    """Return why `status` is no success, and whether trying again can help; None: it is one."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _FAILURES.get(status, ("server_error", True))
    return _FAILURES.get(status, ("refused", False))


def check(kind: str, answer: HttpAnswer, now: Millis, said: str = "") -> None:
    """Return if the message was taken.

    `kind` names the channel, `said` is the other side's own word for what is wrong.

    Raises:
        DeliveryError: it was not; says why, and how long to wait where the other side asked to.

    """
    failed = failure_of(answer.status)
    if failed is None:
        return
    reason, retriable = failed
    wait_s = retry_after_s(answer.headers.get("retry-after"), now) if retriable else None
    raise failure(
        kind,
        reason,
        f"answered {answer.status}{_quoted(said)}",
        retriable=retriable,
        retry_after_ms=None if wait_s is None else min(round(wait_s * SECOND), MAX_WAIT_MS),
    )


def failure(
    kind: str,
    reason: Failure,
    message: str,
    *,
    retriable: bool,
    retry_after_ms: int | None = None,
) -> DeliveryError:
    """Return the error of a channel, with the mend of its reason."""
    return DeliveryError(
        f"channel {kind}: {message}",
        retriable=retriable,
        reason=reason,
        retry_after_ms=retry_after_ms,
        hint=_MENDS[reason],
    )


def strange(kind: str, wanted: str) -> DeliveryError:
    """Return the error of a success that the other side cannot have meant: a proxy's page, say."""
    message = f"answered with success, but not {wanted}; another program listens at this url"
    return failure(kind, "server_error", message, retriable=True)


def json_of(answer: HttpAnswer) -> Any:  # noqa: ANN401  # whatever the other side sends
    """Return the JSON of an answer; None where there is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def text_in(data: object, *names: str) -> str:
    """Return the first text under one of `names`, or an empty one."""
    if not isinstance(data, Mapping):
        return ""
    return next((data[name] for name in names if isinstance(data.get(name), str)), "")


def _quoted(said: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in said[:MAX_SAID])
    return f": {plain}" if plain.strip() else ""
