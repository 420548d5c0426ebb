"""Home of aiomqtt: the MQTT sink, its settings and its connection."""

from __future__ import annotations

from alerts.sinks.mqtt.connect import MqttSettings, TlsFiles
from alerts.sinks.mqtt.opening import SINK, open_mqtt
from alerts.sinks.mqtt.presence import other_publisher, rival_publishers
from alerts.sinks.mqtt.refusals import HINTS
from alerts.sinks.mqtt.sink import MqttSink
from alerts.sinks.mqtt.url import MqttUrl, password_from

__all__ = [
    "HINTS",
    "SINK",
    "MqttSettings",
    "MqttSink",
    "MqttUrl",
    "TlsFiles",
    "open_mqtt",
    "other_publisher",
    "password_from",
    "rival_publishers",
]
