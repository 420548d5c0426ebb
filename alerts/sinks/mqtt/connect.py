"""From settings to a connection: MQTT 5 where the broker speaks it, else 3.1.1.

Every fact that MQTT 5 carries as a property is in the payload too, so falling back loses only what
the broker itself would have done: expire old messages and delay the will.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alerts.sinks.mqtt.link import V5, V311, Address, Link, LinkLost, ProtocolName, VersionRefused
from alerts.sinks.mqtt.packets import Heard, Login
from alerts.sinks.mqtt.url import MqttUrl, Password, password_from
from alerts.sinks.mqtt.wire import WireLink
from monitor.core.backoff import Backoff
from monitor.core.errors import ConfigError

ONLINE = b"online"
OFFLINE = b"offline"
_MIN_SESSION_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files of a TLS connection; None takes the system's CAs and no client certificate.

    `insecure` accepts any certificate: for a test bench only, and each start says so.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """How to reach the broker, under which name, and how patient to be.

    Attributes:
        url: the broker.
        instance: the level after the root in every topic.
        replica: the same at each start of one replica, different between replicas.
        password: asked at each connection.
        protocol: `auto` tries 5.0 first; a name forces that version.
        tls: files for `mqtts://`.
        keepalive_s: a silent connection counts as lost after 1.5 times this.
        will_delay_s: MQTT 5: a reconnect within this time shows no `offline`.
        connect_timeout_s: until CONNACK.
        ack_timeout_s: until PUBACK; then the connection is cut and made anew.
        reconnect: waits between tries to connect.
        cloud_events: put news in an envelope of CloudEvents.

    """

    url: MqttUrl
    instance: str = "default"
    replica: str = "0"
    password: Password = field(default=password_from(), repr=False)
    protocol: Literal["auto", "5.0", "3.1.1"] = "auto"
    tls: TlsFiles = field(default_factory=TlsFiles)
    keepalive_s: int = 20
    will_delay_s: int = 10
    connect_timeout_s: float = 5.0
    ack_timeout_s: float = 10.0
    reconnect: Backoff = field(default_factory=lambda: Backoff(base_s=0.25, cap_s=15.0))
    cloud_events: bool = False

    @property
    def client_id(self) -> str:
        """Return the fixed client id of this replica."""
        return f"hashhedge-{self.instance}-{self.replica}"


async def connect(
    settings: MqttSettings, status_topic: str, heard: Callable[[Heard], None]
) -> Link:
    """Return an open connection whose last will is a retained `offline` on `status_topic`.

    `heard` is called with each message that arrives.

    Raises:
        LinkLost: the broker cannot be reached, or refused us.
        ConfigError: a TLS file or the password file cannot be used.

    """
    return await _opened(
        settings, lambda version: _publisher(settings, version, status_topic), heard
    )


async def visit(settings: MqttSettings, suffix: str, heard: Callable[[Heard], None]) -> Link:
    """Return an open connection that only looks: it has no will, and the broker keeps nothing of it.

    It takes the same road as the publisher's own, so it meets the same refusals; `suffix` ends its
    client id, which no other connection may have. Raises as `connect` does.
    """
    login = Login(
        client_id=f"{settings.client_id}-{suffix}",
        keepalive_s=settings.keepalive_s,
        clean=True,
        session_s=0,
        user=settings.url.user,
        password=settings.password() if settings.url.user else None,
    )
    return await _opened(settings, lambda _: login, heard)


async def _opened(
    settings: MqttSettings,
    login: Callable[[ProtocolName], Login],
    heard: Callable[[Heard], None],
) -> Link:
    versions: tuple[ProtocolName, ...] = (
        (V5, V311) if settings.protocol == "auto" else (settings.protocol,)
    )
    refusal = LinkLost("no protocol version to try")
    for version in versions:
        link = _link(settings, version, login(version), heard)
        try:
            await link.open()
        except VersionRefused as error:
            refusal = error
        else:
            return link
    raise refusal


def _publisher(settings: MqttSettings, protocol: ProtocolName, status_topic: str) -> Login:
    url = settings.url
    return Login(
        client_id=settings.client_id,
        keepalive_s=settings.keepalive_s,
        # Only a session that lives on lets the broker hold the will back, hence no clean start.
        clean=protocol != V5,
        session_s=max(_MIN_SESSION_S, 2 * settings.will_delay_s),
        user=url.user,
        password=settings.password() if url.user else None,
        will_topic=status_topic,
        will=OFFLINE,
        will_delay_s=settings.will_delay_s,
    )


def _link(
    settings: MqttSettings,
    protocol: ProtocolName,
    login: Login,
    heard: Callable[[Heard], None],
) -> Link:
    url = settings.url
    address = Address(url.host, url.port, tls_context(settings.tls) if url.tls else None)
    return WireLink(
        address,
        login,
        protocol,
        heard,
        timeout_s=settings.connect_timeout_s,
        ack_timeout_s=settings.ack_timeout_s,
    )


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a client context that checks certificate and host name, unless told otherwise.

    Raises:
        ConfigError: a file is missing or is no PEM.

    """
    try:
        context = ssl.create_default_context(cafile=files.ca)
        if files.certificate is not None:
            context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the TLS files cannot be used: {error}",
            where=str(files.certificate or files.ca),
            hint="give PEM files: the CA, and with a client certificate also its key",
        ) from error
    if files.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def unchecked(settings: MqttSettings) -> bool:
    """Read password and TLS files once; tell whether the broker's certificate goes unchecked.

    Raises:
        ConfigError: one of the files cannot be used.

    """
    settings.password()
    if not settings.url.tls:
        return False
    tls_context(settings.tls)
    return settings.tls.insecure
