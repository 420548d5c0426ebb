"""One error tree. Each message says what, where, why and how to mend it.

::

    HashhedgeError
    ├── ConfigError            a person must edit something; the command exits 2
    │   └── ConfigErrors       several of them, found in one reading of one file
    ├── FeedError              one provider, one fetch; the last good value stays
    │   ├── FeedUnavailable    try later (time-out, 429, 5xx); may carry retry_after_s
    │   ├── FeedRejected       trying again cannot help (401, 403, 451, unknown symbol)
    │   └── BadQuote           the answer came but a value in it cannot be used
    ├── StoreUnavailable       Redis cannot be reached or refused the command
    │   └── NobodyComputes     it answers, and no service works on what is in it
    ├── LeaseLost              another process holds the work now; this one must stop
    └── DeliveryError          one notification, one sink; retriable or not
"""

from __future__ import annotations

from collections.abc import Sequence


class HashhedgeError(Exception):
    """Root of every error that hashhedge raises on purpose; `hint` is how to mend it."""

    hint = ""


class ConfigError(HashhedgeError):
    """Something a person wrote cannot be used: names the place, the cause and the mend."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        self.message = message
        self.where = where
        self.hint = hint
        parts = [f"{where}: {message}" if where else message]
        if hint:
            parts.append(f"  to fix: {hint}")
        super().__init__("\n".join(parts))


class ConfigErrors(ConfigError):
    """All that is wrong in one reading, so that a person mends it in one go."""

    def __init__(self, problems: Sequence[ConfigError]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FeedError(HashhedgeError):
    """A provider's answer gave no usable quote. `reason` is a closed-set metric label."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class FeedUnavailable(FeedError):
    """The provider cannot answer now; `retry_after_s` is its own wish where it stated one."""

    def __init__(self, message: str, *, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class FeedRejected(FeedError):
    """The provider refuses this request for good: key, region or symbol."""


class BadQuote(FeedError):
    """The answer arrived but its shape or a value in it is wrong."""


class StoreUnavailable(HashhedgeError):
    """Redis cannot be reached, or refused a command."""

    hint = (
        "start Redis, or mend its address (--redis-url, HASHHEDGE_REDIS_URL); "
        "`hashhedge doctor` looks at it"
    )


class NobodyComputes(StoreUnavailable):
    """Redis answers, and no service works on what is in it."""

    hint = "start `hashhedge run` on this Redis: the role `compute` answers"


class LeaseLost(HashhedgeError):
    """A newer holder has the lease: everything this process still writes is refused."""


class DeliveryError(HashhedgeError):
    """A sink or channel could not deliver. `reason` is a closed-set metric label.

    `retry_after_ms` is how long the other side asked to wait, None if it did not say; `hint` is how
    to mend it, where that is not about the broker.
    """

    hint = (
        "start the broker, or mend its address (--mqtt-url, HASHHEDGE_MQTT_URL); "
        "`hashhedge doctor` looks at it"
    )

    def __init__(
        self,
        message: str,
        *,
        retriable: bool,
        reason: str,
        retry_after_ms: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.retriable = retriable
        self.reason = reason
        self.retry_after_ms = retry_after_ms
        if hint is not None:
            self.hint = hint
