"""Which alerts are the same, and how many there were (row E28)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.pacing import occurrences
from alerts.pacing.occurrences import FORGET_AFTER_MS, dedup_key

LABELS = st.dictionaries(st.sampled_from("abcdef"), st.text(alphabet="xyz,=", max_size=3))


def test_two_alerts_with_one_key() -> None:
    """Two alerts with the same key show a count of two (row E28)."""
    first = occurrences.on_fire(None, 1_000, 1_000)
    second = occurrences.on_fire(first, 2_000, 2_000)
    assert (first.count, second.count) == (1, 2)


def test_one_episode_counts_once() -> None:
    """An alert that comes back in the same episode, from no_data, has not fired again."""
    first = occurrences.on_fire(None, 1_000, 1_000)
    assert occurrences.on_fire(first, 1_000, 9_000) is first


def test_a_day_later_it_begins_anew() -> None:
    """What fired last a day ago is not counted any more; a millisecond less, it is."""
    first = occurrences.on_fire(None, 0, 0)
    assert occurrences.on_fire(first, 1, FORGET_AFTER_MS - 1).count == 2
    assert occurrences.on_fire(first, 1, FORGET_AFTER_MS).count == 1


def test_the_key_in_figures() -> None:
    """The key is a published one: it must not change with a release."""
    assert dedup_key("margin-thin", "de11977d6e6e", {"company": "RIOT"}) == ("34cb9d2adfa6aba6")


@given(LABELS)
def test_the_order_of_labels_does_not_matter(labels: dict[str, str]) -> None:
    """The same labels written in another order are the same alert."""
    names = sorted(labels, reverse=True)
    assert dedup_key("r", "v", {n: labels[n] for n in names}) == dedup_key("r", "v", labels)


@given(LABELS, LABELS)
def test_other_labels_are_another_key(one: dict[str, str], other: dict[str, str]) -> None:
    """Two identities share a key only if they are equal, whatever signs are in their labels."""
    assert (dedup_key("r", "v", one) == dedup_key("r", "v", other)) == (one == other)
