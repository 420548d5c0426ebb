"""Why there is no connection: told once in a row with its mend, counted each time, and a clash by its name."""

from __future__ import annotations

import structlog

from alerts.sinks.mqtt.connect import MqttSettings
from alerts.sinks.mqtt.link import PACKET_TOO_LARGE, LinkLost, NotAcknowledged, Refused
from alerts.sinks.mqtt.refusals import CONFIG, HINTS, TAKEN_OVER, Clash
from monitor.core.clock import Clock, Millis
from monitor.core.errors import ConfigError, DeliveryError

_CLASH_PAUSE_S = 1.0
"""Between two connections when somebody else has our client id: neither is to flood the broker."""
# not authorised, topic name invalid, packet too large, payload format invalid: the same next time
_LASTING_REFUSALS = frozenset({135, 144, 149, 153})
_log = structlog.get_logger(__name__)


def verdict(error: LinkLost | Refused) -> DeliveryError:
    """Return what a failure to deliver says to the relay: why, and whether to try again."""
    if isinstance(error, Refused):
        lasting = error.code in _LASTING_REFUSALS
        reason = "too_large" if error.code == PACKET_TOO_LARGE else "refused"
        return DeliveryError(str(error), retriable=not lasting, reason=reason)
    reason = "ack_timeout" if isinstance(error, NotAcknowledged) else "connection_lost"
    return DeliveryError(str(error), retriable=True, reason=reason)


class Watcher:
    """What is told of the connection: does nothing with it here."""

    def connected(self, *, stands: bool) -> None:
        """Take it that there is a connection, or none any more."""

    def failed(self, reason: str, hint: str) -> None:
        """Take it that one ended or was not had: a reason of `HINTS`, and what mends it."""


class Trouble:
    """The failed tries of one sink to have a connection."""

    def __init__(self, settings: MqttSettings, clock: Clock, watcher: Watcher) -> None:
        self._settings, self._clock, self._watcher = settings, clock, watcher
        self._clash = Clash()

    @property
    def pause_s(self) -> float:
        """Return how long to wait at least before the next try."""
        return _CLASH_PAUSE_S if self._clash.fighting else 0.0

    def mourn(self, error: LinkLost | ConfigError, failures: int, begun: Millis | None) -> None:
        """Take the end of a connection that stood since `begun`, or of a try to have one."""
        broker, reason = str(self._settings.url), getattr(error, "reason", CONFIG)
        hint = error.hint if isinstance(error, ConfigError) else HINTS[error.reason]
        self._watcher.failed(reason, hint)
        now = self._clock.now()
        if begun is not None and self._clash.lost(reason, now - begun, now):
            own = self._settings.client_id
            hint = HINTS[TAKEN_OVER]
            _log.warning("mqtt.client_id_clash", broker=broker, client_id=own, hint=hint)
        elif failures == 0 and not self._clash.fighting:
            _log.warning(
                "mqtt.not_connected", broker=broker, reason=reason, why=str(error), hint=hint
            )
