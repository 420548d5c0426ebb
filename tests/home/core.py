"""A real Home Assistant core, of a release that knows device discovery, on a broker of ours.

It lies in an environment and a cache of its own, as it is far larger than hashhedge and wants its own
versions of everything. What it makes of our messages it says itself, over MQTT: `mqtt_statestream`
publishes each entity's state and attributes, so nothing here looks into it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from monitor.embedded.process import LOOPBACK, free_port

VERSION = "2025.4.4"
PYTHON = "3.13"
"""The first Python that this release wants; later ones want 3.13.2, which few have."""
NEEDED = (
    f"homeassistant=={VERSION}",
    "paho-mqtt==2.1.0",
    "home-assistant-frontend==20250411.0",
    "Pillow==11.1.0",
)
INSTALL_LIMIT_S = 900
SEEN = "seen"
"""Where it says what it has seen."""

_CONFIGURATION = """\
homeassistant:
  name: test
  latitude: 0
  longitude: 0
  elevation: 0
  unit_system: metric
  time_zone: UTC
  country: US
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
mqtt_statestream:
  base_topic: seen
  publish_attributes: true
"""


def place() -> Path:
    """Return the environment of this release, between runs outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hashhedge-home" / VERSION


def hass() -> Path | None:
    """Return the program if it is installed."""
    found = place() / "bin" / "hass"
    return found if found.exists() else None


def install() -> Path:
    """Install it where it is not, beside its place and then moved, and return the program.

    Raises:
        RuntimeError: no Python of the right version, or an index that does not answer.

    """
    found = hass()
    if found is not None:
        return found
    place().parent.mkdir(parents=True, exist_ok=True)
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory(dir=place().parent, prefix="installing-") as name:
        new = Path(name) / "env"
        _run(str(uv), "venv", "-q", "--relocatable", "--python", python(), str(new))
        _run(str(uv), "pip", "install", "-q", "--python", str(new / "bin" / "python"), *NEEDED)
        new.rename(place())
    return place() / "bin" / "hass"


def python() -> str:
    """Return a Python of the version that it wants.

    Raises:
        RuntimeError: there is none.

    """
    candidates = [shutil.which(f"python{PYTHON}") or ""]
    candidates += [str(it) for it in Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/python")]
    for each in candidates:
        if each and subprocess.run([each, "-V"], capture_output=True, check=False).returncode == 0:
            return each
    raise RuntimeError(
        f"Home Assistant {VERSION} wants Python {PYTHON}: put python{PYTHON} on PATH"
    )


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-500:]}")


@contextmanager
def running(program: Path, folder: Path, mqtt_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run it on the broker of a port for the block; its log is `home.log` in the folder."""
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(port=free_port())
    (folder / "configuration.yaml").write_text(text, encoding="utf-8")
    stored = folder / ".storage"
    if not (stored / "core.config_entries").exists():
        entry = _entry(mqtt_port)
        (stored / "core.config_entries").write_text(json.dumps(entry), encoding="utf-8")
        done = {"done": ["user", "core_config", "analytics", "integration"]}
        onboarded = {"version": 4, "minor_version": 1, "key": "onboarding", "data": done}
        (stored / "onboarding").write_text(json.dumps(onboarded), encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("HASHHEDGE_", "PYTHON"))}
    with (folder / "home.log").open("ab") as log:
        process = subprocess.Popen(
            [str(program), "-c", str(folder), "--skip-pip"],
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait(10)


def _entry(mqtt_port: int) -> dict[str, object]:
    """Return the store of its integrations, as if somebody had added MQTT on its page."""
    entry = {
        "entry_id": "mqtt",
        "version": 1,
        "minor_version": 1,
        "domain": "mqtt",
        "title": "broker",
        "data": {"broker": LOOPBACK, "port": mqtt_port},
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }
    store = {"version": 1, "minor_version": 2, "key": "core.config_entries"}
    return {**store, "data": {"entries": [entry]}}
