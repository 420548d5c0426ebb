"""MQTT.js from npm, in a cache of its own: a client of MQTT 5 that nobody here wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

VERSION = "5.16.0"
INSTALL_LIMIT_S = 300


def node() -> str:
    """Return the interpreter, or skip where there is no Node.js with npm."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("node and npm are not installed (https://nodejs.org)")
    return found


def modules() -> Path:
    """Return the folder that `require` finds it in; npm lays it there once."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "hashhedge-mqttjs" / VERSION
    if not (place / "node_modules" / "mqtt").is_dir():
        node()
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="installing-") as name:
            (Path(name) / "package.json").write_text('{"private": true}\n')
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
            command = ["npm", "install", "--prefix", name, *options, f"mqtt@{VERSION}"]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_LIMIT_S)
            place.mkdir(exist_ok=True)
            if not (place / "node_modules").exists():
                (Path(name) / "node_modules").rename(place / "node_modules")
    return place / "node_modules"
