"""A function fits a screen and a file has one subject; what is longer says here why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("monitor/**/*.py"), *ROOT.glob("alerts/**/*.py"), *ROOT.glob("grafana/*.py")]
TESTS = sorted(ROOT.glob("tests/**/*.py"))

FUNCTION, LONG_FUNCTION = 40, 60
FILE, LONG_FILE, TEST_FILE = 300, 500, 500
LONG_FUNCTIONS = {
    "monitor/cli/replay.py:replay": "options of the command line, one a line",
    "monitor/cli/whatif.py:whatif": "options of the command line, one a line",
    "monitor/compute/card.py:build_card": "the card's fields, one a line",
    "monitor/store/commit.py:commit": "the arguments of the server-side function, one a line",
    "tests/bench/market.py:road_cost": "one measurement from end to end",
}
LONG_FILES = {
    "grafana/pipeline.py": "one board: its panels, one after the other",
    "alerts/relay.py": "lanes, settlement and take-over share their state",
    "alerts/watch.py": "bindings, records and timers of the alerts share their state",
    "monitor/app/service.py": "the one place where everything is put together",
    "monitor/compute/step.py": "the one step",
    "monitor/telemetry/catalogue.py": "the one list of the service's instruments",
}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the length of each function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_a_screen(path: Path) -> None:
    """At most 40 lines; up to 60 with a reason in the list above."""
    name = path.relative_to(ROOT).as_posix()
    for function, lines in functions(path):
        limit = LONG_FUNCTION if f"{name}:{function}" in LONG_FUNCTIONS else FUNCTION
        assert lines <= limit, f"{name}:{function} has {lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_file_has_one_subject(path: Path) -> None:
    """At most 300 lines; up to 500 with a reason in the list above."""
    name = path.relative_to(ROOT).as_posix()
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (LONG_FILE if name in LONG_FILES else FILE)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_test_file_has_one_subject(path: Path) -> None:
    """At most 500 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= TEST_FILE


def test_the_lists_hold_nothing_that_is_short() -> None:
    """An exception that is not needed any more is taken out of its list."""
    for name in LONG_FILES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > FILE
    for name in LONG_FUNCTIONS:
        path, _, function = name.partition(":")
        assert dict(functions(ROOT / path))[function] > FUNCTION
