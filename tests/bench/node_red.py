"""Node-RED as a peer: the same job, as a flow that somebody who knows it well would draw.

`mqtt in` -> one function node with the levels of each topic in a table -> `mqtt out`. One node per
rule, the other way to draw it, is several times slower. It keeps nothing: its state is memory, and
a tick that arrives while it is down is gone. It is laid into a cache of its own through npm and is
no part of our environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.embedded.process import LOOPBACK, free_port
from tests.bench.chain import START_LIMIT_S, Chain, Load, Measured, put_through
from tests.bench.floor import NotMeasuredError
from tests.bench.job import Job, Meter
from tests.bench.servers import broker, running
from tests.bench.wire import Publisher, Subscriber

VERSION = "4.1.15"
INSTALL_LIMIT_S = 600
NEEDED = "install Node.js 18.5 or newer, which brings npm (https://nodejs.org)"
AGAIN_S = 0.1
_ENTRY = Path("node_modules", "node-red", "red.js")

TABLE = """\
const table = {};
PLACES.forEach((place, i) => {
  table['t/I' + i] = Array.from({length: EACH}, (_, j) => (
    {topic: 'a/r' + i + '-' + j, level: j + 0.5, below: j < place, on: false}));
});
context.set('table', table);"""
JUDGE = """\
const value = Number(msg.payload);
const alerts = [];
for (const rule of context.get('table')[msg.topic]) {
  const on = rule.below ? value < rule.level : value > rule.level;
  if (on && !rule.on)
    alerts.push({topic: rule.topic, payload: JSON.stringify({value, level: rule.level})});
  rule.on = on;
}
return [alerts];"""


def cache() -> Path:
    """Return the folder that keeps this version between runs, outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hashhedge-bench" / f"node-red-{VERSION}"


def flow(job: Job, mqtt_port: int) -> list[dict[str, object]]:
    """Return the nodes of the flow file: every rule of the job, one function node for all."""
    places = json.dumps(job.places, separators=(",", ":"))
    table = TABLE.replace("PLACES", places).replace("EACH", str(job.rules_each))
    mqtt = {"z": "tab", "broker": "broker"}
    return [
        _node("tab", "tab", label="bench"),
        _node(
            *("broker", "mqtt-broker"),
            broker=LOOPBACK,
            port=str(mqtt_port),
            clientid="node-red",
            autoConnect=True,
            usetls=False,
            protocolVersion="4",
            keepalive="60",
            cleansession=True,
        ),
        _node("ticks", "mqtt in", **mqtt, topic="t/#", qos="0", datatype="utf8", wires=[["rules"]]),
        _node(
            *("rules", "function"),
            z="tab",
            initialize=table,
            func=JUDGE,
            outputs=1,
            wires=[["alerts"]],
        ),
        _node("alerts", "mqtt out", **mqtt, topic="", qos="1", retain="false", wires=[]),
    ]


def settings(directory: Path, port: int) -> str:
    """Return the settings file: loopback only, no editor, no telemetry, nothing fetched."""
    chosen: Mapping[str, object] = {
        "uiHost": LOOPBACK,
        "uiPort": port,
        "userDir": str(directory),
        "flowFile": "flows.json",
        "httpAdminRoot": False,
        "httpNodeRoot": False,
        "disableEditor": True,
        "telemetry": {"enabled": False, "updateNotification": False},
        "externalModules": {"palette": {"allowInstall": False}, "modules": {"allowInstall": False}},
        "logging": {"console": {"level": "warn", "metrics": False, "audit": False}},
    }
    return f"module.exports = {json.dumps(chosen, indent=2)};\n"


class FlowChain(Chain):
    """A running Node-RED with a feeder and a listener."""

    def heard(self, topic: bytes, payload: bytes) -> None:
        """Take an alert: the flow publishes nothing else."""
        self.meter.alerted(topic.removeprefix(b"a/"))

    async def first_alert(self) -> float:
        """Return the seconds from the start of the process to its first alert.

        Nothing keeps a tick for a flow that is not up yet, so crossings are offered until one is
        answered; what was asked meanwhile is forgotten with the meter.
        """
        give_up = time.perf_counter() + START_LIMIT_S
        while time.perf_counter() < give_up:
            self.program.check()
            self.meter = Meter()
            self.tick(crossing=True)
            await self.meter.all_arrived(AGAIN_S)
            if self.meter.latencies_s:
                return self.meter.last_at - self.program.started_at
        raise RuntimeError(f"no alert in {START_LIMIT_S} s; see {self.program.log}")


@dataclass(frozen=True, slots=True)
class NodeRed:
    """Node-RED, ready to run.

    Attributes:
        node: the interpreter.
        entry: the script that it runs.

    """

    node: str
    entry: Path

    @property
    def name(self) -> str:
        """Return what was measured, with the versions of both."""
        return f"node-red {VERSION} (node {_run([self.node, '--version'])})"

    @classmethod
    def prepare(cls, folder: Path, say: Callable[[str], None]) -> NodeRed:
        """Find node, and lay Node-RED into `folder` if it is not there.

        Raises:
            NotMeasuredError: no node, no npm, or npm failed; says how to mend it.

        """
        node = _program("node")
        if not (folder / _ENTRY).is_file():
            npm = _program("npm")
            say(f"node-red {VERSION} is not in {folder}; npm installs it there, once")
            _install(npm, folder)
        return cls(node, folder / _ENTRY)

    async def measure(self, job: Job, load: Load, directory: Path) -> Measured:
        """Start a broker and the flow, run the load, stop both."""
        with broker(directory) as mqtt_port:
            (directory / "flows.json").write_text(json.dumps(flow(job, mqtt_port)))
            chosen = directory / "settings.js"
            chosen.write_text(settings(directory, free_port()))
            command = [self.node, str(self.entry), "--settings", str(chosen)]
            with running(command, directory / "node-red.log", {}) as program:
                feeder = await Publisher.open(mqtt_port)
                chain = FlowChain(job, program, feeder)
                subscriber = await Subscriber.open(mqtt_port, "a/#", chain.heard)
                try:
                    return await put_through(chain, load)
                finally:
                    feeder.close()
                    subscriber.close()


def _node(name: str, kind: str, **fields: object) -> dict[str, object]:
    return {"id": name, "type": kind, **fields}


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise NotMeasuredError(f"{name} is not on PATH; {NEEDED}")
    return path


def _install(npm: str, folder: Path) -> None:
    """Install beside `folder` and move there, so that a broken attempt never looks complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="installing-") as name:
        (Path(name) / "package.json").write_text('{"private": true}\n')
        command = [
            *(npm, "install", "--prefix", name, "--save-exact", "--ignore-scripts"),
            *("--no-audit", "--no-fund", "--no-update-notifier", f"node-red@{VERSION}"),
        ]
        _run(command)
        folder.mkdir(exist_ok=True)
        for part in Path(name).iterdir():
            part.rename(folder / part.name)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasuredError(f"{command[0]} took over {INSTALL_LIMIT_S} s; try again") from error
    if done.returncode:
        words = done.stderr.strip()[-300:]
        raise NotMeasuredError(f"{' '.join(command)} failed: {words}; see to npm's registry")
    return done.stdout.strip()
