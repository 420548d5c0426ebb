"""The numbers on messages."""

from __future__ import annotations

from alerts.sinks.mqtt.sequence import Sequences


def test_repeats_keep_their_number() -> None:
    """The same id twice in a row on a topic is a repeat; another id, or none, counts on."""
    count = Sequences()
    numbers = [count.next("t", message_id) for message_id in ("a", "a", "b", None, None, "b")]
    assert numbers == [1, 1, 2, 3, 4, 5]
    assert count.next("other", "a") == 1


def test_memory_is_bounded() -> None:
    """Beyond the limit the topic unused for longest is forgotten, never one in use."""
    count = Sequences(limit=2)
    count.next("old", "a")
    count.next("used", "a")
    count.next("old", "b")
    count.next("new", "a")
    assert count.next("old", "c") == 3
    assert count.next("used", "b") == 1
