"""The one home of apprise: a message to one of its hundred services, off the loop. Hop 9.

It blocks, so it runs in a thread, bounded in time. It says yes or no; why not stands in the log that
it gives back with the result, and is read from there: an HTTP status, a reply code of SMTP, a
connection that failed. Nothing of that log leaves here, for it may quote an address with its key.
"""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alerts.channels.answers import failure, failure_of
from alerts.channels.base import Failure, Message, Stage
from alerts.channels.settings import where
from alerts.model import Severity
from monitor.core.errors import ConfigError

if TYPE_CHECKING:
    from apprise import Apprise

LIMIT_S = 15.0
Tone = Literal["info", "success", "warning", "failure"]
"""How a service colours a message, where it does."""
_HTTP_STATUS = re.compile(r"error=(\d{3})\b")
_SMTP_REPLY = re.compile(r"\((\d{3}), b?['\"]")
_SLOW = re.compile(r"timed? ?out", re.IGNORECASE)
_FAR = re.compile(r"connection|socket|resolve|refused|reset|closed", re.IGNORECASE)
_SMTP_AUTH = frozenset({454, 530, 534, 535, 538})
_SMTP_SIZE = frozenset({523, 552})
_SMTP_RATE = frozenset({421, 450, 452})
_SMTP_LASTING = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What apprise said of one message: taken or not, out of time or not, and its log."""

    taken: bool
    late: bool
    log: str


async def load(kind: str, field: str, address: str) -> None:
    """Return when apprise is loaded, which takes seconds, and knows the service of `address`.

    Raises:
        ConfigError: it does not; the address is not shown, for it holds keys.

    """
    await asyncio.to_thread(_service, kind, field, address)


async def hand_over(kind: str, address: str, message: Message, text: str) -> None:
    """Send `text` under the message's title to the service at `address`.

    Raises:
        DeliveryError: not taken; the reason is as good as apprise's log tells it.

    """
    outcome = await asyncio.to_thread(_notify, kind, address, message, text)
    if outcome.taken:
        return
    reason, retriable, said = reason_of(outcome)
    raise failure(kind, reason, said, retriable=retriable)


def reason_of(outcome: Outcome) -> tuple[Failure, bool, str]:
    """Return why a message was not taken, whether trying again can help, and words for it."""
    if status := _HTTP_STATUS.search(outcome.log):
        found = failure_of(int(status[1])) or ("server_error", True)
        return (*found, f"answered {status[1]}")
    if reply := _SMTP_REPLY.search(outcome.log):
        return (*_smtp_failure(int(reply[1])), f"the mail server answered {reply[1]}")
    if outcome.late or _SLOW.search(outcome.log):
        return "timeout", True, "no complete answer in time"
    if _FAR.search(outcome.log):
        return "unreachable", True, "no connection"
    return "server_error", True, "not taken, and apprise does not say why"


def tone_of(message: Message) -> Tone:
    """Return how a message sounds."""
    if message.stage is Stage.RESOLVED:
        return "success"
    tones: dict[Severity, Tone] = {Severity.CRITICAL: "failure", Severity.WARNING: "warning"}
    return tones.get(message.urgency, "info")


def _smtp_failure(code: int) -> tuple[Failure, bool]:
    """Return what a reply code of SMTP means (RFC 5321 4.2, RFC 4954 6)."""
    if code in _SMTP_AUTH:
        return "auth", False
    if code in _SMTP_SIZE:
        return "too_large", False
    if code in _SMTP_RATE:
        return "rate_limited", True
    if code >= _SMTP_LASTING:
        return "refused", False
    return "server_error", True


def _notify(kind: str, address: str, message: Message, text: str) -> Outcome:
    service = _service(kind, "url", address)
    result = service.notify(
        body=text,
        title=message.title,
        notify_type=tone_of(message),
        body_format="text",
        timeout=LIMIT_S,
        log_level=logging.DEBUG,
    )
    log = "\n".join(entry.message for entry in result.logs())
    late = result.status.name == "TIMEOUT"
    return Outcome(bool(result), late, log)


def _service(kind: str, field: str, address: str) -> Apprise:
    with warnings.catch_warnings():
        # its plug-in for mail asks for a module that Python 3.13 has dropped, and does without
        warnings.simplefilter("ignore", DeprecationWarning)
        _keep_its_log_in()
        import apprise  # noqa: PLC0415  # seconds to load, for those who use it

        asset = apprise.AppriseAsset(
            app_id="hashhedge", app_desc="hashhedge", async_mode=False, storage_mode="memory"
        )
        service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if service is None:
        raise ConfigError(
            f"apprise knows no service `{address.partition(':')[0]}`, or its address is incomplete",
            where=where(kind, field),
            hint="https://appriseit.com/services/ has the form of each address",
        )
    found = apprise.Apprise(asset=asset)
    found.add(service)
    return found


def _keep_its_log_in() -> None:
    """Let apprise log in detail into its results, and nowhere else: it quotes addresses with keys."""
    its = logging.getLogger("apprise")
    its.propagate = False
    its.setLevel(logging.DEBUG)
    if not its.handlers:
        its.addHandler(logging.NullHandler())
