"""Names that look like markup, and places that cannot be written: words, never a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command import COMMAND, clean_environment, hashhedge

ROOT = Path(__file__).parents[2]


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
        'rules:\n  - {id: own, type: threshold, on: "X[/b]", above: 5, severity: info}\n'
    )
    said = hashhedge("rules", "list", "--rules", book)
    assert (said.code, "X[/b]" in said.out) == (0, True)
    assert "X[/b]" in hashhedge("rules", "check", book).err


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
