"""The whole pipeline against what it last said: the demo, message for message (row K15).

`make golden` runs this alone. A change that is meant is written anew with `make golden
ARGS=--write-golden`, and seen by whoever reads the change of the file.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.playing import PROJECT, Room, Subscriber

pytestmark = [pytest.mark.integration, pytest.mark.slow]

GOLDEN = PROJECT / "tests" / "golden" / "demo.jsonl"
OF_THE_RUN = ("run", "sent_at")
"""What a message says of the process that sent it, and of when."""


def test_the_demo_says_what_it_last_said(room: Room, request: pytest.FixtureRequest) -> None:
    """Prices, margins, rules, outbox and broker: an independent reader gets the same messages."""
    subscriber = Subscriber(room, instance="demo")
    servers = ("--redis-url", room.redis.url, "--mqtt-url", room.broker.url)
    room.start("demo", "--duration", "10s", *servers, "-o", "json").finished()
    subscriber.caught_up()
    said = [line(event) for event in sorted(subscriber.events, key=moment)]
    if request.config.getoption("--write-golden"):
        GOLDEN.write_text("".join(it + "\n" for it in said))
    assert said == GOLDEN.read_text().splitlines()


def moment(event: dict[str, Any]) -> tuple[str, str, str]:
    """Return what sorts messages; those of one alert and moment stay as they came.

    Alerts do not wait for each other, so which of two comes first hangs on the broker's answers.
    """
    return (event["time"], event["rule"], event["key"])


def line(event: dict[str, Any]) -> str:
    """Return a message as it stands in the file."""
    return json.dumps({k: v for k, v in rounded(event).items() if k not in OF_THE_RUN})


def rounded(value: Any) -> Any:  # any JSON
    """Return numbers to nine digits: the last bits are the processor's."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(value[key]) for key in sorted(value)}
    return [rounded(it) for it in value] if isinstance(value, list) else value


def test_a_change_is_seen() -> None:
    """A number that differs in the sixth digit makes another line, one in the twelfth does not."""
    one, same, other = ({"value": number} for number in (1.00000, 1.000000000001, 1.00001))
    assert line(one) == line(same) != line(other)
