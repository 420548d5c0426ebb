"""`hashhedge template render`: every channel's text, with real or made-up data, before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.clock import SystemClock
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.services import HOUR, computing
from tests.worlds import quote

pytestmark = pytest.mark.integration

RULES = """\
rules:
  - id: x-high
    type: threshold
    on: X
    above: 10
    recover: 5
    summary: "{target} stands at {value}; the line is {bound}."
"""


async def test_it_shows_the_value_that_the_service_has(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Each channel has the rule's sentence with the value of now, or with another one (row E39)."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    render = ("template", "render", "x-high", "--rules", book, "-o", "json")
    async with computing(own_redis.url, rules=book) as service:
        await service.say(quote("X", 12, SystemClock().now(), fresh_ms=HOUR))
        real = (await service.ask(*render)).json
        other = (await service.ask(*render, "--value", "99")).json
    said = "X stands at 12; the line is 10."
    fires, ends = real["fires"], real["ends"]
    assert (real["data"], real["subject"]) == ("live", "X")
    assert list(fires) == ["mqtt_event", "mqtt_state", "log", "digest_line"]
    assert {channel["summary"] for channel in fires.values()} == {said}
    assert (fires["mqtt_event"]["type"], fires["mqtt_event"]["value"]) == ("alert.firing", 12)
    assert ends["mqtt_state"]["state"] == "resolved"
    assert ends["log"]["summary"].startswith("Resolved: X is 12")
    assert (other["data"], other["fires"]["log"]["value"]) == ("made up", 99)


def test_without_a_service_the_data_is_made_up(tmp_path: Path) -> None:
    """The fire is just past the level, the end just past the level back; a person reads it as text."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    said = hashhedge("template", "render", "x-high", "--rules", book, cwd=tmp_path)
    assert said.code == 0, said.err
    assert "x-high for X, with made-up data; nothing is sent" in said.out
    assert "X stands at 10.1; the line is 10." in said.out
    assert "Resolved: X is 4.95, back past 5." in said.out
    unknown = hashhedge("template", "render", "x-hihg", "--rules", book, cwd=tmp_path)
    assert (unknown.code, "did you mean `x-high`" in unknown.err) == (2, True)
    stranger = hashhedge(
        *("template", "render", "x-high", "--key", "Y", "--rules", book), cwd=tmp_path
    )
    assert stranger.code == 2


@pytest.mark.parametrize(
    "written",
    ["{vaule}", "{value.__class__}", "{value:>9}", "{{value}}", "{company{value}}", "{value!r}", "{}"],
)  # fmt: skip
def test_what_is_no_name_fails_with_its_line(tmp_path: Path, written: str) -> None:
    """An undefined variable, and all that would reach beyond the data (rows E39, I03)."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES.replace("{value}", written), encoding="utf-8")
    said = hashhedge("template", "render", "x-high", "--rules", book, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert f"{book}:7: summary" in said.err
    assert "{value}" in said.err


def test_the_links_are_those_that_are_sent(tmp_path: Path) -> None:
    """With an address of the board each message shows the link that it would have."""
    told = hashhedge(
        *("template", "render", "btc-under-100k", "--value", "99000", "-o", "json"),
        cwd=tmp_path,
        env={"HASHHEDGE_DASHBOARD_URL": "https://boards.example.org/d/trader"},
    ).json
    link = told["fires"]["mqtt_event"]["links"]["dashboard"]
    assert link.startswith("https://boards.example.org/d/trader")
