"""Recorded answers in place of the network: the fixture of an adapter, and the client it gives.

`fixture.json`::

    {"received_at": "2026-01-12T14:56:00Z",
     "answers": [{"path": "/v1/pubticker/btcusd", "params": {}, "status": 200,
                  "body_file": "ticker.json"}],
     "quotes": [{"instrument": "BTC-USD", "value": "97250.10",
                 "observed_at": "2026-01-12T14:55:59.250Z"}]}

`params`, `status` and `headers` may be left out; `"question": {...}` makes the answer one to a POST
of that JSON. A quote without `observed_at` is expected at
`received_at`. The body lies in its own file, byte for byte as it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from monitor.core.clock import Millis, parse_iso
from monitor.core.errors import ConfigError, FeedRejected
from monitor.domain.events import Quote
from monitor.feeds.addresses import plain
from monitor.feeds.base import Answer, FeedSpec
from monitor.feeds.reasons import Reason
from monitor.feeds.status import status_error

FIXTURE_FILE = "fixture.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded answer and the request it belongs to; `question` is the JSON of a POST."""

    path: str
    body: str
    params: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    question: object = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Answers recorded at one moment, and the quotes that must come out of them."""

    received_at: Millis
    answers: tuple[Recorded, ...]
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedHttp:
    """An `Http` that knows the recorded answers only, and judges a status as the live one does."""

    spec: FeedSpec
    recording: Recording

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - the answer does not depend on it
        weight: float = 1.0,  # noqa: ARG002 - nobody counts here
    ) -> Answer:
        """Return the recorded answer; a request that was not recorded is refused as not found."""
        return self._answer("GET", url, params or {}, None)

    async def post_json(
        self,
        url: str,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
        weight: float = 1.0,  # noqa: ARG002
    ) -> Answer:
        """Return the recorded answer to this question, as `get` does."""
        return self._answer("POST", url, {}, body)

    def _answer(self, method: str, url: str, params: Mapping[str, str], question: object) -> Answer:
        path = url.removeprefix(self.spec.base_url)
        asked = (path, dict(params), question)
        for answer in self.recording.answers:
            if (answer.path, dict(answer.params), answer.question) == asked:
                break
        else:
            said = f"{method} {path} {params or question or ''}".rstrip()
            message = f"{self.spec.name}: the fixture has no answer to {said}"
            raise FeedRejected(message, reason=Reason.NOT_FOUND)
        now = self.recording.received_at
        error = status_error(
            self.spec.name, f"{method} {plain(url)}", answer.status, answer.headers, now
        )
        if error is not None:
            raise error
        return Answer(answer.status, answer.body, answer.headers, now)


def load_recording(folder: Path) -> Recording:
    """Read `fixture.json` in `folder` and the bodies it names.

    Raises:
        ConfigError: a file is missing, or a field in it is; names the file.

    """
    file = folder / FIXTURE_FILE
    try:
        fixture = json.loads(file.read_text(encoding="utf-8"))
        received_at = parse_iso(fixture["received_at"])
        return Recording(
            received_at,
            tuple(_answer(folder, answer) for answer in fixture["answers"]),
            tuple(_quote(quote, received_at) for quote in fixture["quotes"]),
        )
    except OSError as error:
        where = str(error.filename)
        raise ConfigError(error.strerror or "unreadable", where=where, hint=_HINT) from error
    except KeyError as error:
        raise ConfigError(f"{error} is missing", where=str(file), hint=_HINT) from error
    except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
        raise ConfigError(str(error), where=str(file), hint=_HINT) from error


_HINT = "docs/adapters.md shows a fixture"


def _answer(folder: Path, answer: Mapping[str, Any]) -> Recorded:
    return Recorded(
        path=answer["path"],
        body=(folder / answer["body_file"]).read_text(encoding="utf-8"),
        params=answer.get("params", {}),
        status=answer.get("status", 200),
        headers=answer.get("headers", {}),
        question=answer.get("question"),
    )


def _quote(quote: Mapping[str, Any], received_at: Millis) -> Quote:
    stated = quote.get("observed_at")
    return Quote(
        instrument=quote["instrument"],
        value=Decimal(quote["value"]),
        observed_at=received_at if stated is None else parse_iso(stated),
        source="",
    )
