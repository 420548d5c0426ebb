"""The company book: all company files, the default ones and those of a directory of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from monitor.books.company_file import read_company
from monitor.core.clock import Millis
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.yamltext import parse_document, read_document
from monitor.domain.companies import Companies, Company
from monitor.domain.events import BTC_USD


def load_companies(now: Millis, directory: Path | None = None) -> Companies:
    """Load the default companies; those of `directory` add to them, replace or leave out by ticker.

    `now` is the moment (ms UTC) beyond which a date is refused.

    Raises:
        ConfigErrors: one or more files cannot be used; names every problem found.

    """
    problems: list[ConfigError] = []
    paths = {path.stem: path for path in _yaml_files(default_directory(), problems)}
    if directory is not None:
        if directory.is_dir():
            paths.update({path.stem: path for path in _yaml_files(directory, problems)})
        else:
            hint = "name a directory of <TICKER>.yaml files"
            problems.append(ConfigError("is no directory", where=str(directory), hint=hint))
    companies: dict[str, Company] = {}
    for stem, path in sorted(paths.items()):
        try:
            company = _company(path, now)
            if company is not None:
                companies[stem] = company
        except ConfigError as error:
            problems.append(error)
    problems += _confused(companies, {stem: paths[stem] for stem in companies})
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


def _company(path: Path, now: Millis) -> Company | None:
    """Return the company of a file; None where the file only says that it is left out."""
    document = read_document(path)
    if not isinstance(document.data, dict):
        hint = "write one company's fields, such as `ticker: RIOT`; each company has a file"
        raise ConfigError("holds no fields of a company", where=str(path), hint=hint)
    if document.data == {"ticker": path.stem, "omit": True}:
        return None
    if "omit" in document.data:
        problem = "`omit` leaves out only the company that the file is named after, and alone"
        hint = "name the file TICKER.yaml and write {ticker: TICKER, omit: true} and no more"
        raise ConfigError(problem, where=str(path), hint=hint)
    company = read_company(document, now)
    if company.ticker != path.stem:
        problem = f"holds the company {company.ticker}"
        raise ConfigError(problem, where=str(path), hint=f"name the file {company.ticker}.yaml")
    return company


def _confused(companies: Mapping[str, Company], paths: Mapping[str, Path]) -> Iterator[ConfigError]:
    """Yield what would be found under a name that means something else already."""
    for stem, company in companies.items():
        where = str(paths[stem])
        if company.ticker == BTC_USD:
            hint = "give the ticker of a share"
            yield ConfigError(f"{BTC_USD} is the price of bitcoin", where=where, hint=hint)
        for alias in company.aliases:
            if alias.ticker in companies:
                problem = f"alias {alias.ticker} is the ticker of another company of the book"
                hint = f"remove the alias, or the file {paths[alias.ticker]}"
                yield ConfigError(problem, where=where, hint=hint)


def _yaml_files(directory: Path, problems: list[ConfigError]) -> list[Path]:
    """Return the company files of a directory; what looks like one and is none is a problem."""
    found: list[Path] = []
    try:
        paths = sorted(directory.iterdir())
    except OSError as error:
        hint = "make it readable for this user"
        problem = f"cannot be read: {error.strerror}"
        problems.append(ConfigError(problem, where=str(directory), hint=hint))
        return []
    for path in paths:
        if path.suffix.lower() not in {".yaml", ".yml"}:
            continue
        if path.suffix != ".yaml":
            hint = f"name it {path.stem}.yaml"
            problems.append(ConfigError("company files end in .yaml", where=str(path), hint=hint))
        elif not path.is_file():  # to read from a pipe would wait for ever
            hint = "put a file there, or take it away"
            problems.append(ConfigError("is no regular file", where=str(path), hint=hint))
        else:
            found.append(path)
    return found
