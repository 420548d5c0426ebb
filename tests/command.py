"""The installed command as a person runs it: a process of its own, its words and its exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forked import forker

COMMAND = Path(sys.executable).parent / "hashhedge"


def clean_environment(**more: str) -> dict[str, str]:
    """Return this environment without any setting of hashhedge, with `more`."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HASHHEDGE_")}
    return kept | {"LC_ALL": "C.UTF-8"} | more


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return stdout as JSON."""
        return json.loads(self.out)


def hashhedge(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] = {}) -> Said:
    """Run the command to its end; nothing of it may be a traceback."""
    said = forker().run(list(map(str, words)), cwd or Path.cwd(), clean_environment(**env))
    assert "Traceback" not in said[2], said[2]
    return Said(*said)
