"""The company book: all company files, the default ones and those of a directory of one's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from monitor.books.company_file import read_company
from monitor.core.clock import Millis
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.yamltext import parse_document, read_document
from monitor.domain.companies import Companies, Company


def load_companies(now: Millis, directory: Path | None = None) -> Companies:
    """Load the default companies; those of `directory` add to them or replace by ticker.

    `now` is the moment (ms UTC) beyond which a date is refused.

    Raises:
        ConfigErrors: one or more files cannot be used; names every problem found.

    """
    paths = {path.stem: path for path in _yaml_files(default_directory())}
    problems: list[ConfigError] = []
    if directory is not None:
        if directory.is_dir():
            paths.update({path.stem: path for path in _yaml_files(directory)})
        else:
            hint = "name a directory of <TICKER>.yaml files"
            problems.append(ConfigError("is no directory", where=str(directory), hint=hint))
    companies: dict[str, Company] = {}
    for stem, path in sorted(paths.items()):
        try:
            companies[stem] = _company(path, now)
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise ConfigErrors(problems)
    return Companies(companies)


def parse_company(text: str, name: str, now: Millis) -> Company:
    """Return the company that the YAML `text` describes; `name` stands for the file in errors.

    Raises:
        ConfigError: the text cannot be used; a `ConfigErrors` holds every problem found.

    """
    return read_company(parse_document(text, name), now)


def default_directory() -> Path:
    """Return where the default company files lie."""
    return Path(str(files("monitor"))) / "books" / "companies"


def _company(path: Path, now: Millis) -> Company:
    company = read_company(read_document(path), now)
    if company.ticker != path.stem:
        problem = f"holds the company {company.ticker}"
        raise ConfigError(problem, where=str(path), hint=f"name the file {company.ticker}.yaml")
    return company


def _yaml_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.yaml"))
