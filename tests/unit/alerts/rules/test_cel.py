"""Conditions in CEL: what is too deep or too long is refused before anything evaluates it."""

from __future__ import annotations

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
