"""Which streams are opened: as the book wants, with their keys, and only beside their feeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.app.providers import configured_feeds, configured_streams, find_feeds
from monitor.app.streaming import usable_streams
from monitor.feeds.base import Credential
from monitor.feeds.coinbase import STREAM


def book(folder: Path, body: str) -> Path:
    """Write a feeds book with what it says of Coinbase."""
    path = folder / "feeds.yaml"
    path.write_text(f"feeds:\n  coinbase: {body}\n")
    return path


@pytest.mark.parametrize(
    ("body", "enabled", "url"),
    [
        ("{}", True, STREAM.spec.url),
        ("{stream: false}", False, STREAM.spec.url),
        ("{enabled: false}", False, STREAM.spec.url),
        # whoever asks at an address of his own is not sent to the provider's stream
        ("{base_url: 'http://127.0.0.1:1'}", False, STREAM.spec.url),
        (
            "{base_url: 'http://127.0.0.1:1', stream_url: 'ws://127.0.0.1:1/ws/'}",
            True,
            "ws://127.0.0.1:1/ws",
        ),
        ("{stream_url: 'wss://x.example'}", True, "wss://x.example"),
    ],
)
def test_the_book_decides(tmp_path: Path, body: str, enabled: bool, url: str) -> None:
    """A word switches it off, another address moves it."""
    streams = {stream.spec.name: stream for stream in configured_streams(book(tmp_path, body))}
    spec = streams["coinbase"].spec
    assert (spec.enabled, spec.url) == (enabled, url)
    feeds = [feed for feed in configured_feeds(book(tmp_path, body)) if feed.spec.enabled]
    usable = {stream.spec.name for stream in usable_streams(streams.values(), feeds, {})}
    assert ("coinbase" in usable) is enabled


def test_freshness_is_that_of_the_feed(tmp_path: Path) -> None:
    """What the book says of a feed's freshness holds for what is sent, too."""
    streams = {it.spec.name: it for it in configured_streams(book(tmp_path, "{fresh_s: 17}"))}
    assert streams["coinbase"].spec.fresh_s == 17


def test_a_stream_needs_its_key_and_its_feed() -> None:
    """Without the key, or without the feed that stands in for it, it is left out."""
    feeds = [feed for feed in find_feeds() if feed.spec.name == "coinbase"]
    keyed = replace(STREAM, spec=replace(STREAM.spec, credentials=(Credential(env="K"),)))
    assert usable_streams([STREAM], feeds, {}) == (STREAM,)
    assert usable_streams([STREAM], [], {}) == ()
    assert usable_streams([keyed], feeds, {}) == ()
    assert usable_streams([keyed], feeds, {"K": "0123456789"}) == (keyed,)
