"""`hashhedge dlq`: what was put aside because nobody could take it; look at it, and try again."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.codec import FIELD, decode_transition
from alerts.letters import FIELD as LETTER
from alerts.letters import decode_letter
from monitor.cli.fact import author_name
from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.orders import AuthorOption, DryRunOption
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.store.client import RedisClient
from monitor.store.dead_letters import Became, DeadLetter, DeadLetters, Origin, Wish
from monitor.store.keys import Keys

SHOWN = 1_000
MAX_REASON = 200
_GONE = "is not there any more"

app = typer.Typer(
    help="Dead letters: what was put aside; look, try again, give up.", no_args_is_help=True
)

IdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="As `dlq list` shows them.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that `dlq list` shows.")]


@app.command("list")
def list_letters(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """List what was put aside and why: alerts that no sink or channel takes, entries nobody can read."""
    rows = [_row(letter) for letter in ask(required_url(live), _newest)]
    emit(rows, output, lambda: _drawn(rows))


@app.command()
def requeue(
    ids: IdsArgument = None,
    every: AllOption = False,  # an option of the command line
    dry_run: DryRunOption = False,  # likewise
    live: LiveOption = None,
    author: AuthorOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Put letters back at the end of their stream: the cause must be mended, or they come again.

    An alert keeps its id, so whoever had it already drops the repeat.
    """
    words = {
        Became.OK: "would be requeued" if dry_run else "requeued",
        Became.GONE: _GONE,
        Became.TRIMMED: "cannot be requeued: the stream of ticks does not reach back so far",
    }
    done = _settled(Wish.AGAIN, (ids or [], every), author, live, dry_run=dry_run)
    _tell([(name, words[became]) for name, became in done], output)
    if any(became is not Became.OK for _, became in done):
        raise typer.Exit(1)


@app.command()
def remove(
    ids: IdsArgument = None,
    every: AllOption = False,  # an option of the command line
    dry_run: DryRunOption = False,  # likewise
    live: LiveOption = None,
    author: AuthorOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Give letters up for good."""
    word = "would be removed" if dry_run else "removed"
    done = _settled(Wish.DROP, (ids or [], every), author, live, dry_run=dry_run)
    _tell([(name, word if became is Became.OK else _GONE) for name, became in done], output)


def _settled(
    wish: Wish,
    which: tuple[list[str], bool],
    author: str | None,
    live: str | None,
    *,
    dry_run: bool,
) -> list[tuple[str, Became]]:
    """Return what became of the letters that are meant, or would."""
    url, by = required_url(live), author_name(author)
    letters = _chosen(ask(url, _newest), which[0], every=which[1])
    if dry_run or not letters:
        return [(letter.id, Became.OK) for letter in letters]

    async def settle(client: RedisClient, keys: Keys) -> list[Became]:
        return await DeadLetters(client, keys, FIELD, LETTER).settle(wish, letters, by)

    return [(it.id, became) for it, became in zip(letters, ask(url, settle), strict=True)]


async def _newest(client: RedisClient, keys: Keys) -> list[DeadLetter]:
    return await DeadLetters(client, keys, FIELD, LETTER).newest(SHOWN)


def _chosen(there: list[DeadLetter], ids: list[str], *, every: bool) -> list[DeadLetter]:
    """Return the letters that are meant.

    Raises:
        ConfigError: none is named, or one that is not there.

    """
    if every == bool(ids):
        problem = "name letters, or say --all; not both"
        raise ConfigError(problem, where="ID", hint="`hashhedge dlq list` shows their ids")
    if every:
        return there
    known = {letter.id: letter for letter in there}
    for name in ids:
        if name not in known:
            hint = nearest(name, list(known)) if known else "nothing is put aside"
            raise ConfigError(f"no dead letter `{name[:80]}`", where="ID", hint=hint)
    return [known[name] for name in dict.fromkeys(ids)]


def _row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "at": iso(letter.at),
        "entry": letter.entry,
        "of": _of(letter),
        "reason": letter.reason[:MAX_REASON],
    }


def _of(letter: DeadLetter) -> str:
    """Return what it is about, as far as it can be read."""
    if letter.origin is Origin.TICKS:
        return "an entry of the ticks"
    try:
        if letter.origin is Origin.LETTERS:
            to = decode_letter(letter.body)
            return f"{to.transition.name} to {to.user}"
        item = decode_transition(letter.body)
    except ValueError:
        return "a letter that cannot be read"
    return f"{item.rule}|{item.key} {item.to_state.value}"


def _drawn(rows: list[dict[str, Any]]) -> Group:
    if not rows:
        return Group(Text("nothing is put aside"))
    table = sheet("id", "since, UTC", "of", "reason", whole=("id",))
    for row in rows:
        since = row["at"][:16].replace("T", " ")
        table.add_row(*map(Text, (row["id"], since, row["of"], row["reason"])))
    return Group(table)


def _tell(done: list[tuple[str, str]], output: Output) -> None:
    rows = [{"id": name, "became": became} for name, became in done]
    lines = [f"{name} {became}" for name, became in done] or ["nothing is put aside"]
    emit(rows, output, lambda: Group(*map(Text, lines)))
