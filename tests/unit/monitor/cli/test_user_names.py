"""What a user's name may be, and what is told of one that may not be."""

from __future__ import annotations

import pytest

from alerts.forms import OWNER
from monitor.cli.user_names import likely_name, user_name
from monitor.core.errors import ConfigError


@pytest.mark.parametrize(("said", "name"), [(None, None), ("ana", "ana"), ("Ana_B-2", "ana_b-2")])
def test_a_name_is_taken_with_small_letters(said: str | None, name: str | None) -> None:
    """`rules set --user Ana` and `rules list --user ana` mean one person; none is none."""
    assert user_name(said) == name


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("Ana B", "ana-b"),
        ("ána", "ana"),
        ("-ana", "ana"),
        ("ana.b", "ana-b"),
        ("a" * 40, "a" * 32),
        ("", "ana"),
        ("安娜", "ana"),
        ("ana\n", "ana"),
    ],
)
def test_a_name_that_may_not_be_is_refused_with_one_that_may(said: str, mend: str) -> None:
    """It says the option, what is allowed, and a name to take over as it stands."""
    with pytest.raises(ConfigError) as refused:
        user_name(said)
    assert (refused.value.where, refused.value.message) == (
        "--user",
        f"`{said}` is no name of a user",
    )
    assert refused.value.hint == (
        f"use 1 to 32 of a-z, 0-9, - and _, a letter or digit first: --user {mend}"
    )


@pytest.mark.parametrize("said", ["Ana B", "___", "ß-x", "9" * 99, "a/#+"])
def test_the_mend_is_a_name(said: str) -> None:
    """What an error tells to write is not refused in its turn."""
    assert OWNER.fullmatch(likely_name(said))
