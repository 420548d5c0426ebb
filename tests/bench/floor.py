"""The bare chain, measured in the same run: the least that a machine like this can do.

Its scripts lie beside the repository and are copied away before they run; what they import goes
into an environment that is thrown away with the copy, so that our own lock stays small.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.chain import Load, Measured, Run
from tests.bench.job import Shape
from tests.bench.servers import ROOT

SCRIPTS = ROOT.parent / "shared" / "bench"
PACKAGES = (
    *("uvloop", "redis", "hiredis", "aiomqtt", "gmqtt", "amqtt"),
    *("orjson", "msgspec", "aiohttp", "numpy", "psutil"),
)
VARIANTS = ("raw", "aiomqtt")
LIMIT_S = 300


class NotMeasuredError(Exception):
    """A chain beside ours cannot be measured here; the text says why."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The bare chain, ready to run.

    Attributes:
        python: the interpreter of its own environment.
        scripts: the copy of its folder.

    """

    python: Path
    scripts: Path

    @classmethod
    def prepare(cls, directory: Path) -> Floor:
        """Copy the scripts and make their environment under `directory`.

        Raises:
            NotMeasuredError: no scripts, no uv, or the packages cannot be had.

        """
        if not SCRIPTS.is_dir():
            raise NotMeasuredError("its scripts do not lie beside the repository")
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        if uv is None:
            raise NotMeasuredError("uv is not installed")
        scripts = directory / "scripts"
        shutil.copytree(SCRIPTS, scripts)
        venv = directory / "venv"
        python = venv / "bin" / "python"
        for command in (
            [uv, "venv", "-q", "--python", sys.executable, str(venv)],
            [uv, "pip", "install", "-q", "--python", str(python), *PACKAGES],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotMeasuredError(f"{command[1]} failed: {done.stderr.strip()[-300:]}")
        return cls(python, scripts)

    def measure(self, load: Load, shape: Shape) -> dict[str, Measured]:
        """Run each variant once with `shape`; Redis keeps its file everysec.

        Raises:
            NotMeasuredError: the script ended with an error.

        """
        log = self.scripts / "results" / "peers.jsonl"
        known = len(log.read_text().splitlines()) if log.exists() else 0
        done = subprocess.run(
            [
                *(str(self.python), "floor_chain.py", "--reps", "1", "--durs", "everysec"),
                *("--impls", ",".join(VARIANTS), "--shapes", f"{shape[0]}x{shape[1]}"),
                *("--rates", ",".join(str(rate) for rate in load.paced)),
                *("--secs", str(max(load.paced.values())), "--drain", str(load.drain_ticks)),
            ],
            cwd=self.scripts,
            env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin", "NOVERIFY": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        if done.returncode or not log.exists():
            raise NotMeasuredError(f"floor_chain.py failed: {done.stderr.strip()[-300:]}")
        return _read([json.loads(line) for line in log.read_text().splitlines()[known:]])


def _read(lines: list[Mapping[str, Any]]) -> dict[str, Measured]:
    """Return the script's records in our own form, by variant."""
    found: dict[str, Measured] = {}
    for line in lines:
        name = line["variant"].partition(":")[0]
        measured = found.setdefault(name, Measured(line["startup_s"]))
        measured.rss_mib = line["rss_mb"]
        run = Run(
            latencies_s=tuple(us / 1e6 for us in line.get("lat_us", ())),
            lost=line["lost"],
            unexpected=line["extra"],
            cpu_us_tick=line["cpu_ms_per_tick"] * 1_000,
            ticks_s=line.get("rate") or 0.0,
        )
        if line["mode"] == "drain":
            measured.drain = run
        else:
            measured.paced[int(line["mode"].removeprefix("paced"))] = run
    return found
