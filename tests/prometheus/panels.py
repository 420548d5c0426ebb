"""Ask a real Prometheus every question that a board asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
BOARDS = tuple(sorted((ROOT / "grafana" / "dashboards").glob("*.json")))

_METRIC = re.compile(r"\b(?:hashhedge|process)_[a-z0-9_]+")
# What Grafana puts in for its variables when everything is chosen.
_VARIABLES = {"$job": ".*", "$instance": ".*", "$company": ".*", "$__rate_interval": "30s"}
_TIME_S = 10


class Ask(NamedTuple):
    """One query of one panel."""

    board: str
    panel: str
    expr: str


def asks(boards: Iterable[Path] = BOARDS) -> Iterator[Ask]:
    """Yield every query of every panel, annotation and variable of the boards."""
    for path in boards:
        board = json.loads(path.read_text(encoding="utf-8"))
        for panel in panels_of(board):
            for target in panel.get("targets", ()):
                yield Ask(path.name, panel["title"], target["expr"])
        for annotation in board["annotations"]["list"]:
            yield Ask(path.name, annotation["name"], annotation["expr"])


def panels_of(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels of a board without the row titles, those of closed rows too."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def metrics_of(expr: str) -> set[str]:
    """Return the names of the metrics that an expression reads."""
    return set(_METRIC.findall(expr))


def filled(expr: str) -> str:
    """Return the expression as Grafana would send it with every variable at "All"."""
    for name, value in _VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def query(prometheus_url: str, expr: str) -> list[Mapping[str, Any]]:
    """Return the result vector of an instant query.

    Raises:
        AssertionError: Prometheus cannot parse or run the expression.

    """
    answer = _get(f"{prometheus_url}/api/v1/query?{urlencode({'query': expr})}")
    assert answer["status"] == "success", f"{answer.get('error')}: {expr}"
    result: list[Mapping[str, Any]] = answer["data"]["result"]
    return result


def assert_panels(prometheus_url: str, boards: Iterable[Path] = BOARDS) -> list[Ask]:
    """Run every query of the boards; those whose metrics have samples must return data.

    Returns the queries that could be parsed only, because a metric of theirs has no sample. A
    filter such as `> 0` may rightly leave nothing, so it is taken off before data is demanded.

    Raises:
        AssertionError: naming every panel that fails.

    """
    present = set(_get(f"{prometheus_url}/api/v1/label/{quote('__name__')}/values")["data"])
    failures, without_samples = [], []
    for ask in asks(boards):
        expr = filled(ask.expr)
        query(prometheus_url, expr)
        if not metrics_of(expr) <= present:
            without_samples.append(ask)
        elif not query(prometheus_url, re.sub(r" > 0\b", "", expr)):
            failures.append(f"{ask.board}: {ask.panel}: no data for {expr}")
    assert not failures, "\n".join(failures)
    return without_samples


def _get(url: str) -> dict[str, Any]:
    assert url.startswith("http://127.0.0.1:"), url
    request = Request(url)  # noqa: S310 - the loopback, asserted above
    try:
        with urlopen(request, timeout=_TIME_S) as answer:  # noqa: S310 - as above
            found: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    return found
