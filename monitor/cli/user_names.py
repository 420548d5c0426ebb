"""The option that says whose: a user's name, held to its form before anything is looked for."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

import typer

from alerts.forms import OWNER, OWNER_FORM
from monitor.core.errors import ConfigError

MAX_NAME = 32
SOMEBODY = "ana"


def user_name(said: str | None) -> str | None:
    """Return the name that `--user` says, capitals as small letters; None: it says none.

    Raises:
        ConfigError: no user can have it; with what is allowed, and the nearest such name.

    """
    if said is None:
        return None
    name = said.lower()
    if not OWNER.fullmatch(name):
        hint = f"{OWNER_FORM}: --user {likely_name(said)}"
        raise ConfigError(f"`{said}` is no name of a user", where="--user", hint=hint)
    return name


def likely_name(said: str) -> str:
    """Return the name that somebody may have meant who wrote one that is not allowed."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-_")[:MAX_NAME] or SOMEBODY


OwnerOption = Annotated[str, typer.Option("--user", callback=user_name, help="Whose rule: ana.")]
