"""The documents keep their word: examples give what they print, links lead somewhere."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from grafana import feeds, formulas, keyspace, reference
from grafana.build import families
from monitor.__main__ import main
from monitor.cli.application import COMMANDS, GROUPS, application
from monitor.settings import PREFIX, SETTINGS
from monitor.telemetry.catalogue import CATALOGUE
from tests.simulator.scenarios import Scenario

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGE_OF = {str(page.relative_to(ROOT)): page for page in PAGES}

_BLOCK = re.compile(r"^```console test\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Example:
    """A command and what the page says it prints; `...` stands for anything."""

    place: str
    command: str
    printed: str


def examples() -> Iterator[Example]:
    """Yield the commands of all blocks marked `console test`."""
    for name, page in PAGE_OF.items():
        text = page.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            for part in re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]:
                command, _, printed = part.partition("\n")
                yield Example(f"{name}:{line}", command, printed)


@pytest.mark.parametrize("example", tuple(examples()), ids=lambda it: f"{it.place} {it.command}")
def test_an_example_prints_what_the_page_says(
    example: Example, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command of a block marked `console test` gives the output below it."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", shlex.split(example.command))
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    got = said.out + said.err + (f"[exit {ended.value.code}]" if ended.value.code else "")
    assert doctest.OutputChecker().check_output(example.printed, got, _LOOSELY), got


def test_there_are_examples() -> None:
    """The search finds the blocks: a changed mark must not turn all tests off."""
    pages = {example.place.partition(":")[0] for example in examples()}
    assert {"README.md", "docs/cli.md", "docs/formulas.md", "docs/rules.md"} <= pages


@pytest.mark.parametrize("name", PAGE_OF)
def test_links_lead_somewhere(name: str) -> None:
    """A relative link names an existing file, and its anchor a heading of that file."""
    page = PAGE_OF[name]
    broken = []
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}


def test_every_page_is_in_the_index() -> None:
    """Each document can be found from docs/README.md."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


def test_every_setting_is_documented() -> None:
    """docs/configuration.md has a row for each setting, and for nothing else."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = set(re.findall(rf"^\| `({PREFIX}[A-Z_]+)` \|", text, re.MULTILINE))
    assert rows == {f"{PREFIX}{name.upper()}" for name in SETTINGS}


def test_every_command_is_documented() -> None:
    """docs/cli.md names each command and each command of a group."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    group = typer.main.get_group(application())
    assert list(group.commands) == [*COMMANDS, *GROUPS]
    for name, command in group.commands.items():
        words = [f"{name} {it}" for it in getattr(command, "commands", {})] or [name]
        assert [it for it in words if f"`{it}" not in text] == []


def test_every_scenario_is_documented() -> None:
    """docs/simulator.md names each way in which the simulator's providers misbehave."""
    text = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert [it for it in Scenario if f"`{it}`" not in text] == []


def test_the_page_of_metrics_is_the_built_one() -> None:
    """Rebuilding docs/metrics.md leaves no difference; if it does, run `make dashboards`."""
    text = reference.FILE.read_text(encoding="utf-8")
    assert text == reference.page(families())
    assert all(f"`{it.name}" in text for it in CATALOGUE)


def test_the_page_of_feeds_is_the_built_one() -> None:
    """Rebuilding docs/feeds.md leaves no difference; if it does, run `make dashboards`."""
    assert feeds.FILE.read_text(encoding="utf-8") == feeds.page()


def test_the_formulas_are_those_of_the_declarations() -> None:
    """Filling docs/formulas.md anew leaves no difference; if it does, run `make dashboards`."""
    text = formulas.FILE.read_text(encoding="utf-8")
    assert text == formulas.filled(text, families())


def test_the_keys_of_redis_are_those_of_the_list() -> None:
    """Filling docs/operations.md anew leaves no difference; if it does, run `make dashboards`."""
    text = keyspace.FILE.read_text(encoding="utf-8")
    assert text == keyspace.filled(text)
    with pytest.raises(ValueError, match="needs one mark"):
        keyspace.filled("no mark")


def test_a_family_without_its_place_among_the_formulas_is_refused() -> None:
    """A new file of metrics cannot stay out of the page."""
    with pytest.raises(ValueError, match="look at mining"):
        formulas.filled("no mark", {"mining": families()["mining"]})


@pytest.mark.parametrize("name", PAGE_OF)
def test_no_page_names_the_machine_it_was_written_on(name: str) -> None:
    """A page shows no path that only one machine has."""
    assert not re.search(r"/(work|home|root)/", PAGE_OF[name].read_text(encoding="utf-8"))
