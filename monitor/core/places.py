"""Places to write to, looked at before the work begins: an error names the place and the mend."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.core.errors import ConfigError


def made_folder(path: Path, hint: str) -> Path:
    """Return the folder at `path`, absolute, made for our own user if it is not there.

    Raises:
        ConfigError: it cannot be made, or nothing can be written in it.

    """
    why = unwritable(path)
    if why is None:
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            why = f"cannot be made: {error.strerror}"
    if why is not None:
        raise ConfigError(why, where=str(path), hint=hint)
    return path.absolute()


def unwritable(path: Path) -> str | None:
    """Return why a folder could not be made or written at `path`; None if it could."""
    there = path.absolute()
    while not os.path.lexists(there):
        there = there.parent
    if not there.is_dir():
        return f"{there} is no folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"this user may not write in {there}"
    return None


def check_file(path: Path, where: str) -> None:
    """Make sure that a file can be written at `path`; one that is there keeps what it holds.

    Raises:
        ConfigError: it cannot; names `where` as the setting.

    """
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}",
            where=where,
            hint="name a file in a folder that is there and that you may write in",
        ) from error
