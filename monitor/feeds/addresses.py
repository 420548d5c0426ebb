"""What a URL says about where a request goes, and how it may be shown. Hop 2, pure."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def origin(url: str) -> tuple[str, str]:
    """Return (scheme, host with any port) in lower case; a user name in it stays a stranger."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def plain(url: str) -> str:
    """Return `url` as it may be shown: without user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def without_parameters(url: str, names: Collection[str]) -> str:
    """Return `url` without the query parameters of these names, in any case of letters."""
    barred = {name.casefold() for name in names}
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name.casefold() not in barred]
    if len(kept) == len(pairs):
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))
