"""The one line with which a person hears the alerts from outside; it names secrets' places, no secret."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from alerts.sinks.mqtt import MqttUrl
from alerts.topics import Kind, Topics, filter_of
from monitor.settings import Settings


def watch_line(settings: Settings, publish_url: str) -> str:
    """Return a `mosquitto_sub` with whatever the broker at `publish_url` asks of us."""
    url = MqttUrl.parse(publish_url)
    topic = Topics(settings.instance).below(filter_of(Kind.ALERT_EVENT))
    words = ["mosquitto_sub", "-h", url.host, "-p", str(url.port)]
    if url.user is not None:
        words += ["-u", shlex.quote(url.user), *_password(settings)]
    if url.tls:
        words += _tls(settings)
    return " ".join((*words, "-v", "-t", f"'{topic}'"))


def _password(settings: Settings) -> Iterator[str]:
    if settings.mqtt_password_file is not None:
        yield f'-P "$(cat {shlex.quote(str(settings.mqtt_password_file))})"'
    elif settings.mqtt_password is not None:
        yield '-P "$HASHHEDGE_MQTT_PASSWORD"'


def _tls(settings: Settings) -> Iterator[str]:
    if settings.mqtt_ca is None:
        yield "--tls-use-os-certs"
    for option, path in (
        ("--cafile", settings.mqtt_ca),
        ("--cert", settings.mqtt_certificate),
        ("--key", settings.mqtt_key),
    ):
        if path is not None:
            yield f"{option} {shlex.quote(str(path))}"
    if settings.mqtt_insecure:
        yield "--insecure"
