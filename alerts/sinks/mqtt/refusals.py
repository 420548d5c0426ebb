"""Why a broker cannot be had: a closed list of reasons, each with what mends it. Pure.

The libraries say it in many ways, and most of them in the words of OpenSSL. A reason is what a log,
`doctor` and a test can rely on.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aiomqtt.exceptions import MqttCodeError, MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from monitor.core.clock import MINUTE, SECOND, Millis

UNREACHABLE, TAKEN_OVER, HUNG_UP = "unreachable", "session_taken_over", "hung_up"
SUBSCRIPTION_REFUSED, PRESENCE_REFUSED = "subscription_refused", "presence_refused"
NOT_ACKNOWLEDGED, SILENT, CONFIG = "not_acknowledged", "silent", "config"
HINTS: Mapping[str, str] = MappingProxyType(
    {
        "unknown_authority": "name the PEM file of the broker's CA in HASHHEDGE_MQTT_CA",
        "certificate_expired": "renew the broker's certificate, or set this machine's clock",
        "wrong_hostname": "use a host name in the address that stands in the broker's certificate",
        "certificate_refused": "see which certificate the broker shows, and by whom it is signed",
        "client_certificate_refused": "set HASHHEDGE_MQTT_CERTIFICATE and HASHHEDGE_MQTT_KEY to a"
        " pair that the broker knows",
        "no_tls": "this port speaks no TLS: write mqtt:// or take the other port",
        "login_refused": "check the user in the address and HASHHEDGE_MQTT_PASSWORD_FILE",
        "client_id_refused": "the broker does not take our client id; see its log",
        "connection_refused": "is the broker running, and the port right?",
        "unknown_host": "is the host's name right, and does this machine's DNS know it?",
        "timeout": "is the address right, and no firewall between?",
        HUNG_UP: "does the port speak TLS where the address says mqtts, does it want a client"
        " certificate, or only another version of MQTT?",
        TAKEN_OVER: "another process uses our client id: stop it, or give one of the two another"
        " HASHHEDGE_INSTANCE",
        SUBSCRIPTION_REFUSED: "let our user read the topic in the broker's rules",
        PRESENCE_REFUSED: "let our user write below the instance in the broker's rules",
        NOT_ACKNOWLEDGED: "the broker takes messages and does not say so: see its log and its load, and"
        " what stands between",
        SILENT: "the connection is dead: see the network, and whether the broker hangs",
        CONFIG: "mend the password file or the TLS files that the settings name",
        UNREACHABLE: "is it running, and the address right?",
    }
)
_BY_VERIFY_CODE = {10: "certificate_expired", 62: "wrong_hostname", 64: "wrong_hostname"}
_UNKNOWN_AUTHORITY = range(18, 22)
_BY_CODE = {
    2: "client_id_refused",
    4: "login_refused",
    5: "login_refused",  # CONNACK of 3.1.1
    133: "client_id_refused",
    134: "login_refused",
    135: "login_refused",
    142: TAKEN_OVER,
}
_BY_KIND = (
    (ConnectionRefusedError, "connection_refused"),
    (socket.gaierror, "unknown_host"),
    (ConnectionResetError, HUNG_UP),
    (ssl.SSLEOFError, HUNG_UP),
    (TimeoutError, "timeout"),
)
_SHORT_MS: Millis = 5 * SECOND
_SHORT_ONES = 3
_TELL_AGAIN_MS: Millis = MINUTE


def reason_of(error: BaseException) -> str:
    """Return the reason of what a library raised while connecting, or when it lost a connection."""
    seen: BaseException | None = error
    while seen is not None:
        reason = _reason(seen)
        if reason:
            return reason
        seen = seen.__cause__ or seen.__context__
    return UNREACHABLE


def reason_of_code(code: int) -> str:
    """Return the reason that the code of a CONNACK, or of a DISCONNECT of MQTT 5, stands for."""
    return _BY_CODE.get(code, UNREACHABLE)


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return "unknown_authority"
        return _BY_VERIFY_CODE.get(error.verify_code, "certificate_refused")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        told = (
            "ALERT" in (error.reason or "").upper()
        )  # the broker said so; else it is no TLS at all
        return "client_certificate_refused" if told else "no_tls"
    if isinstance(error, MqttCodeError) and isinstance(error.rc, ReasonCode):
        return _BY_CODE.get(error.rc.value, "")
    if isinstance(error, MqttConnectError) and isinstance(error.rc, int):
        return _BY_CODE.get(error.rc, "")
    return next((reason for kind, reason in _BY_KIND if isinstance(error, kind)), "")


@dataclass(slots=True)
class Clash:
    """Notices that somebody else connects under our client id, and says so once a minute.

    MQTT 5 names it. A broker of 3.1.1 just ends the older connection: then some short ones in a row,
    each of them taken well, are the sign of it.
    """

    _short: int = 0
    _told_at: Millis | None = None
    fighting: bool = False

    def lost(self, reason: str, lived_ms: Millis, now: Millis) -> bool:
        """Take the end of a connection; tell whether this is the moment to say that there is a clash."""
        self._short = self._short + 1 if lived_ms < _SHORT_MS else 0
        self.fighting = reason == TAKEN_OVER or self._short >= _SHORT_ONES
        if not self.fighting or (
            self._told_at is not None and now - self._told_at < _TELL_AGAIN_MS
        ):
            return False
        self._told_at = now
        return True
