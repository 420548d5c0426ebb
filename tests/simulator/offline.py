"""The simulated providers without a server: each request is answered in the same process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitor.core.errors import FeedRejected
from monitor.feeds.base import Answer, FeedSpec
from monitor.feeds.reasons import Reason
from monitor.feeds.status import status_error
from tests.simulator.catalogue import PROVIDERS
from tests.simulator.market import Market
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

Write = Callable[[Shape, Document], str]


def written(shape: Shape, document: Document) -> str:
    """Return the body of a good answer."""
    return document if shape.is_text else json.dumps(document)


@dataclass(slots=True)
class OfflineHttp:
    """An `Http` that answers as one provider does.

    Attributes:
        spec: the feed that asks.
        market: what the values are.
        write: makes the body of a document; the n-th request's is `damage`'s, if that is its turn.
        seen: the documents given so far, in order.

    """

    spec: FeedSpec
    market: Market
    write: Write = written
    seen: list[tuple[Shape, Document]] = field(default_factory=list)

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Return the provider's answer."""
        return self._answer(url, params or {})

    async def post_json(
        self,
        url: str,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Return the provider's answer to a POST."""
        members = body if isinstance(body, dict) else {}
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in members.items()}
        return self._answer(url, texts)

    def _answer(self, url: str, asked: Mapping[str, str]) -> Answer:
        path = url.removeprefix(self.spec.base_url).lstrip("/")
        shape = PROVIDERS[self.spec.name].shape_of(path)
        if shape is None:
            raise FeedRejected(f"{self.spec.name}: no such endpoint", reason=Reason.NOT_FOUND)
        status, now = 200, self.market.clock.now()
        try:
            document = shape.render(self.market, path.removeprefix(shape.matches), asked)
        except UnknownSymbolError as unknown:
            status, document = unknown.status, unknown.body
        self.seen.append((shape, document))
        error = status_error(self.spec.name, f"GET {url}", status, {}, now)
        if error is not None:
            raise error
        return Answer(status, self.write(shape, document), {}, now)
