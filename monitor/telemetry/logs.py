"""Logs: an event name and fields. JSON for machines, colour for people, secrets for nobody.

The one place that configures logging, called once by the command line. Everything that a
third-party library writes through `logging` takes the same road and the same redaction.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
_DEPTH = 6  # deeper than any field of ours; a bound against self-referring values

_SECRET_FIELD = re.compile(
    r"passw(or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|authori[sz]ation|cookie|credential",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s'\"]*@", re.IGNORECASE)
_SECRET_PAIR = re.compile(
    r"(?P<name>\b[\w-]*(?:passw(?:or)?d|passphrase|secret|token|(?:api|private)[_-]?key"
    r"|authori[sz]ation|cookie|credentials?|signature))"
    r"(?P<sign>=|:\s?)(?P<value>[^\s&,;'\"]+)",
    re.IGNORECASE,
)
_AUTH_SCHEME = re.compile(r"\b(?P<scheme>bearer|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE)
_SIGNS = (
    *("@", "bearer", "basic", "passw", "passphrase", "secret", "token", "cookie", "credential"),
    *(
        "apikey",
        "api_key",
        "api-key",
        "privatekey",
        "private_key",
        "private-key",
        "authoris",
        "authoriz",
    ),
    "signature",
)
"""A line without any of these, in any case, holds nothing that the expressions above find."""


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Blank every field that is named like a credential, and credentials inside texts.

    A structlog processor: it runs after exceptions have become text, so a URL inside a traceback
    is cleaned as well.
    """
    del logger, method
    return {name: _clean_field(name, value, _DEPTH) for name, value in event.items()}


def configure(
    level: str = "info", *, stream: TextIO | None = None, environ: Mapping[str, str]
) -> None:
    """Send all logs to `stream` (stderr by default) at `level` (debug, info, warning, error).

    On a terminal the lines are for people, coloured unless `NO_COLOR` is set; anywhere else each
    line is one JSON object.

    Raises:
        ValueError: the level is unknown.

    """
    levels = logging.getLevelNamesMapping()
    if level.upper() not in levels:
        raise ValueError(f"log level {level!r} is none of debug, info, warning, error")
    out = sys.stderr if stream is None else stream
    number = levels[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = _renderers(terminal=out.isatty(), colors=not environ.get("NO_COLOR"))
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    logging.basicConfig(level=number, handlers=[handler], force=True)


def _renderers(*, terminal: bool, colors: bool) -> list[Processor]:
    # Redaction needs tracebacks as text, so both ends get them already formatted.
    if not terminal:
        return [structlog.processors.format_exc_info, json_line]
    pretty = structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )
    return [structlog.processors.format_exc_info, redact, pretty]


def json_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """Return the event as one line of JSON, credentials blanked.

    The last processor. Nearly no line has anything to blank, and looking at each field of an
    alert's line took longer than sending the alert, so the line is looked at as a whole first.
    """
    try:
        line = msgspec.json.encode(event, enc_hook=str).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # what no JSON can hold as it is; `redact` makes texts of it
    else:
        folded = line.casefold()
        for sign in _SIGNS:  # no generator: a line of an alert is looked at for each of them
            if sign in folded:
                break
        else:
            return line
    return json.dumps(redact(logger, method, event), default=str)


def _clean_field(name: str, value: object, depth: int) -> object:
    if value is not None and _names_secret(name):
        return REDACTED
    return _clean(value, depth)


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _SECRET_FIELD.search(name) is not None


def _clean(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _clean_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == 0:
        return REDACTED
    if isinstance(value, Mapping):
        return {str(name): _clean_field(str(name), it, depth - 1) for name, it in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(it, depth - 1) for it in value]
    return _clean_text(str(value))


def _clean_text(text: str) -> str:
    """Blank credentials; an expression is tried only where a sign that it needs is there.

    Nearly every text of a log line has none, and three searches in each of an alert's fifteen
    fields cost more than all the rest of its way.
    """
    if "@" in text:
        text = _USERINFO.sub(rf"\g<scheme>{REDACTED}@", text)
    folded = text.casefold()
    if "bearer" in folded or "basic" in folded:
        text = _AUTH_SCHEME.sub(rf"\g<scheme> {REDACTED}", text)
    if "=" in text or ":" in text:
        text = _SECRET_PAIR.sub(rf"\g<name>\g<sign>{REDACTED}", text)
    return text
