"""The providers as they declare themselves, and as a feeds book wants them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from monitor.books import Declared, FeedOverride, load_feeds
from monitor.core.discovery import declared
from monitor.feeds.base import Feed
from monitor.feeds.streams import Stream


def find_feeds() -> tuple[Feed, ...]:
    """Return all providers as they declare themselves."""
    return tuple(feed for _, feed in declared("monitor.feeds", "FEED", Feed))


def quoted_by(feeds: Iterable[Feed], streams: Iterable[Stream]) -> frozenset[str]:
    """Return the instruments that are asked for or sent."""
    asked = (name for feed in feeds for name in feed.spec.instruments)
    sent = (name for stream in streams for name in stream.spec.instruments)
    return frozenset((*asked, *sent))


def find_streams() -> tuple[Stream, ...]:
    """Return all streams as their providers declare them."""
    return tuple(stream for _, stream in declared("monitor.feeds", "STREAM", Stream))


def configured_feeds(path: Path | None, shares: Container[str] = ()) -> tuple[Feed, ...]:
    """Return the providers as the feeds book at `path`, or the default one, wants them.

    `shares` are the tickers of the books: what is given for one of them must be that share.

    Raises:
        ConfigErrors: the book names an unknown feed or field, or a symbol of another kind.

    """
    feeds = find_feeds()
    wanted = load_feeds(_known(feeds), path, shares)
    return tuple(_asked_as(feed, wanted.get(feed.spec.name)) for feed in feeds)


def _known(feeds: Iterable[Feed]) -> Mapping[str, Declared]:
    """Return what the book is judged by; a stream has no key that its feed has not."""
    return {
        feed.spec.name: Declared(feed.spec.instruments, has_key=bool(feed.spec.credentials))
        for feed in feeds
    }


def _asked_as(feed: Feed, wish: FeedOverride | None) -> Feed:
    if wish is None:
        return feed
    return feed.overridden(
        enabled=wish.enabled,
        base_url=wish.base_url,
        interval_s=wish.interval_s,
        fresh_s=wish.fresh_s,
        delay_s=wish.delay_s,
        instruments=wish.instruments,
    )


def configured_streams(path: Path | None) -> tuple[Stream, ...]:
    """Return the streams as the feeds book at `path`, or the default one, wants them.

    Raises:
        ConfigErrors: the book names an unknown feed or field.

    """
    wanted = load_feeds(_known(find_feeds()), path)
    return tuple(_sent_as(stream, wanted.get(stream.spec.name)) for stream in find_streams())


def _sent_as(stream: Stream, wish: FeedOverride | None) -> Stream:
    """Return a stream as the book wants it.

    A feed that is asked at an address of one's own, or by symbols of one's own, is not taken from
    the provider's stream.
    """
    if wish is None:
        return stream
    moved = wish.instruments or (wish.base_url is not None and wish.stream_url is None)
    enabled = False if moved or wish.enabled is False else wish.stream
    return stream.overridden(url=wish.stream_url, fresh_s=wish.fresh_s, enabled=enabled)
