"""Which fires count as told: those that people heard of, in whatever message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.desk.book import DeskBook
from alerts.rules.base import Rule
from monitor.domain.commands import DrillAlert
from monitor.tuning.episodes import Episode, Episodes
from tests.desks import MINUTE, Room, book, silence
from tests.worlds import NOON, threshold

GROUP = {"groups": [{"name": "g", "by": [], "wait": "2m", "interval": "30m"}]}
CAP = {"caps": [{"name": "c", "limit": 1, "window": "10m"}]}


def rules(**notify: object) -> list[Rule]:
    """Return two rules on X and one on Y, all under 10."""
    of = {"notify": notify} if notify else {}
    return [
        threshold(id=name, on=on, below=10.0, recover=11.0, **of)
        for name, on in (("r", "X"), ("s", "X"), ("t", "Y"))
    ]


def paced(pace: Mapping[str, Any]) -> DeskBook:
    """Return a book with groups and caps."""
    return book(pace=pace)


def episodes(room: Room) -> list[Episode]:
    """Return what became of the room's alerts as episodes of its rules."""
    found = Episodes()
    for it in room.all:
        found.take(it)
    return [it for it in found.done if it.rule in {"r", "s", "t"}]


def by_what(room: Room) -> dict[str, tuple[str, str]]:
    """Return of each rule's last fire what told of it, and what kept it quiet."""
    return {it.rule: (it.told_by.rule if it.told_by else "", it.muted_by) for it in episodes(room)}


def test_what_a_digest_names_is_told_though_it_has_ended() -> None:
    """Two fires wait in a group and go out as one message; of one it says that it ended."""
    room = Room(rules(group="g"), paced(GROUP))
    for at, name, value in ((0, "X", 9.0), (0, "Y", 9.0), (1, "Y", 12.0)):
        room.price(NOON + at * MINUTE, value, name)
    assert by_what(room)["r"] == ("", "group:g")
    room.pass_to(NOON + 3 * MINUTE)
    assert by_what(room) == {"r": ("digest", ""), "s": ("digest", ""), "t": ("digest", "")}


def test_of_two_fires_under_one_line_of_a_digest_the_last_is_told() -> None:
    """A line that is rewritten before it is told says nothing of what came before."""
    room = Room(rules(group="g"), paced(GROUP))
    room.price(NOON, 9.0)
    for place, value in enumerate((9.0, 12.0, 9.0)):
        room.price(NOON + 1_000 + place, value, "Y")
    room.pass_to(NOON + 3 * MINUTE)
    first, last = (it for it in episodes(room) if it.rule == "t")
    assert (first.told_by, first.muted_by) == (None, "group:g")
    assert (last.told_by is not None, last.muted_by) == (True, "")


def test_what_waits_alone_in_a_group_is_told_by_itself() -> None:
    """The fire goes out after its wait, and its end behind it."""
    room = Room(rules(group="g")[2:], paced(GROUP))
    room.price(NOON, 9.0, "Y")
    room.price(NOON + MINUTE, 12.0, "Y")
    room.pass_to(NOON + 3 * MINUTE)
    assert by_what(room) == {"t": ("t", "")}


def test_what_the_summary_of_a_cap_names_is_told() -> None:
    """One passes, and the summary names the others."""
    room = Room(rules(), paced(CAP))
    room.price(NOON, 9.0)
    room.price(NOON, 9.0, "Y")
    held = [it for it in episodes(room) if it.muted_by == "cap:c"]
    assert len(held) == 2
    room.pass_to(NOON + 11 * MINUTE)
    told = by_what(room)
    assert sorted(by for by, _ in told.values()) == ["overflow", "overflow", told["r"][0]]
    assert not any(muted for _, muted in told.values())


def test_what_a_silence_hid_is_told_at_its_end() -> None:
    """Its summary names what fired and ended while it was on; before, nobody knew."""
    room = Room(rules())
    room.ask(NOON, silence(10, rule="t"))
    room.price(NOON + 1, 9.0, "Y")
    room.price(NOON + 2, 12.0, "Y")
    (name,) = room.step.telling.desk.ledger.silences
    room.pass_to(NOON + 9 * MINUTE + 59_000)
    assert by_what(room) == {"t": ("", f"silence:{name}")}
    room.pass_to(NOON + 11 * MINUTE)
    assert by_what(room) == {"t": ("silence", "")}


def test_what_a_silence_hides_is_told_by_its_reminder() -> None:
    """A tenth of its time before the end people are told what fires under it."""
    room = Room(rules())
    room.ask(NOON, silence(10, rule="t"))
    room.price(NOON + 1, 9.0, "Y")
    room.pass_to(NOON + 9 * MINUTE + 1_000)
    assert by_what(room) == {"t": ("silence", "")}


def test_nobody_is_told_by_what_is_of_another_fire() -> None:
    """A fire that a silence hid is not told by the digest of a later one, nor by a drill."""
    room = Room(rules(group="g"), paced(GROUP))
    room.ask(NOON, silence(600, rule="t"))
    room.price(NOON + 1, 9.0, "Y")
    room.price(NOON + 2, 9.0)
    room.pass_to(NOON + 3 * MINUTE)
    room.ask(NOON + 4 * MINUTE, DrillAlert(rule="t", key="Y"))
    assert [it.rule for it in episodes(room)].count("t") == 1
    told = by_what(room)
    assert (told["r"], told["s"]) == (("digest", ""), ("digest", ""))
    assert told["t"][1].startswith("silence:")


def losing(pace: Mapping[str, Any], **notify: object) -> Room:
    """Return a room in which two alerts on X say when they have no value, and X has had one."""
    of = {"notify": notify} if notify else {}
    told: dict[str, Any] = {"no_data": "alert", "no_data_after": "1m", "below": 1.0}
    two = [threshold(id=name, on="X", **told, **of) for name in ("r", "s")]
    room = Room(two, book(pace=pace, feed_dead_after="never"))
    room.price(NOON, 9.0, fresh_ms=1_000)
    return room


def unheard(room: Room) -> dict[str, dict[str, int]]:
    """Return which losses nobody was told of."""
    found = Episodes()
    for it in room.all:
        found.take(it)
    return {rule: dict(counts) for rule, counts in found.unheard.items()}


def test_a_loss_that_a_digest_names_is_told() -> None:
    """It waits as a fire does, and is untold until then."""
    room = losing(GROUP, group="g")
    room.pass_to(NOON + 2 * MINUTE)
    assert unheard(room) == {"r": {"group:g": 1}, "s": {"group:g": 1}}
    room.pass_to(NOON + 4 * MINUTE)
    assert unheard(room) == {}


def test_a_loss_that_a_silence_hid_is_told_at_its_end() -> None:
    """By the silence's summary, which names its alert; until then nobody knows."""
    room = losing({})
    room.ask(NOON + 1, silence(5, rule="r"))
    room.pass_to(NOON + 2 * MINUTE)
    (name,) = room.step.telling.desk.ledger.silences
    assert unheard(room) == {"r": {f"silence:{name}": 1}}
    room.pass_to(NOON + 6 * MINUTE)
    assert unheard(room) == {}
