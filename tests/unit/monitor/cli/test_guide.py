"""Where errors lead: pages that are there, examples that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from monitor.cli.application import COMMANDS, GROUPS, application
from monitor.cli.guide import EXAMPLES, PAGES, page_of

ROOT = Path(__file__).resolve().parents[4]


def test_every_command_has_a_page_that_is_there() -> None:
    """A link of an error may not lead nowhere, nor may a new command be without one."""
    assert set(COMMANDS) | set(GROUPS) <= set(PAGES)
    for page in PAGES.values():
        name, _, anchor = page.partition("#")
        text = (ROOT / name).read_text(encoding="utf-8")
        heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, page


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_is_a_complete_line(path: str) -> None:
    """What an error tells to write has all that its command wants."""
    words = shlex.split(EXAMPLES[path])
    command = get_command(application(words))
    for name in path.split():
        assert words.pop(0) == name
        command = command.commands[name]  # type: ignore[attr-defined]
    command.make_context(path, words)


@pytest.mark.parametrize(
    ("words", "page"),
    [
        (["alert", "ack", "x", "y"], "docs/alerts.md#take-an-alert-on"),
        (["-o", "json", "alert", "list"], "docs/cli.md"),
        (["alert", "list", "-o", "json"], "docs/alerts.md"),
        (["nix"], "docs/cli.md"),
        ([], "docs/cli.md"),
    ],
)
def test_the_page_is_that_of_the_verb_or_of_its_noun(words: list[str], page: str) -> None:
    """The nearest one, and never none."""
    assert page_of(words) == page
