"""The option that names the users' file: one of many commands, so it brings nothing with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

UsersOption = Annotated[
    Path | None, typer.Option("--users", envvar="HASHHEDGE_USERS", help="Users' file.")
]
