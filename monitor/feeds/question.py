"""One request as an adapter means it, before keys and standing headers. Hop 2, pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.feeds.addresses import plain
from monitor.feeds.validators import Page

MAX_BODY_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, how, and what it costs of the budget."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        """Return it as it may be shown."""
        return f"{self.method} {plain(self.url)}"

    def page(self, feed: str) -> Page | None:
        """Return what tells the page it asks for from others; None for no plain GET."""
        if self.method != "GET":
            return None
        pairs = (*sorted(self.params.items()), *sorted(self.headers.items()))
        return (feed, self.url, *(text for pair in pairs for text in pair))


def posted(url: str, body: object, headers: Mapping[str, str], weight: float) -> Question:
    """Return the POST of `body` as JSON.

    Raises:
        ValueError: `body` is no JSON value, or more than anybody asks with.

    """
    try:
        text = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError("the body to POST is no JSON value") from error
    if len(text) > MAX_BODY_BYTES:
        raise ValueError(f"{len(text)} bytes to POST, at most {MAX_BODY_BYTES}")
    sent = {"Content-Type": "application/json", **headers}
    return Question("POST", url, headers=sent, body=text, weight=weight)
