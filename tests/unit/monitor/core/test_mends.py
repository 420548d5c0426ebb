"""What a person may have meant, in the words of a mend."""

from __future__ import annotations

import pytest

from monitor.core.mends import explained


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("25%", "write 0.25, ratios are fractions"),
        ("-3 %", "write -0.03, ratios are fractions"),
        ("60k", "write 60000"),
        ("1.5M", "write 1.5e+06"),
        ("60_000", "write a number"),
        ("nan", "write a number"),
        ("much", "write a number"),
    ],
)
def test_a_text_in_the_place_of_a_number_has_a_mend(said: str, mend: str) -> None:
    """A percent sign and a thousand's letter are what people write."""
    message, hint = explained("Expected `float | null`, got `str`", "", [], said)
    assert message.startswith("Expected")
    assert hint.startswith(mend)


def test_a_number_in_the_place_of_a_text_has_a_mend() -> None:
    """A time without its unit is the usual slip."""
    _, hint = explained("Expected `str`, got `int`", "", [], 5)
    assert hint == 'write it as text: "5"; a time has a unit: 5s, 5m or 5h'


@pytest.mark.parametrize("nothing", ["null", "NoneType"])
def test_what_is_missing_altogether_has_a_mend(nothing: str) -> None:
    """An empty file, or a key without its value."""
    message, hint = explained(f"Expected `object`, got `{nothing}`", "", [], None)
    assert message == "Expected `object`, and there is nothing"
    assert hint == "write it, or leave it out"


def test_a_word_that_several_kinds_know_is_named_once() -> None:
    """Each type of rule has the same severities."""
    _, hint = explained("Invalid enum value 'urgent'", "urgent", ["warning", "info"] * 15, "urgent")
    assert hint == "known are `info`, `warning`"
