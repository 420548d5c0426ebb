"""Sizes by the allocator's classes and the packing of streams; the load test has real servers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.memory import allocated, hash_bytes, stream_bytes, text_bytes


@pytest.mark.parametrize(
    ("size", "given_bytes"),
    [(1, 8), (9, 16), (100, 112), (129, 160), (300, 320), (1_000, 1_024), (4_097, 5_120)],
)
def test_the_allocator_rounds_up_to_its_classes(size: int, given_bytes: int) -> None:
    """As jemalloc documents them: by 16 up to 128, then four for each doubling."""
    assert allocated(size) == given_bytes


@given(st.integers(1, 10**7))
def test_no_class_is_too_small_and_none_wastes_a_quarter(size: int) -> None:
    """What is given holds what is asked, and beyond the small ones wastes less than a fifth."""
    assert size <= allocated(size) <= max(size * 1.25, size + 15)


def test_nothing_takes_nothing() -> None:
    """An empty hash and an empty stream are not there."""
    assert hash_bytes([(4, 100, 0)]) == stream_bytes(0, [100]) == 0


@given(st.integers(1, 5_000), st.integers(1, 20_000))
def test_a_stream_holds_at_least_its_values(entries: int, length: int) -> None:
    """More entries take more, and never less than what is in them."""
    assert stream_bytes(entries, [length]) >= entries * length
    assert stream_bytes(entries + 100, [length]) > stream_bytes(entries, [length])


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_a_hash_holds_at_least_its_texts(field: int, value: int) -> None:
    """Field and value, each with its header."""
    assert text_bytes(field) > field
    assert hash_bytes([(field, value, 7)]) >= 7 * (field + value)
