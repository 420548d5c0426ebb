"""News in an envelope that event buses know, on a real broker, in both versions of MQTT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alerts.schemas import generate, payloads
from alerts.sinks.mqtt import open_mqtt
from monitor.app.relaying import broker_settings
from monitor.app.servers import Servers
from monitor.core.clock import SystemClock
from monitor.settings import load_settings
from tests.listeners import listening
from tests.servers import TestBroker
from tests.sinks import note, settings
from tests.transitions import transition

pytestmark = pytest.mark.integration

SPEC = json.loads(
    Path(__file__).parents[1].joinpath("fixtures", "cloudevents-1.0.json").read_text()
)
ENVELOPE = jsonschema.Draft202012Validator(SPEC)
EVENT = jsonschema.Draft202012Validator(generate.json_schema(payloads.ALERT_EVENT))


@pytest.mark.parametrize("protocol", ["5.0", "3.1.1"])
async def test_each_piece_of_news_is_a_cloud_event(
    mosquitto: TestBroker, tag: str, protocol: Any
) -> None:
    """Content type, attributes and data; the state beside it stays what it is (row F31)."""
    news = transition(rule="ana.margin-thin", key="RIOT", at=SystemClock().now())
    ours = settings(mosquitto.url, tag, protocol=protocol, cloud_events=True)
    async with (
        listening(mosquitto.url, f"hashhedge/v1/{tag}/#") as listener,
        open_mqtt(ours) as sink,
    ):
        await sink.publish(note(news))
        (state,) = await listener.wait_for("/user/ana/state/margin-thin.RIOT")
        (event,) = await listener.wait_for("/user/ana/event/margin-thin.RIOT")
        (inbox,) = await listener.wait_for("/inbox")
    for message in (event, inbox):
        told = message.json
        ENVELOPE.validate(told)
        EVENT.validate(told["data"])
        assert (told["id"], told["source"]) == (news.id, f"/hashhedge/v1/{tag}")
        assert (told["type"], told["time"]) == ("hashhedge.alert.firing", told["data"]["time"])
        assert message.topic == f"{told['source'][1:]}/{told['subject']}"
        kind = "application/cloudevents+json" if protocol == "5.0" else None
        assert message.properties.get("ContentType") == kind
    assert event.json["subject"] == "user/ana/event/margin-thin.RIOT"
    assert state.json["schema"] == payloads.ALERT_STATE


@pytest.mark.parametrize(
    "change", [{"specversion": "0.3"}, {"id": ""}, {"time": "now"}, {"Data": 1}, {"type": None}]
)
def test_the_schema_finds_what_is_none(change: dict[str, Any]) -> None:
    """The rules of the specification that our own envelope could break."""
    good = {"specversion": "1.0", "id": "1", "source": "/x", "type": "t", "data": {}}
    ENVELOPE.validate(good)
    assert list(ENVELOPE.iter_errors(good | change))


def test_it_is_off_unless_it_is_asked_for() -> None:
    """Readers of the plain form are not to be broken by an update."""
    found = Servers(redis_url="", mqtt_url="mqtt://127.0.0.1")
    assert not broker_settings(load_settings({}), found, "0").cloud_events
    told = {"HASHHEDGE_MQTT_CLOUDEVENTS": "true"}
    assert broker_settings(load_settings(told), found, "0").cloud_events
