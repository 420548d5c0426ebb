"""Kept answers: which are kept, for how long, and never too many."""

from __future__ import annotations

import sys

import pytest

from monitor.feeds.base import Answer
from monitor.feeds.validators import MAX_AGE, MAX_BYTES, MAX_ENTRIES, Validators, conditions
from tests.unit.monitor.feeds.doubles import NOW

PAGE = ("venue", "https://venue.example/x")
TAGGED = Answer(200, "body", {"etag": '"1"'}, NOW)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({"etag": 'W/"1"'}, {"If-None-Match": 'W/"1"'}),
        ({"last-modified": "Mon"}, {"If-Modified-Since": "Mon"}),
        (
            {"etag": '"1"', "last-modified": "Mon"},
            {"If-None-Match": '"1"', "If-Modified-Since": "Mon"},
        ),
        ({}, None),
        ({"etag": ""}, None),
        ({"etag": '"1"', "cache-control": "private, No-Store"}, None),
        ({"etag": '"1"', "vary": "*"}, None),
    ],
)
def test_an_answer_with_a_mark_is_kept(
    headers: dict[str, str], sent: dict[str, str] | None
) -> None:
    """Either mark will do; one that forbids it is not kept."""
    validators = Validators()
    validators.keep(PAGE, Answer(200, "body", headers, NOW))
    kept = validators.find(PAGE, NOW)
    assert (None if kept is None else conditions(kept)) == sent


def test_only_a_whole_answer_is_kept() -> None:
    """A redirect or an error may carry a mark too, and takes the old answer's place by none."""
    validators = Validators()
    validators.keep(PAGE, TAGGED)
    validators.keep(PAGE, Answer(302, "", {"etag": '"2"'}, NOW))
    assert validators.find(PAGE, NOW) is None


def test_it_ends_after_a_while() -> None:
    """A broken copy cannot be confirmed for ever; nor one from a clock that was set back."""
    validators = Validators()
    validators.keep(PAGE, TAGGED)
    assert validators.find(PAGE, NOW + MAX_AGE - 1) == TAGGED
    assert validators.find(PAGE, NOW + MAX_AGE) is None
    validators.keep(PAGE, TAGGED)
    assert validators.find(PAGE, NOW - 1) is None
    assert validators._bytes == 0


def test_memory_is_bounded_in_count_and_bytes() -> None:
    """The longest unused page goes first."""
    validators = Validators()
    for number in range(MAX_ENTRIES + 10):
        validators.keep((str(number),), TAGGED)
        validators.find(("0",), NOW)
    assert len(validators._kept) == MAX_ENTRIES
    assert validators.find(("0",), NOW) == TAGGED
    assert validators.find(("1",), NOW) is None
    big = Answer(200, "x" * (MAX_BYTES // 4), {"etag": '"b"'}, NOW)
    for number in range(8):
        validators.keep(("big", str(number)), big)
    assert validators._bytes == sum(sys.getsizeof(a.body) for a, _ in validators._kept.values())
    assert validators._bytes <= MAX_BYTES
    validators.keep(("huge",), Answer(200, "x" * (MAX_BYTES + 1), {"etag": '"h"'}, NOW))
    assert validators.find(("huge",), NOW) is None
