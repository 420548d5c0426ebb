"""An MQTT sink opened for a test: short waits, a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from alerts.model import Transition
from alerts.notification import Notification
from alerts.sinks.mqtt import MqttSettings, MqttSink, MqttUrl, open_mqtt
from monitor.core.backoff import Backoff
from monitor.core.clock import Millis, SystemClock
from tests.listeners import Listener, listening
from tests.transitions import AT

QUICK = Backoff(base_s=0.01, cap_s=0.1)


def settings(url: str, tag: str, **changes: Any) -> MqttSettings:
    """Return settings with short waits for the instance `tag`."""
    values = {"instance": tag, "reconnect": QUICK, "will_delay_s": 0, "ack_timeout_s": 5.0}
    return MqttSettings(url=MqttUrl.parse(url), **{**values, **changes})


def note(item: Transition) -> Notification:
    """Return the notification of one transition."""
    return Notification(entry_id="1-0", transition=item)


class FixedClock(SystemClock):
    """Shows one moment for ever, yet waits in real time: reconnecting must go on."""

    def __init__(self, moment: Millis) -> None:
        self._moment = moment

    def now(self) -> Millis:
        """Return the moment."""
        return self._moment


@asynccontextmanager
async def sink_and_listener(url: str, tag: str) -> AsyncIterator[tuple[MqttSink, Listener]]:
    """Open a sink and a reader of all its topics."""
    async with (
        listening(url, f"hashhedge/v1/{tag}/#") as listener,
        open_mqtt(settings(url, tag), clock=FixedClock(AT + 150)) as sink,
    ):
        yield sink, listener
