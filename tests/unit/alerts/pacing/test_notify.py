"""The words of pace in a rulebook: what is refused, and how it is mended."""

from __future__ import annotations

import msgspec
import pytest

from alerts.pacing.notify import Notify, PaceBook

BOOK = msgspec.convert(
    {
        "groups": [{"name": "market"}],
        "caps": [{"name": "phone"}],
        "escalations": [{"name": "night", "steps": [{"after": "5m", "to": "lead"}]}],
    },
    PaceBook,
)


def test_an_empty_block_changes_nothing() -> None:
    """Every fire is told, without pause, repeat, group or chain."""
    plain = msgspec.convert({}, Notify)
    assert plain == Notify()
    assert (plain.cooldown_ms, plain.expires_at, plain.flap, plain.repeat) == (0, None, None, None)


def test_an_empty_setting_is_the_usual_one() -> None:
    """`flap: {}` and `repeat: {}` switch on with their defaults."""
    block = msgspec.convert({"flap": {}, "repeat": {}}, Notify)
    assert block.flap is not None
    assert block.repeat is not None
    assert (block.flap.sample, block.repeat.first) == ("2m", "1h")


def test_names_that_the_book_knows() -> None:
    """A group and an escalation of the book are no fault, and none at all is none."""
    assert not list(BOOK.faults(Notify(group="market", escalate="night")))
    assert not list(BOOK.faults(Notify()))


def test_names_that_it_does_not_know() -> None:
    """A misspelt name comes with the nearest one, a name without a list with the list's name."""
    assert list(BOOK.faults(Notify(group="markets"))) == [
        ("notify: `group` names `markets`, which is not under `groups:`", "did you mean `market`?")
    ]
    ((_, hint),) = PaceBook().faults(Notify(escalate="night"))
    assert hint == "add it under `escalations:`, or leave `escalate` out"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cooldown": "30"}, "no duration"),
        ({"expires": "soon"}, "no moment"),
        ({"trigger": "twice"}, "twice"),
        ({"group": "My group"}, "regex"),
        ({"cooldwn": "30m"}, "unknown field `cooldwn`"),
    ],
)
def test_a_wrong_block_is_refused(fields: dict[str, object], said: str) -> None:
    """Each key is checked as the file is read."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(fields, Notify)


@pytest.mark.parametrize("word", ["groups", "caps", "escalations"])
def test_a_name_is_used_once(word: str) -> None:
    """Two entries of one name cannot be told apart."""
    book = msgspec.to_builtins(BOOK)
    with pytest.raises(msgspec.ValidationError, match=f"{word}: the name .* is used twice"):
        msgspec.convert({word: [*book[word], *book[word]]}, PaceBook)
