"""The broker's address, and the password from beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sinks.mqtt import MqttSettings, MqttUrl, password_from
from monitor.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("mqtt://broker", MqttUrl("broker", 1883)),
        ("mqtts://broker", MqttUrl("broker", 8883, tls=True)),
        ("mqtt://me@broker.example.org:1884/", MqttUrl("broker.example.org", 1884, user="me")),
        ("mqtt://a%40b@10.0.0.7", MqttUrl("10.0.0.7", 1883, user="a@b")),
        ("mqtt://[::1]:1885", MqttUrl("::1", 1885)),
        (" mqtt://my_broker.svc.cluster.local. ", MqttUrl("my_broker.svc.cluster.local.", 1883)),
    ],
)
def test_addresses_that_work(text: str, url: MqttUrl) -> None:
    """Each usual way to write a broker's address must be understood."""
    assert MqttUrl.parse(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must begin with mqtt://"),
        ("broker:1883", "must begin with mqtt://"),
        ("http://broker", "must begin with mqtt://"),
        ("mqtt://", "no host"),
        ("mqtt://:1883", "no host"),
        ("mqtt://bro ker", "no host name"),
        ("mqtt://-broker", "no host name"),
        ("mqtt://broker..example", "no host name"),
        ("mqtt://300.1.1.1", "no host name"),
        ("mqtt://[::1", "cannot be read"),
        ("mqtt://broker:port", "cannot be read"),
        ("mqtt://broker:70000", "cannot be read"),
        ("mqtt://broker:0", "port 0"),
        ("mqtt://broker/topic", "nothing after"),
        ("mqtt://broker?x=1", "nothing after"),
    ],
)
def test_addresses_that_do_not(text: str, why: str) -> None:
    """A bad address must be refused with the setting's name, the cause and an example."""
    with pytest.raises(ConfigError, match=why) as caught:
        MqttUrl.parse(text)
    assert caught.value.where == "HASHHEDGE_MQTT_URL"
    assert "mqtt://broker.example" in caught.value.hint


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    """The message about a password in an address must not show it."""
    with pytest.raises(ConfigError, match="password in an address") as caught:
        MqttUrl.parse("mqtt://me:hunter2@broker")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_config_error(text: str) -> None:
    """No text may raise anything else, and what is accepted reads back as the same."""
    try:
        url = MqttUrl.parse(f"mqtt://{text}")
    except ConfigError:
        return
    assert url.host
    if url.user is None:
        assert MqttUrl.parse(str(url)) == url


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("10.0.0.1", False), ("b", False)],
)
def test_loopback_is_known(host: str, loopback: bool) -> None:
    """A broker on this machine must be told from one on the network."""
    assert MqttUrl(host, 1883).loopback is loopback


def test_password_file_is_read_anew(tmp_path: Path) -> None:
    """A changed password file must be used at the next connection; its line end does not count."""
    file = tmp_path / "password"
    file.write_text("one\n")
    password = password_from("unused", file)
    assert password() == "one"
    file.write_text(" two ")
    assert password() == " two "
    file.unlink()
    with pytest.raises(ConfigError, match=str(file)):
        password()


def test_settings_never_show_the_password() -> None:
    """What settings print of themselves must not hold the password or a way to it."""
    settings = MqttSettings(url=MqttUrl("b", 1883, user="me"), password=password_from("hunter2"))
    assert "hunter2" not in repr(settings)
    assert "password" not in repr(settings)
    assert str(settings.url) == "mqtt://me@b:1883"
