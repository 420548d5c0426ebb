"""Logs: JSON away from a terminal, and no credential in any line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.signature import age_fault, form_fault
from monitor.telemetry.logs import REDACTED, configure, json_line, redact

PASSWORD = "correct-horse-battery"  # noqa: S105 - the bait that must not come out


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    """Give the process-wide logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Parse each line as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_away_from_a_terminal() -> None:
    """One object per line: event, fields, level and UTC time."""
    out = io.StringIO()
    configure("info", stream=out, environ={})

    structlog.get_logger().info("feed.poll_failed", feed="kraken", streak=3)
    structlog.get_logger().debug("feed.polled")

    (line,) = lines(out)
    assert line["event"] == "feed.poll_failed"
    assert (line["feed"], line["streak"], line["level"]) == ("kraken", 3, "info")
    assert line["timestamp"].endswith("Z")


def test_libraries_take_the_same_road() -> None:
    """What a library logs through `logging` is JSON with its logger's name, and redacted."""
    out = io.StringIO()
    configure("warning", stream=out, environ={})

    logging.getLogger("aiomqtt").warning("lost mqtt://me:%s@broker", PASSWORD)
    logging.getLogger("aiomqtt").info("chatter")

    (line,) = lines(out)
    assert line["logger"] == "aiomqtt"
    assert PASSWORD not in out.getvalue()


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_pretty_on_a_terminal(environ: dict[str, str], coloured: bool) -> None:
    """People get a plain line, coloured unless NO_COLOR is set."""
    out = Terminal()
    configure("info", stream=out, environ=environ)

    structlog.get_logger().info("step.committed", ticks=2)

    assert "step.committed" in out.getvalue()
    assert ("\x1b[" in out.getvalue()) is coloured


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_tracebacks_are_cleaned(stream: io.StringIO) -> None:
    """A password in an exception's text does not come out with the traceback."""
    configure("info", stream=stream, environ={"NO_COLOR": "1"})
    error = OSError(f"refused by redis://user:{PASSWORD}@db:6379/0")

    structlog.get_logger().error("store.failed", exc_info=error)

    assert "OSError" in stream.getvalue()
    assert PASSWORD not in stream.getvalue()


@pytest.mark.parametrize(
    "fields",
    [
        {"password": PASSWORD},
        {"redis": {"Api-Key": "x", "api_key": PASSWORD}},
        {"headers": [{"Authorization": f"Bearer {PASSWORD}"}]},
        {"url": f"redis://user:{PASSWORD}@db:6379/0"},
        {"url": f"https://example.org/v1?symbol=RIOT&token={PASSWORD}"},
        {"error": f"401 for Bearer {PASSWORD}"},
        {"error": ValueError(f"bad password: {PASSWORD}")},
    ],
)
def test_known_shapes_of_secrets(fields: dict[str, object]) -> None:
    """Credential fields, userinfo in URLs, query keys and auth schemes are blanked."""
    cleaned = str(redact(None, "info", {"event": "x", **fields}))

    assert PASSWORD not in cleaned
    assert REDACTED in cleaned


def test_the_rest_is_left_alone() -> None:
    """Host, path and ordinary fields stay readable."""
    fields = {"event": "x", "url": "redis://user:pw@db:6379/0", "price": 105_000.5, "at": None}

    assert redact(None, "info", fields) == {
        "event": "x",
        "url": f"redis://{REDACTED}@db:6379/0",
        "price": 105_000.5,
        "at": None,
    }


@given(
    user=st.text(alphabet="abcXYZ019._~!$&*+,;=:%-", min_size=0, max_size=8),
    secret=st.text(alphabet="QWERTYUIOP", min_size=12, max_size=20),
    scheme=st.sampled_from(["redis", "rediss", "mqtt", "mqtts", "https", "unix"]),
    before=st.sampled_from(["", "could not reach ", "<"]),
)
def test_userinfo_never_survives(user: str, secret: str, scheme: str, before: str) -> None:
    """Whatever the user part, the password of a URL is gone."""
    event = {"event": f"{before}{scheme}://{user}:{secret}@host/0"}

    assert secret not in str(redact(None, "info", event))


def test_an_unknown_level_is_refused() -> None:
    """A typo in the level is an error with the choices, not a silent default."""
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        configure("loud", stream=io.StringIO(), environ={})


@given(
    st.text(max_size=30),
    st.sampled_from(["passwd", "Api-Key", "toKen", "Authorization", "\u017fecret", "PRIVATEKEY"]),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=20),
)
def test_the_short_way_lets_no_secret_by(noise: str, name: str, secret: str) -> None:
    """A line of JSON is clean whether or not it had to be looked at field by field."""
    event = {"event": noise, name: secret, "nested": {"text": f"{noise} {name}={secret}"}}
    expected = redact(None, "info", dict(event))
    assert json.loads(json_line(None, "info", dict(event))) == expected
    assert secret not in str(expected) or secret in noise


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12) | st.integers() | st.booleans()))
def test_a_line_says_what_was_given(fields: dict[str, object]) -> None:
    """Whichever way it takes: the fields come out as `redact` leaves them."""
    line = json_line(None, "info", dict(fields))
    assert json.loads(line) == redact(None, "info", fields)
    assert "\n" not in line


def test_what_is_no_json_is_a_text() -> None:
    """Exceptions, paths and half surrogates are written as text; a line is never lost."""
    itself: dict[str, object] = {}
    itself["again"] = itself
    for odd in (ValueError("why"), Path("/a"), "\ud800", {1, 2}, itself, 10**400):
        assert json.loads(json_line(None, "info", {"event": "x", "odd": odd}))["event"] == "x"


@pytest.mark.parametrize(
    "why", [form_fault("x", "y"), form_fault("x", "sha256=" + "0" * 64), age_fault("1", 10**12)]
)
def test_what_is_wrong_with_a_header_is_told_whole(why: str) -> None:
    """The words behind a header's name are no signature."""
    assert why
    assert redact(None, "", {"event": "x", "why": why})["why"] == why
