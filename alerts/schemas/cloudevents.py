"""News as CloudEvents 1.0 in structured mode: our payload in an envelope that event buses know.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/mqtt-protocol-binding.md
"""

from __future__ import annotations

from msgspec import Struct

from alerts.schemas.payloads import ALERT_EVENT, AlertEvent, Moment

CONTENT_TYPE = "application/cloudevents+json"
JSON = "application/json"
_TYPE = "hashhedge."


class CloudEvent(Struct, frozen=True, kw_only=True):
    """One piece of news. `source` and `id` together are unique; equal ones are the same news."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Moment
    datacontenttype: str = JSON
    dataschema: str = ALERT_EVENT
    data: AlertEvent


def cloud_event(event: AlertEvent, source: str, subject: str) -> CloudEvent:
    """Return the envelope of `event`: `source` is the instance's root topic, `subject` the topic below."""
    return CloudEvent(
        id=event.id,
        source=f"/{source}",
        type=f"{_TYPE}{event.type}",
        subject=subject,
        time=event.time,
        data=event,
    )
