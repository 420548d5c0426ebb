"""The command's manners: forms of output, exit codes, width, colours, and finding the word meant."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from monitor import __version__
from tests.command import clean_environment, hashhedge

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {
    "calc": ("calc", "hashprice_usd_ph_day", "btc_usd=105000"),
    "company list": ("company", "list"),
    "company show": ("company", "show", "CORZ"),
    "explain": ("explain", "RIOT.margin", "btc_usd=105000"),
    "whatif": ("whatif", "RIOT", "--btc", "-20%", "--all"),
    "stress": ("stress", "RIOT"),
    "compare": ("compare",),
    "history": ("history", "RIOT.hashrate"),
    "rules check": ("rules", "check"),
    "rules list": ("rules", "list"),
    "feeds list": ("feeds", "list"),
    "feeds test": ("feeds", "test", str(ROOT / "docs/samples/gemini")),
    "config check": ("config", "check"),
    "doctor": ("doctor",),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_is_data_and_a_table(name: str, tmp_path: Path) -> None:
    """JSON parses and has no NaN; the table is no wider than 80 columns in a pipe (row J04)."""
    words = ANSWERS[name]
    as_json = hashhedge(*words, "--output", "json", cwd=tmp_path)
    table = hashhedge(*words, cwd=tmp_path)
    assert as_json.code == table.code == 0
    assert as_json.json
    assert "NaN" not in as_json.out
    assert max(map(len, table.out.splitlines())) <= 80
    assert "\x1b" not in table.out


@pytest.mark.parametrize("name", ["calc", "company show", "rules list"])
def test_yaml_says_what_json_says(name: str, tmp_path: Path) -> None:
    """The two forms for programs hold the same."""
    as_json, as_yaml = (
        hashhedge(*ANSWERS[name], "-o", form, cwd=tmp_path) for form in ("json", "yaml")
    )
    assert as_json.code == as_yaml.code == 0
    assert yaml.safe_load(as_yaml.out) == as_json.json


def test_talk_does_not_mix_with_data(tmp_path: Path) -> None:
    """Stdout parses while stderr has text: an error of one thing never lands in the data."""
    said = hashhedge("company", "show", "NOBODY")
    assert (said.code, said.out) == (2, "")
    assert "no company `NOBODY`" in said.err
    broken = hashhedge("doctor", "--redis-url", "redis://127.0.0.1:1/0", "-o", "json", cwd=tmp_path)
    assert broken.code == 1
    assert {row["result"] for row in broken.json} >= {"pass", "fail"}


def test_an_error_is_data_for_who_asked_for_data(tmp_path: Path) -> None:
    """A failure is parseable too: message, place, mend, and each of several problems (row J04)."""
    said = hashhedge("company", "show", "RIOTT", "--output=json")
    assert said.code == 2
    assert "no company `RIOTT`" in said.err
    error = said.json["error"]
    assert "no company `RIOTT`" in error["message"]
    assert error["where"]
    assert "RIOT" in error["hint"]
    assert [problem["message"] for problem in error["problems"]] == [error["message"]]

    book = tmp_path / "feeds.yaml"
    book.write_text("feeds:\n  krakken: {}\n  coinbase: {intervall_s: 5}\n")
    several = hashhedge("config", "check", "--feeds", book, "-o", "json")
    assert several.code == 2
    problems = several.json["error"]["problems"]
    assert len(problems) == 2
    assert all("feeds.yaml:" in problem["where"] for problem in problems)


def test_a_server_that_is_away_is_data_too(tmp_path: Path) -> None:
    """Exit 1 has the same form, in YAML as well."""
    words = ("feeds", "status", "--redis-url", "redis://127.0.0.1:1/0")
    said = hashhedge(*words, "-o", "yaml", cwd=tmp_path)
    assert said.code == 1
    error = yaml.safe_load(said.out)["error"]
    assert "ConnectionError" in error["message"]
    assert error["where"] is None
    assert len(error["problems"]) == 1


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("runn",), "run"),
        (("compny", "list"), "company"),
        (("company", "shw"), "show"),
        (("company", "list", "--ouput", "json"), "--output"),
        (("run", "--role", "computer"), "compute"),
        (("company", "show", "RIOTT"), "RIOT"),
        (("company", "list", "--output", "xml"), "json"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(words: tuple[str, ...], meant: str) -> None:
    """Exit 2, and the word that was probably meant."""
    said = hashhedge(*words)
    assert (said.code, said.out) == (2, "")
    assert meant in said.err


def test_no_arguments_show_the_help() -> None:
    """Whoever types the name alone sees what there is."""
    said = hashhedge()
    assert "company" in said.out + said.err
    assert hashhedge("--help").code == 0


def test_the_version_is_told() -> None:
    """One line with name and version, for bug reports."""
    said = hashhedge("--version")
    assert (said.code, said.out) == (0, f"hashhedge {__version__}\n")


def test_colours_are_left_out_when_told(tmp_path: Path) -> None:
    """NO_COLOR is kept, also where a colour was forced on."""
    forced = hashhedge("company", "show", "NOBODY", env={"FORCE_COLOR": "1"})
    plain = hashhedge("company", "show", "NOBODY", env={"NO_COLOR": "1"})
    assert "\x1b[" in forced.err
    assert "\x1b[" not in plain.err
    assert not re.search(r"\x1b", hashhedge("doctor", env={"NO_COLOR": "1"}, cwd=tmp_path).out)


# ---------------------------------------------------------------- what cannot be reached


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("doctor", "--redis-url", "redis://127.0.0.1:1/0"), 1, "fail"),
        (("doctor", "--mqtt-url", "mqtt://127.0.0.1:1"), 1, "fail"),
        (("doctor", "--mqtt-url", "mqtt://exa mple:99999"), 1, "address"),
        (("doctor", "--redis-url", "http://x"), 1, "address"),
        (("feeds", "status", "--redis-url", "redis://127.0.0.1:1/0"), 1, "ConnectionError"),
        (("feeds", "status", "--redis-url", "redis://127.0.0.1:x/0"), 2, "write redis://"),
        (("feeds", "status"), 2, "no running service"),
        (("run", "--mqtt-url", "mqtt://exa mple:99999", "--web-port", "0"), 2, "mqtt://"),
        (("run", "--redis-url", "redis://", "--web-port", "0"), 2, "--redis-url: "),
        (("run", "--web-port", "0", "--rules", "nowhere.yaml"), 2, "nowhere.yaml"),
        (("run", "--web-host", "203.0.113.1", "--redis-url", "redis://h", "--mqtt-url", "mqtt://h"), 2, "--web-host, HASHHEDGE_WEB_PORT: cannot listen"),
        (("company", "show", "RIOT", "--redis-url", "redis://127.0.0.1:1/0"), 1, "to fix: start Redis"),
        (("demo", "--mqtt-url", "mqtt://127.0.0.1:1"), 1, "to fix: start the broker"),
        (("explain", "RIOT.margin", "--redis-url", "redis://127.0.0.1:1/0"), 1, "to fix: start Redis"),
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_said(
    words: tuple[str, ...], code: int, text: str, tmp_path: Path
) -> None:
    """A dead server is a finding (1), an address that cannot be one is a mistake (2): no traceback."""
    said = hashhedge(*words, cwd=tmp_path)
    assert said.code == code, said.err
    assert text in said.err + said.out


def test_a_password_is_never_printed(tmp_path: Path) -> None:
    """Neither a refused connection nor a malformed URL shows what stands before the @."""
    for words in (
        ("feeds", "status", "--redis-url", "redis://user:hunter2@127.0.0.1:1/0"),
        ("feeds", "status", "--redis-url", "redis://user:hunter2@127.0.0.1:x/0"),
        ("doctor", "--redis-url", "redis://user:hunter2@127.0.0.1:1/0"),
        ("feeds", "status", "--redis-url", "redis://user:hunter2#1@127.0.0.1:1/0"),
        ("feeds", "status", "--redis-url", "redis://user:hunter2/1@127.0.0.1:1/0"),
        ("run", "--web-port", "0", "--redis-url", "redis://user:hunter2?1@127.0.0.1:1/0"),
        ("doctor", "--redis-url", "redis://127.0.0.1:x/0?password=hunter2"),
        ("doctor", "--redis-url", "redis://127.0.0.1:1/0?password=hunter2"),
        ("doctor", "--mqtt-url", "mqtt://user:hunter2@exa mple:99999"),
        ("doctor", "--mqtt-url", "mqtt://user:hunter2@127.0.0.1:1"),
        ("run", "--web-port", "0", "--mqtt-url", "mqtt://user:hunter2@exa mple:99999"),
    ):
        said = hashhedge(*words, cwd=tmp_path)
        assert said.code in {1, 2}
        assert "hunter2" not in said.out + said.err, words


@pytest.mark.parametrize("words", [("doctor",), ("config", "check")])
def test_an_unknown_variable_is_answered_with_the_nearest(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """A misspelt setting in the environment stops the start, with the name that was meant."""
    said = hashhedge(*words, cwd=tmp_path, env={"HASHHEDGE_REDIS_ULR": "x"})
    assert said.code == 2
    assert "HASHHEDGE_REDIS_URL" in said.err


def test_a_named_redis_that_is_away_is_told_by_every_command(tmp_path: Path) -> None:
    """Books alone do not stand in for a service that the environment names."""
    for words in (("company", "show", "RIOT"), ("explain", "RIOT.margin")):
        said = hashhedge(*words, cwd=tmp_path, env={"HASHHEDGE_REDIS_URL": "redis://127.0.0.1:1"})
        assert (said.code, "to fix: start Redis" in said.err) == (1, True), words


def test_a_killed_private_service_is_told(tmp_path: Path) -> None:
    """What it left behind leads nowhere: the card has no market, and says why."""
    (tmp_path / ".hashhedge").mkdir()
    left = {"redis_url": f"unix://{tmp_path}/gone.sock", "mqtt_url": ""}
    (tmp_path / ".hashhedge" / "running.json").write_text(json.dumps(left))
    said = hashhedge("company", "show", "RIOT", cwd=tmp_path)
    assert said.code == 0
    assert "the market is unknown" in said.err


def test_an_argument_that_is_no_text_is_refused_in_words() -> None:
    """A note in Latin-1: what cannot be written down is named, and how to mend it."""
    words: list[str | bytes] = [sys.executable, "-m", "monitor", "alert", "ack", "r", "X"]
    words += ["--note", b"caf\xe9"]
    said = subprocess.run(words, capture_output=True, check=False, env=clean_environment())
    assert said.returncode == 2
    assert "`caf\ufffd` is no text" in said.stderr.decode()
    assert b"write it in UTF-8" in said.stderr
    assert b"Traceback" not in said.stderr
