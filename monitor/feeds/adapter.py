"""Test a stranger's adapter offline: load the file, play its recorded answers, break them.

`hashhedge feeds test ./sample` hands a folder (or the adapter file in it) to `run_adapter_test`.
Beside the adapter lies `fixture.json`: the recorded answers and the quotes that must come out.
Loading runs the file's code: test only what you would run.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from monitor.core.clock import iso
from monitor.core.errors import ConfigError, FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.plausibility import judge
from monitor.feeds.base import Feed, Http, quotes_of
from monitor.feeds.declaration import spec_faults
from monitor.feeds.lanes import lanes_of
from monitor.feeds.recording import RecordedHttp, Recording, load_recording

ADAPTER_FILE = "adapter.py"
FETCH_LIMIT_S = 5.0
FORBIDDEN_IMPORTS = frozenset(
    {"aiohttp", "apscheduler", "httpx", "redis", "requests", "socket", "structlog", "urllib3"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        check: what must hold, in a few words.
        fault: how it does not; empty when it does.

    """

    check: str
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the check holds."""
        return not self.fault


def load_adapter(path: Path) -> Feed:
    """Load the feed that an adapter file declares; `path` is the file or its folder.

    Raises:
        ConfigError: no such file, it cannot be imported, or it binds no FEED.

    """
    file = path / ADAPTER_FILE if path.is_dir() else path
    hint = f"give a folder with {ADAPTER_FILE} in it, or the file itself"
    if not file.is_file():
        raise ConfigError("there is no such file", where=str(file), hint=hint)
    spec = importlib.util.spec_from_file_location(f"hashhedge_adapter_{file.parent.name}", file)
    if spec is None or spec.loader is None:
        raise ConfigError("this is no Python file", where=str(file), hint=hint)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        message = f"importing it raised {type(error).__name__}: {error}"
        raise ConfigError(message, where=str(file), hint="make `python <file>` run") from error
    feed = getattr(module, "FEED", None)
    if not isinstance(feed, Feed):
        raise ConfigError(
            "it binds no FEED",
            where=str(file),
            hint="end it with `FEED = Feed(FeedSpec(…), fetch)`",
        )
    return feed


def run_adapter_test(path: Path) -> list[Finding]:
    """Check the adapter at `path` against the fixture beside it; reaches no network.

    Raises:
        ConfigError: adapter or fixture cannot be loaded.

    """
    file = path / ADAPTER_FILE if path.is_dir() else path
    feed = load_adapter(file)
    recording = load_recording(file.parent)
    return [_check_imports(file), *asyncio.run(check_adapter(feed, recording))]


async def check_adapter(feed: Feed, recording: Recording) -> list[Finding]:
    """Return every check of a feed against its recorded answers, the failed ones among them."""
    findings = [Finding("the declaration is complete", "; ".join(spec_faults(feed.spec)))]
    quotes, fault = await _play(feed, RecordedHttp(feed.spec, recording))
    findings.append(Finding("the recorded answers give quotes", fault))
    if not fault:
        findings += _check_quotes(feed, recording, quotes)
    findings += [await _check_damage(feed, damage) for damage in _damages(recording)]
    findings += [await _check_refusal(feed, recording, status) for status in (403, 429, 503)]
    return findings


async def _play(feed: Feed, http: Http) -> tuple[list[Quote], str]:
    quotes: list[Quote] = []
    try:
        async with asyncio.timeout(FETCH_LIMIT_S):
            for lane in lanes_of(feed.spec):
                quotes += quotes_of(await feed.fetch(http, lane.spec))
    except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is the finding
        return quotes, f"fetch raised {type(error).__name__}: {error}"
    return quotes, ""


def _check_quotes(feed: Feed, recording: Recording, quotes: Sequence[Quote]) -> Iterator[Finding]:
    for wanted in recording.quotes:
        check = f"{wanted.instrument} is {wanted.value} at {iso(wanted.observed_at)}"
        got = [quote for quote in quotes if quote.instrument == wanted.instrument]
        same = [
            quote
            for quote in got
            if quote.value == wanted.value and quote.observed_at == wanted.observed_at
        ]
        came = ", ".join(f"{quote.value} at {iso(quote.observed_at)}" for quote in got)
        yield Finding(check, "" if same else f"got {came or 'nothing'}")
    expected = {quote.instrument for quote in recording.quotes}
    surplus = {quote.instrument for quote in quotes} - expected
    undeclared = surplus | expected - set(feed.spec.instruments)
    yield Finding(
        "the fixture expects each quoted instrument, and the adapter declares it",
        f"not so for {', '.join(sorted(undeclared))}" if undeclared else "",
    )
    for quote in quotes:
        yield Finding(f"{quote.instrument} can be stored", _quote_fault(feed, recording, quote))


def _quote_fault(feed: Feed, recording: Recording, quote: Quote) -> str:
    # a stranger's adapter is not type-checked, so the types are looked at
    value: object = quote.value
    if not isinstance(value, Decimal):
        return f"value is a {type(value).__name__}; parse Decimal from the text"
    if quote.source != feed.spec.name:
        return f"source is {quote.source!r}, the feed's name is {feed.spec.name!r}"
    refusal = judge(quote, None, recording.received_at)
    return f"it would be refused: {refusal}" if refusal else ""


def _damages(recording: Recording) -> Iterator[tuple[str, Recording]]:
    """Yield broken copies of the recording, each with its name."""
    breaks: dict[str, Callable[[str], str]] = {
        "cut in half": lambda body: body[: len(body) // 2] if body[:1] in ("{", "[") else "",
        "empty": lambda _: "",
        "a web page": lambda _: "<!DOCTYPE html><html></html>",
        "null": lambda _: "null",
        "an empty list": lambda _: "[]",
        "an empty object": lambda _: "{}",
        "made of texts that are no numbers": _without_numbers,
    }
    for name, damage in breaks.items():
        answers = [replace(answer, body=damage(answer.body)) for answer in recording.answers]
        yield name, replace(recording, answers=tuple(answers))


async def _check_damage(feed: Feed, damage: tuple[str, Recording]) -> Finding:
    name, recording = damage
    return await _check_raises(
        f"an answer that is {name} gives a feed error",
        feed,
        RecordedHttp(feed.spec, recording),
        FeedError,
    )


async def _check_refusal(feed: Feed, recording: Recording, status: int) -> Finding:
    answers = [replace(answer, status=status) for answer in recording.answers]
    http = RecordedHttp(feed.spec, replace(recording, answers=tuple(answers)))
    kind = FeedRejected if status == 403 else FeedUnavailable  # noqa: PLR2004 - named by the check
    return await _check_raises(f"HTTP {status} gives {kind.__name__}", feed, http, kind)


async def _check_raises(check: str, feed: Feed, http: Http, kind: type[FeedError]) -> Finding:
    for lane in lanes_of(feed.spec):
        try:
            async with asyncio.timeout(FETCH_LIMIT_S):
                quotes = await feed.fetch(http, lane.spec)
        except kind:
            continue
        except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is the finding
            return Finding(check, f"it raised {type(error).__name__}: {error}")
        return Finding(check, f"it gave {len(quotes)} quotes and no error")
    return Finding(check)


def _check_imports(file: Path) -> Finding:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    barred = ", ".join(sorted(found & FORBIDDEN_IMPORTS))
    return Finding(
        "the adapter asks through the http it is given",
        f"it imports {barred}; limits and keys are kept in one place" if barred else "",
    )


def _without_numbers(body: str) -> str:
    def spoil(value: object) -> object:
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        if isinstance(value, list):
            return [spoil(item) for item in value]
        return "not a number"

    try:
        return json.dumps(spoil(json.loads(body)))
    except ValueError:
        return "not a number"
