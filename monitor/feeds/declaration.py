"""What a feed's declaration must satisfy, whoever wrote it: ours, a stranger's, or a book's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from monitor.core.clock import MINUTE, SECOND
from monitor.core.hosts import is_loopback
from monitor.feeds.base import Credential, FeedSpec
from monitor.feeds.lanes import lanes_of
from monitor.feeds.streams import StreamSpec

MAX_BYTES = 8 * 1024 * 1024
MAX_TIMEOUT_S = 60.0
MAX_DELAY_S = 86_400.0
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def spec_faults(spec: FeedSpec) -> list[str]:
    """Return what is wrong with a declaration, one sentence each; empty when it may be used."""
    return [*_identity_faults(spec), *_key_faults(spec), *_limit_faults(spec)]


def _identity_faults(spec: FeedSpec) -> Iterator[str]:
    if not _NAME.fullmatch(spec.name):
        yield f"name {spec.name!r}: use 2 to 32 of a-z, 0-9 and _; it is a metric label"
    if not spec.instruments:
        yield "instruments is empty: name at least one, with the provider's own symbol"
    if not spec.licence.strip():
        yield "licence is empty: say in one line what the provider's terms allow"
    try:
        parts = urlsplit(spec.base_url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if host is None or parts.query or parts.fragment or "@" in parts.netloc:
        yield f"base_url {spec.base_url!r}: give scheme, host and at most a path"
    elif parts.scheme != "https" and not (parts.scheme == "http" and _may_be_plain(host, spec)):
        yield f"base_url {spec.base_url!r}: use https; http is for your own network, without a key"
    if spec.base_url.endswith("/"):
        yield f"base_url {spec.base_url!r}: leave out the slash at the end"


def _may_be_plain(host: str, spec: FeedSpec) -> bool:
    return not spec.credentials or is_loopback(host)


def _key_faults(spec: FeedSpec) -> Iterator[str]:
    for key in spec.credentials:
        if not _VARIABLE.fullmatch(key.env):
            yield f"credential {key.env!r}: name an environment variable of A-Z, 0-9 and _"
        elif sum(map(bool, (key.header, key.query, key.basic))) != 1:
            yield f"credential {key.env}: give one of header, query and basic"
        elif key.prefix and not key.header:
            yield f"credential {key.env}: a prefix stands in a header"
        elif not key.basic and not _FIELD.fullmatch(key.header or key.query):
            yield f"credential {key.env}: {key.header or key.query!r} names no header or parameter"
    places = [_place(key) for key in spec.credentials]
    if len(set(places)) < len(places):
        yield "credentials: two of them go to the same place, and one would be lost"


def _place(key: Credential) -> tuple[str, str]:
    header = "authorization" if key.basic else key.header.casefold()
    return header, key.query


def _limit_faults(spec: FeedSpec) -> Iterator[str]:
    for name in ("interval_s", "timeout_s", "fresh_s", "requests_per_minute", "max_bytes"):
        # written so that nan is a fault too
        if not getattr(spec, name) > 0:
            yield f"{name} is {getattr(spec, name)}: it must be above zero"
            return
    if not 0 <= spec.delay_s <= MAX_DELAY_S:
        yield f"delay_s is {spec.delay_s:g}: 0 for real time, at most {MAX_DELAY_S:g}"
    if spec.timeout_s > MAX_TIMEOUT_S:
        yield f"timeout_s is {spec.timeout_s:g}: at most {MAX_TIMEOUT_S:g}"
    if spec.max_bytes > MAX_BYTES:
        yield f"max_bytes is {spec.max_bytes}: at most {MAX_BYTES}"
    if spec.fresh_s < spec.interval_s:
        yield f"fresh_s {spec.fresh_s:g} is under interval_s {spec.interval_s:g}: never fresh"
    if spec.batch is not None and spec.batch < 1:
        yield f"batch is {spec.batch}: one or more, or None for all at once"
        return
    needed = len(lanes_of(spec)) * MINUTE / SECOND / spec.interval_s
    if needed > spec.requests_per_minute:
        yield (
            f"interval_s {spec.interval_s:g} needs {needed:g} requests a minute, "
            f"requests_per_minute allows {spec.requests_per_minute:g}"
        )


def stream_faults(spec: StreamSpec) -> list[str]:
    """Return what is wrong with a stream's declaration, one sentence each."""
    return [*_stream_identity_faults(spec), *_stream_limit_faults(spec)]


def _stream_identity_faults(spec: StreamSpec) -> Iterator[str]:
    if not _NAME.fullmatch(spec.name):
        yield f"name {spec.name!r}: use 2 to 32 of a-z, 0-9 and _; it is a metric label"
    if not spec.instruments:
        yield "instruments is empty: name at least one, with the provider's own symbol"
    if not spec.licence.strip():
        yield "licence is empty: say in one line what the provider's terms allow"
    try:
        parts = urlsplit(spec.url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if host is None or parts.fragment or "@" in parts.netloc:
        yield f"url {spec.url!r}: give scheme, host, path and at most a query"
    elif parts.scheme != "wss" and not (
        parts.scheme in {"ws", "http"} and (not spec.credentials or is_loopback(host))
    ):
        yield f"url {spec.url!r}: use wss; ws is for your own network, without a key"
    for key in spec.credentials:
        if not _VARIABLE.fullmatch(key.env):
            yield f"credential {key.env!r}: name an environment variable of A-Z, 0-9 and _"
        elif sum(map(bool, (key.header, key.query, key.basic))) > 1:
            yield f"credential {key.env}: give one of header, query and basic, or none"


def _stream_limit_faults(spec: StreamSpec) -> Iterator[str]:
    names = ("fresh_s", "silent_s", "confirm_s", "open_s", "max_bytes", "flush_s")
    for name in names:
        # written so that nan is a fault too
        if not getattr(spec, name) > 0:
            yield f"{name} is {getattr(spec, name)}: it must be above zero"
            return
    if spec.open_s > MAX_TIMEOUT_S:
        yield f"open_s is {spec.open_s:g}: at most {MAX_TIMEOUT_S:g}"
    if spec.max_bytes > MAX_BYTES:
        yield f"max_bytes is {spec.max_bytes}: at most {MAX_BYTES}"
    if spec.ping is not None and not 0 < spec.ping.every_s < spec.silent_s:
        yield f"ping.every_s is {spec.ping.every_s:g}: above zero and under silent_s"
    if spec.check_s is not None and not spec.check_s > 0:
        yield f"check_s is {spec.check_s:g}: above zero, or None for no check"
