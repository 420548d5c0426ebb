"""Conditions in CEL: what is too deep or too long is refused before anything evaluates it."""

from __future__ import annotations

import re

import pytest

from alerts.rules.cel import MAX_DEPTH, MAX_LENGTH, compiled

NAMES = frozenset({"value"})


def test_as_deep_as_is_allowed_works() -> None:
    """Brackets may be within brackets, and quoted ones are none."""
    text = "(" * MAX_DEPTH + "value > 1" + ")" * MAX_DEPTH
    assert compiled(text, NAMES).evaluate({"value": 2.0}).holds
    quoted = compiled(f'value > 1 && session != "{"(" * 90}"', NAMES)
    assert quoted.evaluate({"value": 2.0, "session": "pre"}).holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(" * (MAX_DEPTH + 1) + "value > 1" + ")" * (MAX_DEPTH + 1), "nested 17 deep"),
        ("[" * 400 + "]" * 400 + " == [1]", "nested 400 deep"),
        (" && ".join(["value > 1"] * 5_000), f"{MAX_LENGTH} are allowed"),
        ("value > 1 " + "&& value > 1" * 80, ""),
        ("[1].all(x, x > value)", "only arithmetic"),
        ("value.startsWith('a')", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_deep_or_huge_is_refused(text: str, why: str) -> None:
    """Rows I04: the check refuses it, in bounded time; what is merely wide within the length is not."""
    if not why:
        assert compiled(text, NAMES).evaluate({"value": 2.0}).holds
        return
    with pytest.raises(ValueError, match=why):
        compiled(text, NAMES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('session == "reglar"', "compares `session` with `reglar`; did you mean `regular`?"),
        ('"open" != session', "compares `session` with `open`; "),
        ("value > 1 && session == regular", 'in quotes: session == "regular"'),
        ("value > 1 and value < 2", "has `and`; write AND"),
        ("not (value > 1)", "has `not`; write NOT"),
        ("NOT value > 1", "put what NOT denies in brackets: NOT (value > 10)"),
        ("value AND value > 3", "compare each side of AND with something"),
        ("value > 3 OR 5", "compare each side of OR with something"),
        ("value / 0 > 1", "divides by 0"),
        ("value / 0.00 > 1", "divides by 0"),
    ],
)
def test_what_could_never_hold_is_refused_with_its_mend(text: str, why: str) -> None:
    """A session that there is not, a word in small letters, a division that always fails."""
    with pytest.raises(ValueError, match=re.escape(why)):
        compiled(text, NAMES)


def test_what_is_like_it_is_taken() -> None:
    """A small divisor, a name that begins like a word, and each session there is."""
    names = frozenset({"value", "order", "android"})
    known: dict[str, float | str] = {
        "value": 2.0,
        "order": 1.0,
        "android": 1.0,
        "session": "regular",
    }
    for text in (
        "value / 0.5 > 1",
        "order + android > 1",
        'session == "regular"',
        "value / 10 > 0",
    ):
        assert compiled(text, names).evaluate(known).holds, text
