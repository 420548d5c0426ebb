"""The feeds book: what one installation changes about the feeds that the code declares."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta, Struct, field

from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.hosts import is_loopback
from monitor.core.mends import nearest
from monitor.core.yamltext import Document, read_document
from monitor.domain.identity import mismatch

_SCHEMES = {"base_url": ("https", "http"), "stream_url": ("wss", "ws")}
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Seconds = Annotated[float, Meta(ge=0.1, le=86_400 * 400)]


class FeedOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What replaces a feed's own declaration; None keeps it.

    Attributes:
        enabled: poll it or not.
        base_url: scheme and host, for a self-hosted service or a simulator; no credentials in it.
        interval_s: seconds between polls.
        fresh_s: seconds after which a value is no longer fresh.
        stream: take what the provider sends by itself, or only ask.
        stream_url: where its stream is, for a self-hosted service or a simulator. A feed with a
            `base_url` of its own and no `stream_url` is only asked.
        instruments: our names to the provider's symbols, in place of its own or beside them.
        delay_s: seconds that your plan with the provider holds its values back.

    """

    enabled: bool | None = None
    base_url: str | None = None
    interval_s: Seconds | None = None
    fresh_s: Seconds | None = None
    stream: bool | None = None
    stream_url: str | None = None
    delay_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    instruments: dict[Name, Annotated[str, Meta(min_length=1, max_length=100)]] | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What the code says of one feed, as far as a book is judged by it.

    Attributes:
        symbols: its instruments, each with the provider's symbol.
        has_key: a key goes with its requests or into its stream.

    """

    symbols: Mapping[str, str]
    has_key: bool = False


class VenueEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a venue: the reason for which it has no part in the price."""

    excluded: Annotated[str, Meta(min_length=1, max_length=300)]


class _FeedsEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """The file's frame."""

    feeds: dict[str, Any] = field(default_factory=dict)
    venues: dict[Name, VenueEntry] = field(default_factory=dict)


def load_feeds(
    known: Mapping[str, Declared], path: Path | None = None, shares: Container[str] = ()
) -> Mapping[str, FeedOverride]:
    """Load the feed overrides from `path`, else the default book.

    `known` are the feeds that the code declares; `shares` the tickers of the books.

    Raises:
        ConfigErrors: a feed or field is unknown or has a wrong value, a key would travel without
            TLS, or a symbol is not what the instrument is; names every problem found.

    """
    document = read_document(path or Path(str(files("monitor"))) / "books" / "feeds.yaml")
    entry = document.convert(_FeedsEntry)
    overrides: dict[str, FeedOverride] = {}
    problems: list[ConfigError] = []
    for name in entry.feeds:
        place = ("feeds", name)
        if name not in known:
            hint = nearest(name, list(known))
            problems.append(
                ConfigError(f"no feed `{name}`", where=document.where(*place), hint=hint)
            )
            continue
        try:
            override = document.convert(FeedOverride, *place)
            _check_urls(document, name, override, has_key=known[name].has_key)
            overrides[name] = override
            problems += _mistaken(document, name, override, known[name].symbols, shares)
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise ConfigErrors(problems)
    return MappingProxyType(overrides)


def load_flags(path: Path | None = None) -> Mapping[str, str]:
    """Return the venues that the book at `path`, or the default one, excludes, with the reason.

    Raises:
        ConfigError: the book cannot be read, or a venue has no reason.

    """
    document = read_document(path or Path(str(files("monitor"))) / "books" / "feeds.yaml")
    venues = document.convert(_FeedsEntry).venues
    return MappingProxyType({name: entry.excluded for name, entry in venues.items()})


def _mistaken(
    document: Document,
    feed: str,
    override: FeedOverride,
    usual: Mapping[str, str],
    shares: Container[str],
) -> Iterator[ConfigError]:
    """Yield the symbols that are something else than the instrument they are given for."""
    for instrument, symbol in (override.instruments or {}).items():
        where = document.where("feeds", feed, "instruments", instrument)
        wrong = mismatch(instrument, symbol, shares, usual)
        if wrong is not None:
            problem = f"`{symbol}` is {wrong.found.words} and `{instrument}` is {wrong.asked.words}"
            yield ConfigError(problem, where=where, hint=wrong.mend)


def _check_urls(document: Document, feed: str, override: FeedOverride, *, has_key: bool) -> None:
    addresses = {"base_url": override.base_url, "stream_url": override.stream_url}
    for name, url in addresses.items():
        if url is not None:
            where = document.where("feeds", feed, name)
            _check_url(name, url, where)
            if has_key:
                _check_secret(feed, name, urlsplit(url), where)


def _check_secret(feed: str, name: str, url: SplitResult, where: str) -> None:
    """Refuse an address that a key would be sent to in the clear."""
    safe = _SCHEMES[name][0]
    if url.scheme != safe and not is_loopback(url.hostname or ""):
        problem = f"{name} has no TLS, and {feed} sends a key: anyone on the way could read it"
        hint = f"write {safe}://; {url.scheme}:// is for 127.0.0.1, say a proxy that adds TLS"
        raise ConfigError(problem, where=where, hint=hint)


def _check_url(name: str, url: str, where: str) -> None:
    schemes = _SCHEMES[name]
    hint = f"write {schemes[0]}://host or {schemes[1]}://host:port"
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError as error:
        raise ConfigError(f"{name} is no web address", where=where, hint=hint) from error
    # The address itself stays out of the message: it may carry a password.
    if parts.scheme not in schemes or not host:
        raise ConfigError(f"{name} is no web address", where=where, hint=hint)
    if user is not None or parts.query or parts.fragment:
        problem = f"{name} carries credentials, a query or a fragment"
        raise ConfigError(problem, where=where, hint=f"{hint}; keys come from the environment")
