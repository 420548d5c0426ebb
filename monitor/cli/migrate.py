"""`hashhedge migrate`: read what an earlier release left in Redis, and write it in today's form."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer
from rich.console import Group
from rich.text import Text

from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.orders import DryRunOption
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.cells import SCHEMA
from monitor.compute.migration import Migration, migration, words_of
from monitor.compute.worker import ROLE
from monitor.core.errors import ConfigError, LeaseLost
from monitor.core.plurals import counted
from monitor.store.client import RedisClient
from monitor.store.commit import Commit, Committer
from monitor.store.keys import Keys
from monitor.store.leases import Lease, Leases, own_name

AT_ONCE = 1_000
"""Cells that are written in one transaction."""
NAMED = 20
"""Unknown cells that are named."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


def migrate(
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring the state in Redis into this release's form; --dry-run tells before an upgrade if it fits.

    No release needs it to start: it reads what those before it wrote. Compute must not be running.
    """
    url = required_url(live)
    done = ask(url, _looked_at if dry_run else _written)
    data = _record(done, dry_run=dry_run)
    emit(data, output, lambda: _drawn(data), lambda: data["cells"])


async def _looked_at(client: RedisClient, keys: Keys) -> Migration:
    return migration(await Committer(client, keys).load(), keys.state)


async def _written(client: RedisClient, keys: Keys) -> Migration:
    """Write under the lease of compute, so that nobody else writes meanwhile."""
    leases = Leases(client, keys)
    lease = await leases.acquire(ROLE, own_name())
    if lease is None:
        raise ConfigError(
            "compute is running, and writes this state",
            where="hashhedge migrate",
            hint="stop it first, or look with --dry-run, which may be done meanwhile",
        )
    try:
        return await _write(Committer(client, keys), lease, keys)
    except LeaseLost as lost:
        raise ConfigError(
            f"compute began meanwhile: {lost}",
            where="hashhedge migrate",
            hint="stop it, and begin again: what was written so far is in order",
        ) from lost
    finally:
        await leases.release(lease)


async def _write(committer: Committer, lease: Lease, keys: Keys) -> Migration:
    cells = await committer.load()
    found = migration(cells, keys.state)
    names = list(found.anew)
    cursor, read = cells.get("cursor", b"").decode(), int(cells.get("entries_read", b"0"))
    for first in range(0, len(names), AT_ONCE):
        part = {name: found.anew[name] for name in names[first : first + AT_ONCE]}
        batch = Commit(expected_cursor=cursor, cursor=cursor, entries_read=read, cells=part)
        await committer.commit(lease, batch)
    return found


def _record(done: Migration, *, dry_run: bool) -> dict[str, Any]:
    anew = Counter(words_of(name) for name in done.anew)
    kinds = sorted({*done.found, *anew})
    return {
        "schema": SCHEMA.decode(),
        "dry_run": dry_run,
        "written": 0 if dry_run else len(done.anew),
        "older": len(done.anew),
        "unknown": list(done.unknown),
        "cells": [
            {"what": what, "cells": done.found.get(what, 0), "older": anew[what]} for what in kinds
        ],
    }


def _drawn(data: dict[str, Any]) -> Group:
    if not data["cells"]:
        return Group(Text("there is no state in this Redis yet: nothing to do"))
    table = sheet("what", "cells", "in an older form", right=("cells", "in an older form"))
    for row in data["cells"]:
        table.add_row(row["what"], f"{row['cells']:,}", f"{row['older']:,}")
    older, unknown = counted(data["older"], "cell"), data["unknown"]
    word = "would be written" if data["dry_run"] else "written"
    lines = [Text(f"schema {data['schema']}, which this release reads; {older} {word} anew")]
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        lines.append(Text(f"left alone, unknown here: {', '.join(unknown[:NAMED])}{more}"))
    if data["dry_run"]:
        lines.append(Text("dry run: nothing was changed", style="yellow"))
    return Group(table, *lines)
