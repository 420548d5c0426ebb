"""How much memory Redis takes for what it is given: streams and hashes by their lengths. Pure.

From the sources of Redis 7: a hash beyond 128 fields or 64 bytes is a table of entries with a text
for the field and one for the value; a stream is a tree of nodes, each a packed list of up to 4,096
bytes or 100 entries; the allocator (jemalloc) rounds up to its size classes. Valkey takes a little
less for a hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SMALLEST, QUANTUM, FINE = 8, 16, 128
TABLE_ENTRY = 24
POINTER = 8
NODE_BYTES, NODE_ENTRIES = 4_096, 100
TREE_NODE = 96
"""Key, pointer and share of the inner nodes for one node of a stream."""
ENTRY_EXTRA = 18
"""Flags, id, count and lengths around the values of one entry."""
NODE_EXTRA = 40
"""Header and field names, once a node."""


def allocated(size: int) -> int:
    """Return the bytes that the allocator gives for `size` bytes."""
    if size <= SMALLEST:
        return SMALLEST
    if size <= FINE:
        return -(-size // QUANTUM) * QUANTUM
    step = 1 << ((size - 1).bit_length() - 3)  # four classes for each doubling
    return -(-size // step) * step


def text_bytes(length: int) -> int:
    """Return the bytes of one text of `length` bytes, with its header and end."""
    header = 1 if length < 1 << 5 else 3 if length < 1 << 8 else 5
    return allocated(length + header + 1)


def hash_bytes(fields: Iterable[tuple[int, int, int]]) -> int:
    """Return the bytes of a hash of (length of field, length of value, how many of them)."""
    total = count = 0
    for field, value, times in fields:
        total += times * (text_bytes(field) + text_bytes(value) + allocated(TABLE_ENTRY))
        count += times
    if not count:
        return 0
    return total + allocated(POINTER * (1 << (count - 1).bit_length())) + FINE


def stream_bytes(entries: int, values: Sequence[int]) -> int:
    """Return the bytes of a stream of `entries`, each with values of these lengths."""
    if not entries:
        return 0
    entry = sum(values) + ENTRY_EXTRA + sum(_packed(length) for length in values)
    fitting = (NODE_BYTES - NODE_EXTRA) // entry
    each_node = max(1, min(NODE_ENTRIES, fitting))
    nodes = -(-entries // each_node)
    return nodes * (allocated(each_node * entry + NODE_EXTRA) + TREE_NODE)


def _packed(length: int) -> int:
    """Return what a packed list adds to a text: its length in front and, to walk back, behind."""
    if length < 1 << 6:
        return 2
    return 4 if length < 1 << 12 else 5 + 3
