"""Other people's text on our terminal: shown as it is, obeyed by nobody."""

from __future__ import annotations

import io

import pytest
from rich.console import Group
from rich.text import Text

from monitor.cli.output import sheet
from monitor.cli.terminal import Terminal, harmless, terminal


def printed(*things: object) -> str:
    """Return what a terminal without colours gets."""
    page = io.StringIO()
    console = terminal()
    console.file = page
    for thing in things:
        console.print(thing)
    return page.getvalue()


@pytest.mark.parametrize(
    "name", ["Acme [/nope]", "X[/b]", "[red]Acme[/red]", ":warning: [1]", "\\["]
)
def test_a_name_is_no_markup(name: str) -> None:
    """A name in brackets is printed as it is, in a cell, a heading, a title and a line."""
    table = sheet("ticker", name)
    table.title = name
    table.add_row("ACME", name)
    assert printed(table, name, Group(Text(name))).count(name) == 5


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("ring\x07 back\x08 line\r", "ring␇ back␈ line␍"),
        ("\x9b31m \x7f", "\ufffd31m ␡"),
        ("half \ud800", "half \ufffd"),
        ("München 数 \n\t.", "München 数 \n\t."),
    ],
)
def test_a_name_moves_no_cursor(name: str, shown: str) -> None:
    """Control characters are shown by their pictures; words and line breaks stay."""
    assert harmless(name) == shown


def test_no_way_to_the_terminal_is_left_open() -> None:
    """In a table, a text, a line or a title, no control character of a stranger gets through."""
    name = "a\x1b]0;title\x07b\x9bc\rd\x7f"
    table = sheet("name", name)
    table.title = name
    table.add_row(name, Text(name))
    page = printed(table, Text(name), name, Group(name))
    assert not set(page) & {"\x1b", "\x07", "\x9b", "\r", "\x7f"}


def test_colours_of_our_own_stay() -> None:
    """What we style ourselves still is coloured where the terminal can."""
    page = io.StringIO()
    Terminal(file=page, force_terminal=True, color_system="standard").print(Text("x", style="red"))
    assert "\x1b[31mx" in page.getvalue()
