"""Names that look like markup, and places that cannot be written: words, never a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command import COMMAND, clean_environment, hashhedge

ROOT = Path(__file__).parents[2]
HISTORY = "HISTORY"


@pytest.fixture
def companies(tmp_path: Path) -> Path:
    """Give a folder of one company with a name that is markup and colour."""
    folder = tmp_path / "companies"
    folder.mkdir()
    text = (ROOT / "docs/samples/companies/ACME.yaml").read_text()
    lines = [
        r'name: "Acme [/nope] \e[31mred"' if it.startswith("name:") else it
        for it in text.splitlines()
    ]
    (folder / "ACME.yaml").write_text("\n".join(lines))
    return folder


def test_a_company_may_be_called_anything(companies: Path) -> None:
    """Brackets and escapes in a name are printed, not obeyed."""
    said = hashhedge("company", "list", "--companies", companies)
    assert said.code == 0
    assert "[/nope]" in said.out
    shown = hashhedge("company", "show", "ACME", "--companies", companies)
    assert "Acme [/nope] ␛[31mred" in shown.out
    assert "\x1b" not in said.out + shown.out + hashhedge("company", "show", "\x1b[31m").err


def test_a_rule_may_watch_anything(tmp_path: Path) -> None:
    """The target of a rule on an instrument of one's own is any text."""
    book = tmp_path / "rules.yaml"
    book.write_text(
        'rules:\n  - {id: own, type: threshold, on: "X[b]", above: 5, severity: info}\n'
    )
    said = hashhedge("rules", "list", "--rules", book)
    assert (said.code, "X[b]" in said.out) == (0, True)
    assert "X[b]" in hashhedge("rules", "check", book).err


@pytest.mark.parametrize("words", [("rules", "list"), ("company", "list", "-o", "json")])
def test_a_full_disk_is_said(words: tuple[str, ...]) -> None:
    """An answer that cannot be written is an error, and no traceback."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env=clean_environment(),
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("error the answer cannot be written: no space")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("run", "--web-port", "0"), "/dev/null"),
        (("demo",), "/dev/null"),
        (("replay", HISTORY), "/dev/null"),
        (("record", "/dev/null/x", "--redis-url", "redis://127.0.0.1:1"), "/dev/null/x"),
        (("demo", "--duration", "0s"), "--duration"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(
    words: tuple[str | Path, ...], where: str, tmp_path: Path
) -> None:
    """Private servers and recordings say where they would write, and what to do instead."""
    (tmp_path / "stocks.csv").write_text("ticker,date,close\nRIOT,2025-01-02,1\n")
    words = tuple(tmp_path if word == HISTORY else word for word in words)
    said = hashhedge(*words, env={"HASHHEDGE_STATE_DIR": "/dev/null"})
    assert said.code == 2, said.err
    assert where in said.err
    assert "to fix" in said.err


def test_doctor_finds_that_nothing_can_be_written() -> None:
    """The state folder is looked at before it is needed, and nothing is made there."""
    said = hashhedge("doctor", "-o", "json", env={"HASHHEDGE_STATE_DIR": "/dev/null"})
    found = {row["check"]: row for row in said.json}["state folder"]
    assert (said.code, found["result"]) == (1, "fail")
    assert "HASHHEDGE_STATE_DIR" in found["fix"]


@pytest.mark.parametrize("file", ["/nope/x", "."])
def test_a_transitions_file_is_tried_before_the_replay(file: str, tmp_path: Path) -> None:
    """Nobody waits for a whole replay to hear that its answer has no place."""
    said = hashhedge("replay", tmp_path / "no such history", "--transitions", file, cwd=tmp_path)
    assert said.code == 2
    assert "--transitions" in said.err
