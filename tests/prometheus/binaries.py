"""Find the Prometheus tools, or say what is missing: skip at a desk, fail where it counts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def binary(name: str) -> str:
    """Return the path of a tool; without it skip, or fail if HASHHEDGE_REQUIRE_SERVERS=1."""
    found = shutil.which(name)
    if found is not None:
        return found
    message = (
        f"{name} is not installed (Debian: apt-get install --no-install-recommends prometheus)"
    )
    if os.environ.get("HASHHEDGE_REQUIRE_SERVERS") == "1":
        pytest.fail(message)
    pytest.skip(message)


def promtool(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run promtool with `given` on its standard input."""
    return subprocess.run(  # noqa: PLW1510 - the caller looks at the code and at the words
        [binary("promtool"), *map(str, arguments)], input=given, capture_output=True, timeout=60
    )
