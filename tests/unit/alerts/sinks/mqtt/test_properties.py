"""The bytes of MQTT 5 properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from alerts.sinks.mqtt.properties import PublishProperties

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


@given(
    st.none() | st.integers(min_value=1, max_value=2**32 - 1),
    st.lists(st.tuples(WORDS, WORDS), max_size=8),
)
def test_a_library_reads_what_we_write(expiry_s: int | None, facts: list[tuple[str, str]]) -> None:
    """Whatever the facts and the expiry, paho must read them back, to the last byte."""
    packed = PublishProperties(expiry_s, tuple(facts)).pack()
    read = Properties(PacketTypes.PUBLISH)
    _, length = read.unpack(packed)
    assert length == len(packed)
    expected: dict[str, object] = {"PayloadFormatIndicator": 1, "ContentType": "application/json"}
    expected |= {"UserProperty": facts} if facts else {}
    expected |= {"MessageExpiryInterval": expiry_s} if expiry_s else {}
    assert {name: getattr(read, name, None) for name in expected} == expected
    assert read.json().keys() == expected.keys()
