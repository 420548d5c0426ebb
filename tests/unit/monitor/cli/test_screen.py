"""The board in a terminal: what fits stays, what is news is on top."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.text import Text

from monitor.cli.screen import COLUMNS, board, room_for, whole
from tests.worlds import NOON, make_step, network, quote, tick

UNITS = dict.fromkeys(COLUMNS, "ratio")


def drawn(picture: RenderableType, height: int = 100) -> list[str]:
    """Return the lines that 80 columns show."""
    console = Console(width=80, height=height, highlight=False)
    with console.capture() as capture:
        console.print(picture)
    return capture.get().splitlines()


def test_who_is_quoted_comes_first_and_the_rest_is_counted() -> None:
    """With room for one of two known companies the quoted one stays; the others are counted."""
    step = make_step()
    step.process(
        tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON), quote("RIOT", 12, NOON))
    )
    lines = drawn(board(step, UNITS, title="", room=1))
    assert [line for line in lines if "RIOT" in line]
    assert not [line for line in lines if "HIVE" in line or "CRWV" in line]
    assert any("2 more in `hashhedge compare`" in line for line in lines)


def test_who_is_not_known_at_all_has_no_line() -> None:
    """A row of question marks tells nothing; a company with a margin and no quote has its line."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    lines = drawn(board(step, UNITS, title=""))
    assert all(any(name in line for line in lines) for name in ("HIVE", "RIOT"))
    assert not [line for line in lines if "CRWV" in line]
    assert any("1 more in `hashhedge compare`" in line for line in lines)


def test_the_newest_alert_is_on_top() -> None:
    """A low screen cuts off below, so the newest alert must be the last to go."""
    table = board(make_step(), UNITS, title="")
    lines = drawn(whole(["market"], table, [Text("old"), Text("new")], caption="alerts"))
    assert lines[-2:] == ["new", "old"]
    assert drawn(whole(["market"], table, [], caption="alerts"))[-1] == "none yet"


def test_24_lines_have_room_for_companies_and_alerts() -> None:
    """The usual terminal shows some of both."""
    assert 5 <= room_for(24) <= 12
    assert room_for(5) == 1
