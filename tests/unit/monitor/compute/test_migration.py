"""What a release makes of the state of an earlier one (row J07)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from alerts.desk.book import DeskBook
from monitor.compute.migration import WORDS, migration
from monitor.compute.saved import is_known, read_cells
from monitor.core.errors import ConfigError
from tests.desks import MINUTE, Room, book, silence
from tests.unit.monitor.compute.test_any_history import HISTORIES, Deed, Play
from tests.worlds import NOON, threshold


def busy() -> DeskBook:
    """Return a book that keeps a record of every kind."""
    pace = {
        "groups": [{"name": "all", "by": [], "interval": "1h"}],
        "caps": [{"name": "phone", "limit": 1, "window": "1h"}],
    }
    return book(feed_dead_after="1m", pace=pace)


def cells() -> dict[str, bytes]:
    """Return the state of a room in which much has happened."""
    cooled = {"cooldown": "10m", "expires": "2025-07-17T12:00:30Z"}
    rules = [
        threshold(id="grouped", on="X", above=80.0, notify={"group": "all"}),
        threshold(id="plain", on="X", above=80.0),
        threshold(id="cooled", on="X", above=80.0, notify=cooled),
    ]
    room = Room(rules, busy())
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 90, fresh_ms=MINUTE)
    room.ask(NOON + MINUTE, silence(60, rule="plain"))
    room.pass_to(NOON + 5 * MINUTE)
    return room.cells


@settings(max_examples=25, deadline=None)
@given(HISTORIES)
def test_what_this_release_writes_is_in_its_own_form(history: list[Deed]) -> None:
    """Whatever happened, there is nothing to write anew, and no cell that it does not know."""
    play = Play()
    for number, deed in enumerate(history):
        play.do(number, deed)
    found = migration(play.cells)
    assert (found.anew, found.unknown) == ({}, ())
    assert sum(found.found.values()) == len(play.cells)


def test_every_kind_of_cell_has_a_word() -> None:
    """So does each that a busy desk writes, and none of them is in an older form."""
    assert all(is_known(kind) for kind in WORDS)
    found = migration(cells())
    assert found.anew == {}
    named = {"groups", "caps", "silences", "dead inputs", "pace of alerts", "expired rules"}
    assert named <= set(found.found)


def test_what_an_older_release_did_not_say_is_written() -> None:
    """A field that came later stands in the cell then, and the memory is the same as before."""
    old = cells()
    name = next(it for it in old if it.startswith("pace|"))
    record = json.loads(old[name])
    del record["fired_at"]
    old[name] = json.dumps(record).encode()
    before = read_cells(old)
    found = migration(old)
    assert list(found.anew) == [name]
    assert "fired_at" in json.loads(found.anew[name])
    assert read_cells(old | dict(found.anew)) == before
    assert migration(old | dict(found.anew)).anew == {}


def test_the_same_in_other_words_is_no_older_form() -> None:
    """Numbers without a point, other blanks, another order."""
    old = {name: body for name, body in cells().items() if name not in {"now", "cursor"}}
    reworded = {
        name: json.dumps(json.loads(body), indent=1, sort_keys=True).encode()
        for name, body in old.items()
        if name != "schema"
    }
    assert list(migration(reworded).anew) == ["schema"]


def test_what_is_not_known_is_left_alone_and_what_cannot_be_read_is_named() -> None:
    """A later release may have cells of its own; a broken one has its mend."""
    assert migration(cells() | {"zz|later": b"{}"}).unknown == ("zz|later",)
    with pytest.raises(ConfigError, match="HDEL"):
        migration(cells() | {"a|broken": b"{"})
    with pytest.raises(ConfigError, match="schema 2"):
        migration(cells() | {"schema": b"2"})


def test_an_empty_state_has_nothing_to_do() -> None:
    """Before the first commit."""
    assert migration({}).anew == {}
