"""Another process as a lease holder: lives until it is told to go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PROGRAM = """
import sys
from monitor.store.leases import own_name
print(own_name(), flush=True)
sys.stdin.read()
"""


@contextmanager
def living_process() -> Iterator[str]:
    """Run a process for the block; yield its name as a lease holder."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def dead_process() -> str:
    """Return the name of a process of this machine that is gone."""
    with living_process() as name:
        pass
    return name
