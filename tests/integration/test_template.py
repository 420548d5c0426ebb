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
    assert (real["data"], real["subject"]) == ({"fires": "live", "ends": "made up"}, "X")
    programs = ["mqtt_event", "mqtt_state", "log", "digest_line"]
    assert list(fires) == [*programs, "people"]
    assert {fires[channel]["summary"] for channel in programs} == {said}
    assert "X stands at 12; the line is 10." in fires["people"]["en"]["text"]
    assert fires["people"]["zh-CN"]["title"] != fires["people"]["en"]["title"]
    assert (fires["mqtt_event"]["type"], fires["mqtt_event"]["value"]) == ("alert.firing", 12)
    assert ends["mqtt_state"]["state"] == "resolved"
    assert ends["log"]["summary"].startswith("Resolved: X is 4.95")  # at 12 it would not end
    assert (other["data"]["fires"], other["fires"]["log"]["value"]) == ("given", 99)


def test_without_a_service_the_data_is_made_up(tmp_path: Path) -> None:
    """The fire is just past the level, the end just past the level back; a person reads it as text."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    said = hashhedge("template", "render", "x-high", "--rules", book, cwd=tmp_path)
    assert said.code == 0, said.err
    assert "x-high for X; nothing is sent" in said.out
    assert "fires, with made-up data: mqtt event" in said.out
    assert "X stands at 10.1; the line is 10." in said.out
    assert "Resolved: X is 4.95, back past 5." in said.out
    unknown = hashhedge("template", "render", "x-hihg", "--rules", book, cwd=tmp_path)
    assert (unknown.code, "did you mean `x-high`" in unknown.err) == (2, True)
    stranger = hashhedge(
        *("template", "render", "x-high", "--key", "Y", "--rules", book), cwd=tmp_path
    )
    assert stranger.code == 2


def test_a_value_is_shown_where_it_would_fire_or_end(tmp_path: Path) -> None:
    """A fire that cannot be is not shown with its numbers: made-up data stand in its place."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES, encoding="utf-8")
    render = ("template", "render", "x-high", "--rules", book, "-o", "json", "--value", "3")
    data = hashhedge(*render, cwd=tmp_path).json
    assert data["data"] == {"fires": "made up", "ends": "given"}
    assert (data["fires"]["log"]["value"], data["ends"]["log"]["value"]) == (10.1, 3)


def test_a_channel_shows_its_own_message_in_each_language(tmp_path: Path) -> None:
    """What goes to ntfy and to Telegram, to the letter, with no secret there (row E39)."""
    book, ntfy, telegram = (tmp_path / it for it in ("rules.yaml", "ntfy.yaml", "telegram.yaml"))
    book.write_text(RULES, encoding="utf-8")
    ntfy.write_text("{kind: ntfy, url: 'https://ntfy.example.org', topic: alerts}\n", "utf-8")
    telegram.write_text("{kind: telegram, chat: 42, token: TELEGRAM_TOKEN}\n", "utf-8")
    given = ("--channel", ntfy, "--channel", telegram)
    render = ("template", "render", "x-high", "--rules", book, *given)
    data = hashhedge(*render, "-o", "json", cwd=tmp_path).json
    for word in ("fires", "ends"):
        people, sent = data[word]["people"], data[word]["channels"]
        assert sorted(sent) == ["ntfy.yaml", "telegram.yaml"]
        for language in ("en", "zh-CN"):
            assert sent["ntfy.yaml"][language]["body"]["title"] == people[language]["title"]
            assert people[language]["text"].splitlines()[0] in str(sent["telegram.yaml"][language])
    said = hashhedge(*render, cwd=tmp_path)
    assert (said.code, "fires, with made-up data: channels" in said.out) == (0, True)


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


KINDS = """\
rules:
  - {id: step, type: move, on: X, by: 0.1}
  - {id: fall, type: move, on: X, down: 3, measure: points}
  - {id: first, type: rank, on: mining_margin_ratio, top: 2, margin: 1}
  - {id: place, type: rank, on: mining_margin_ratio, moves: 2}
  - {id: gone, type: absence, on: X, for: 4m}
"""


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("step", None, {"fires": "X moved from 100 to 110."}),
        ("step", "55", {"fires": "X moved from 50 to 55."}),
        ("fall", None, {"fires": "X moved from 100 to 97."}),
        ("place", None, {"fires": "rank moved from 1 to 3."}),
        ("first", None, {"fires": "rank is 2, within 2.", "ends": "rank is 4, back past 2."}),
        ("first", "2.4", {"fires": "rank is 2, within 2.", "ends": "rank is 4, back past 2."}),
        (
            "gone",
            None,
            {
                "fires": "X has been unknown for 4m (missing); the last value was unknown.",
                "ends": "Resolved: X is known again: 1.",
            },
        ),
        ("gone", "7", {"fires": "(missing); the last", "ends": "X is known again: 7."}),
    ],
)
def test_what_is_made_up_fits_the_type(
    tmp_path: Path, rule: str, value: str | None, said: dict[str, str]
) -> None:
    """A move has gone a stride from its anchor and has no end, a rank is whole, an absence has no value."""
    book = tmp_path / "rules.yaml"
    book.write_text(KINDS, encoding="utf-8")
    given = () if value is None else ("--value", value)
    render = ("template", "render", rule, "--rules", book, *given)
    data = hashhedge(*render, "-o", "json", cwd=tmp_path).json
    assert [word for word in ("fires", "ends") if word in data] == list(said)
    for word, sentence in said.items():
        assert sentence in data[word]["mqtt_event"]["summary"]
    event = data["fires"]["mqtt_event"]
    moved = "ends" not in said
    assert event["type"] == ("alert.noted" if moved else "alert.firing")
    assert event["notice"] == ("value_changed" if moved else "new")
    assert ("mqtt_state" in data["fires"]) is not moved
    assert data["data"]["fires"] == ("given" if moved and value else "made up")
    assert hashhedge(*render, cwd=tmp_path).code == 0


async def test_a_move_goes_from_the_anchor_that_it_has(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """At a value within its stride it would not fire: the fire that is shown lies a stride away."""
    book = tmp_path / "rules.yaml"
    book.write_text(KINDS, encoding="utf-8")
    async with computing(own_redis.url, rules=book) as service:
        for value in (10, 10.2):
            await service.say(quote("X", value, SystemClock().now(), fresh_ms=HOUR))
        words = ("template", "render", "step", "--rules", book, "-o", "json")
        move = (await service.ask(*words)).json
        gone = (await service.ask(*words[:2], "gone", *words[3:])).json
    assert move["data"] == {"fires": "made up"}
    assert move["fires"]["log"]["summary"] == "X moved from 10 to 11."
    assert gone["data"] == {"fires": "made up", "ends": "live"}
    assert gone["ends"]["log"]["summary"] == "Resolved: X is known again: 10.2."
