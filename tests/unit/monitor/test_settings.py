"""Settings: environment under options, secrets from files, and every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.settings import MAX_FILE_BYTES, SETTINGS, Settings, load_settings


def test_nothing_set_gives_the_defaults() -> None:
    """An empty environment is enough to run; pages are on the loopback only."""
    found = load_settings({"PATH": "/usr/bin", "HASHHEDGE_REQUIRE_SERVERS": "1"})
    assert found == Settings()
    assert (found.instance, found.redis_url, found.web_host) == ("main", None, "127.0.0.1")


def test_options_win_over_the_environment() -> None:
    """What is said on the command line counts, also when it is falsy; what is not said does not."""
    environ = {"HASHHEDGE_WEB_PORT": "9000", "HASHHEDGE_INSTANCE": "blue"}
    found = load_settings(environ, {"web_port": 0, "instance": None, "rules": Path("r.yaml")})
    assert (found.web_port, found.instance, found.rules) == (0, "blue", Path("r.yaml"))


TEXTS = {
    "instance": "blue",
    "redis_url": "redis://r/1",
    "mqtt_url": "mqtt://b",
    "mqtt_protocol": "3.1.1",
    "mqtt_password": "hunter2",
    "mqtt_password_file": "p",
    "mqtt_ca": "ca.pem",
    "mqtt_certificate": "c.pem",
    "mqtt_key": "k.pem",
    "web_host": "::1",
    "mqtt_insecure": "True",
    "mqtt_cloudevents": "True",
    "homeassistant": "component",
    "homeassistant_prefix": "ha/here",
    "web_port": "1",
    "ingest_secret": "correct-horse-battery",
    "ingest_mqtt": "True",
    "public_url": "https://alerts.example.org/hh",
    "command_users": "u",
    "users": "us.yaml",
    "dashboard_url": "https://g/d/hh",
    "companies": "c",
    "rules": "r.yaml",
    "feeds": "f.yaml",
    "calendar": "e.yaml",
    "watch_books": "False",
    "cold_start": "notify",
    "user_rules": "5",
    "user_rules_total": "50",
    "user_rules_loudest": "critical",
    "state_dir": "s",
    "lease_ms": "900",
    "backoff_seed": "7",
    "log_level": "debug",
}


def test_every_setting_has_a_variable() -> None:
    """Each field is read from its own variable, as text, into its own type."""
    assert set(TEXTS) == set(SETTINGS)
    found = load_settings({f"HASHHEDGE_{name.upper()}": text for name, text in TEXTS.items()})
    assert {name: str(getattr(found, name)) for name in SETTINGS} == TEXTS
    assert (found.web_port, found.lease_ms, found.state_dir) == (1, 900, Path("s"))


def test_the_contact_of_a_feed_is_no_setting() -> None:
    """The SEC's contact has our prefix and belongs to the feed; it is not refused."""
    found = load_settings({"HASHHEDGE_SEC_CONTACT": "a@b.c", "HASHHEDGE_SEC_CONTACT_FILE": "/x"})
    assert found == Settings()


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """`_FILE` names a mounted file; its last line end is not part of the secret."""
    secret = tmp_path / "url"
    secret.write_text("redis://:hunter2@r:6379/0\n")
    found = load_settings({"HASHHEDGE_REDIS_URL_FILE": str(secret)})
    assert found.redis_url == "redis://:hunter2@r:6379/0"


def test_no_secret_is_printed() -> None:
    """Printing the settings shows neither URL, whatever is in them."""
    shown = repr(
        Settings(
            redis_url="redis://:hunter2@r",
            mqtt_url="mqtt://u:hunter3@b",
            mqtt_password="hunter4",  # noqa: S106  # made up, to see that it is not printed
        )
    )
    assert "hunter" not in shown
    assert "hunter" not in repr(Settings(ingest_secret="hunter-of-secrets"))  # noqa: S106  # likewise
    assert "_url" not in shown
    assert "instance='main'" in shown


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("HASHHEDGE_REDIS_ULR", "x", "did you mean HASHHEDGE_REDIS_URL?"),
        ("HASHHEDGE_NONSENSE", "x", "remove it"),
        ("HASHHEDGE_WEB_PORT", "http", "HASHHEDGE_WEB_PORT"),
        ("HASHHEDGE_WEB_PORT", "65536", "HASHHEDGE_WEB_PORT"),
        ("HASHHEDGE_INGEST_SECRET", "too short", "length >= 16"),
        ("HASHHEDGE_LEASE_MS", "10", "HASHHEDGE_LEASE_MS"),
        ("HASHHEDGE_INSTANCE", "Main/x", "HASHHEDGE_INSTANCE"),
        ("HASHHEDGE_MQTT_PROTOCOL", "4", "HASHHEDGE_MQTT_PROTOCOL"),
        ("HASHHEDGE_LOG_LEVEL", "loud", "HASHHEDGE_LOG_LEVEL"),
        ("HASHHEDGE_REDIS_URL_FILE", "/nowhere/url", "HASHHEDGE_REDIS_URL_FILE"),
    ],
)
def test_a_mistake_names_the_variable(variable: str, text: str, words: str) -> None:
    """An unknown variable or a wrong value is refused, naming variable and mend."""
    with pytest.raises(ConfigError) as caught:
        load_settings({variable: text})
    assert words in str(caught.value)
    assert variable.removesuffix("_FILE") in str(caught.value)


def test_a_mistake_names_the_option_that_was_given() -> None:
    """Who used the option is not sent to a variable that is not set."""
    with pytest.raises(ConfigError, match=r"^--instance: ") as caught:
        load_settings({}, {"instance": "Main/x", "web_port": None})
    assert "HASHHEDGE_INSTANCE" not in str(caught.value)
    found = load_settings({"HASHHEDGE_MQTT_URL": "mqtt://b"}, {"redis_url": "redis://r"})
    assert found.place_of("redis_url") == "--redis-url"
    assert found.place_of("mqtt_url") == "HASHHEDGE_MQTT_URL"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A binary file is no secret, and its bytes stay out of the message."""
    path = tmp_path / "url"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="HASHHEDGE_REDIS_URL_FILE"):
        load_settings({"HASHHEDGE_REDIS_URL_FILE": str(path)})


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    """A wrong path to something endless costs no more than the limit."""
    path = tmp_path / "url"
    path.write_text("x" * (MAX_FILE_BYTES + 10))
    found = load_settings({"HASHHEDGE_REDIS_URL_FILE": str(path)})
    assert found.redis_url is not None
    assert len(found.redis_url) == MAX_FILE_BYTES


def test_the_same_setting_twice_is_refused(tmp_path: Path) -> None:
    """A variable and its _FILE twin cannot both be meant."""
    path = tmp_path / "url"
    path.write_text("redis://a")
    with pytest.raises(ConfigError, match="HASHHEDGE_REDIS_URL"):
        load_settings({"HASHHEDGE_REDIS_URL": "redis://b", "HASHHEDGE_REDIS_URL_FILE": str(path)})


@pytest.mark.parametrize(
    "url",
    [
        "alerts.example.org",
        "ftp://a",
        "https://",
        "https://u:p@a/",
        "https://a/?k=1",
        "https://a/#x",
    ],
)
def test_a_public_address_is_one_that_buttons_can_lead_to(url: str) -> None:
    """No user, no query, no fragment: a token comes behind `#`."""
    with pytest.raises(ConfigError, match="HASHHEDGE_PUBLIC_URL"):
        load_settings({"HASHHEDGE_PUBLIC_URL": url})
