"""Why a broker says no, in the words of the specification."""

from __future__ import annotations

from paho.mqtt.client import connack_string
from paho.mqtt.enums import ConnackCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from alerts.sinks.mqtt.link import FAILURE


def reason_words(packet: int, code: int) -> str:
    """Return a reason code of 5.0, or a return code of a CONNACK of 3.1.1, in words.

    `packet` is one of paho's PacketTypes. A code that no version knows is shown as its number.
    """
    try:
        if packet == PacketTypes.CONNACK and 0 < code < FAILURE:
            return connack_string(ConnackCode(code))
        return str(ReasonCode(packet, identifier=code))
    except (KeyError, ValueError):
        return f"reason {code:#04x}"
