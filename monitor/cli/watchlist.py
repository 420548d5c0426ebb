"""`hashhedge watchlist`: which companies and instruments a person follows, kept in Redis."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.orders import DryRunOption
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.compute.plan import MARKET_INPUTS
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.core.yamltext import dump_yaml, read_yaml
from monitor.domain.watchlist import (
    MAX_LISTS,
    MAX_SYMBOLS,
    NAME,
    Recognised,
    recognised,
    words_of,
)
from monitor.store.watchlists import TOO_MANY_LISTS, TOO_MANY_SYMBOLS, WatchlistStore

app = typer.Typer(help="Watch lists: add, list, share, import.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="For instance ana.")]
SymbolsArgument = Annotated[
    list[str], typer.Argument(metavar="SYMBOL…", help="Tickers and instruments: RIOT BTC-USD.")
]
MAX_BYTES = 262_144


class Shared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `share` prints and `import` reads."""

    watchlists: dict[str, tuple[str, ...]]


@app.command("add")
def add(
    name: NameArgument,
    symbols: SymbolsArgument,
    companies: CompaniesOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Add companies and instruments to a list; makes the list if there is none."""
    _check_name(name)
    found = _known(symbols, companies, "SYMBOL")
    url = required_url(live)
    if dry_run:
        before = _read(url).get(name, ())
        now = sorted({*before, *found.symbols})
        _would(output, name, now, added=len(now) - len(before))
        return
    added = _put(url, name, found.symbols, anew=False)
    now = list(_read(url)[name])
    data = {"watchlist": name, "added": added, "symbols": now}
    emit(data, output, lambda: Text(f"{name}: {', '.join(now)}"))


@app.command("remove")
def remove(
    name: NameArgument,
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="SYMBOL…", help="The whole list if left out.")
    ] = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Take symbols out of a list, or remove the list."""
    url = required_url(live)
    lists = _read(url)
    _existing(name, lists)
    if dry_run:
        gone = {symbol.upper() for symbol in symbols or lists[name]}
        left = [it for it in lists[name] if it not in gone]
        _would(output, name, left, taken=len(lists[name]) - len(left), removed=not symbols)
        return
    if not symbols:
        ask(url, lambda client, keys: WatchlistStore(client, keys).drop(name))
        emit({"watchlist": name, "removed": True}, output, lambda: Text(f"{name}: removed"))
        return
    wanted = [symbol.upper() for symbol in symbols]
    taken = ask(url, lambda client, keys: WatchlistStore(client, keys).take(name, wanted))
    now = list(_read(url)[name])
    data = {"watchlist": name, "taken": taken, "symbols": now}
    emit(data, output, lambda: Text(f"{name}: {', '.join(now)}"))


@app.command("list")
def list_lists(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="All if left out.")] = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the watch lists with what is on them."""
    lists = _read(required_url(live))
    if name is not None:
        _existing(name, lists)
    rows = [
        {"watchlist": each, "symbols": list(symbols)}
        for each, symbols in lists.items()
        if name in {None, each}
    ]
    emit(rows, output, lambda: _table(rows))


@app.command("share")
def share(name: NameArgument, live: LiveOption = None, output: OutputOption = Output.YAML) -> None:
    """Print a list as a file that `import` reads: send it to whom you like."""
    lists = _read(required_url(live))
    _existing(name, lists)
    data = {"watchlists": {name: list(lists[name])}}
    emit(data, output, lambda: Text(dump_yaml(data).rstrip()))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A shared file, or symbols one a line.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The list to make; a plain file needs it.")
    ] = None,
    companies: CompaniesOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make lists of a file: what `share` printed, or plain text with symbols, also NASDAQ:RIOT.

    A list of that name is replaced. Nothing is changed if anything in the file is wrong.
    """
    lists = {
        each: _known(words, companies, str(file)).symbols
        for each, words in _lists_in(file, name).items()
    }
    url = required_url(live)
    before = _read(url) if dry_run else {}
    for each, symbols in lists.items():
        if not dry_run:
            _put(url, each, symbols, anew=True)
    rows: list[dict[str, Any]] = [
        {"watchlist": each, "symbols": list(symbols)}
        | ({"dry_run": True, "before": list(before.get(each, ()))} if dry_run else {})
        for each, symbols in lists.items()
    ]
    if dry_run:
        talk.print("nothing is changed; it would be:")
    emit(rows, output, lambda: _table(rows))


def _lists_in(file: Path, name: str | None) -> dict[str, list[str]]:
    if file.suffix in {".yaml", ".yml", ".json"}:
        lists = {each: list(words) for each, words in read_yaml(file, Shared).watchlists.items()}
        if name is not None and len(lists) == 1:
            lists = dict(zip([name], lists.values(), strict=True))
        elif name is not None:
            problem = f"{len(lists)} lists cannot all be called `{name}`"
            raise ConfigError(problem, where="--name", hint="leave it out")
    else:
        lists = {name or "": words_of(_text(file))}
        if name is None:
            problem = "a plain file does not say what its list is called"
            raise ConfigError(problem, where=str(file), hint="add --name, for instance --name ana")
    for each, words in lists.items():
        _check_name(each)
        if not words:
            raise ConfigError(
                f"`{each}` has no symbols", where=str(file), hint="write one a line, such as RIOT"
            )
    return lists


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            hint = f"at most {MAX_BYTES} bytes"
            raise ConfigError("it is too large for a watch list", where=str(file), hint=hint)
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "give a text file with symbols, or what `watchlist share` printed"
        raise ConfigError(f"cannot be read: {error}", where=str(file), hint=hint) from error


def _known(words: Iterable[str], companies: Path | None, where: str) -> Recognised:
    """Return what words name; refuse what is nothing, and tell what nobody here quotes."""
    path = settings_with(companies=companies).companies
    book = load_companies(SystemClock().now(), path)
    tickers = {alias.ticker: ticker for ticker, it in book.items() for alias in it.aliases}
    tickers |= {ticker: ticker for ticker in book}
    instruments = frozenset(MARKET_INPUTS.values())
    found = recognised(words, tickers, instruments)
    if found.unknown:
        hint = nearest(found.unknown[0].upper(), [*book, *instruments])
        words_ = ", ".join(f"`{word}`" for word in found.unknown)
        raise ConfigError(f"no company and no instrument: {words_}", where=where, hint=hint)
    for symbol in found.doubtful:
        text = f" {symbol}: no feed quotes it; it must come by the ingest contract"
        talk.print(Text.assemble(("doubt", "yellow"), text), soft_wrap=True)
    return found


def _would(output: Output, name: str, symbols: list[str], **more: int) -> None:
    """Show how a list would be."""
    data = {"watchlist": name, **more, "symbols": symbols, "dry_run": True}
    gone = more.get("removed", False)
    words = "would be removed" if gone else f"would be {', '.join(symbols) or 'empty'}"
    emit(data, output, lambda: Text(f"{name} {words}"))


def _put(url: str, name: str, symbols: tuple[str, ...], *, anew: bool) -> int:
    added = ask(
        url,
        lambda client, keys: WatchlistStore(client, keys).put(
            name, symbols, lists=MAX_LISTS, most=MAX_SYMBOLS, anew=anew
        ),
    )
    if added == TOO_MANY_LISTS:
        hint = "remove one: hashhedge watchlist remove NAME"
        raise ConfigError(f"there are {MAX_LISTS} watch lists already", where=name, hint=hint)
    if added == TOO_MANY_SYMBOLS:
        hint = "make a second list"
        raise ConfigError(f"a list has at most {MAX_SYMBOLS} symbols", where=name, hint=hint)
    return added


def _read(url: str) -> dict[str, tuple[str, ...]]:
    return ask(url, lambda client, keys: WatchlistStore(client, keys).read())


def _existing(name: str, lists: dict[str, tuple[str, ...]]) -> None:
    if name not in lists:
        raise ConfigError(f"no watch list `{name}`", where="NAME", hint=nearest(name, lists))


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        hint = "use 1 to 32 of a-z, 0-9, - and _, a letter or digit first"
        raise ConfigError(f"`{name}` is no name of a watch list", where="NAME", hint=hint)


def _table(rows: list[dict[str, Any]]) -> Group | Table:
    if not rows:
        return Group(Text("there is no watch list: hashhedge watchlist add ana RIOT"))
    table = sheet("watchlist", "symbols")
    for row in rows:
        table.add_row(row["watchlist"], ", ".join(row["symbols"]))
    return table
