"""The page docs/feeds.md from the declarations of the feeds, so that a new provider is on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from monitor.core.discovery import declared
from monitor.feeds.base import Feed, FeedSpec
from monitor.feeds.streams import Stream, StreamSpec

FILE = Path(__file__).parents[1] / "docs" / "feeds.md"
_SHOWN = 8
_HEAD = """\
# Feeds

<!-- Written by `make dashboards` from the declarations; edit those, not this page. -->

What each provider quotes, how often it is asked, and on what terms. The feeds book (`feeds.yaml`,
see [configuration](configuration.md)) changes address, interval and freshness, and switches a feed on or
off. A feed whose key is not there is left out. One that has a stream is asked only while that is down, and
for what it does not send. Of a trading halt only `alpaca` tells, by its stream; no answer of any other provider
here is documented to have one. [adapters.md](adapters.md) is how to write a feed.

| feed | asks | every | fresh for | requests a minute | key | by default |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the text of the page."""
    feeds = [feed for _, feed in declared("monitor.feeds", "FEED", Feed)]
    streams = {name: stream.spec for name, stream in declared("monitor.feeds", "STREAM", Stream)}
    table = "".join(f"{_row(feed.spec)}\n" for feed in feeds)
    return _HEAD + table + "".join(f"{line}\n" for line in _details(feeds, streams))


def _row(spec: FeedSpec) -> str:
    cells = (
        f"[`{spec.name}`](#{spec.name})",
        spec.base_url.removeprefix("https://"),
        _span(spec.interval_s),
        _span(spec.fresh_s),
        f"{spec.requests_per_minute:g}{_account(spec)}",
        _keys(spec),
        "on" if spec.enabled else "off",
    )
    return f"| {' | '.join(cells)} |"


def _account(spec: FeedSpec) -> str:
    return f", with all of `{spec.account}`" if spec.account else ""


def _keys(spec: FeedSpec) -> str:
    keys = [f"`{key.env}`{' if there is one' if key.optional else ''}" for key in spec.credentials]
    return ", ".join(keys) or "none"


def _span(seconds: float) -> str:
    """Return seconds as people say them."""
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {word}"
    return f"{seconds:g} s"


def _details(feeds: Iterable[Feed], streams: Mapping[str, StreamSpec]) -> Iterator[str]:
    for feed in feeds:
        spec = feed.spec
        names = [f"`{name}`" for name in spec.instruments]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield f"\n## {spec.name}\n"
        yield spec.licence
        yield ""
        yield f"Quotes {', '.join(names[:_SHOWN])}{more}{_besides(spec)}."
        if spec.name in streams:
            yield ""
            yield f"Has a stream: `{streams[spec.name].url}`{_alone(spec, streams[spec.name])}."
        if feed.past is not None:
            yield ""
            yield f"Has a past: `hashhedge backfill --provider {spec.name}`."


def _alone(spec: FeedSpec, stream: StreamSpec) -> str:
    names = [f"`{name}`" for name in stream.instruments if name not in spec.instruments]
    return f", which alone has {', '.join(names)}" if names else ""


def _besides(spec: FeedSpec) -> str:
    words = []
    if spec.shares:
        words.append("the shares of the book of companies")
    if spec.notices:
        words.append("what happened, as notices")
    return f"; besides {' and '.join(words)}" if words else ""
