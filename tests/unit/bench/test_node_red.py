"""The flow that Node-RED gets is the job, and its settings open nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import node_red
from tests.bench.floor import NotMeasuredError
from tests.bench.job import Job
from tests.bench.node_red import NodeRed, flow, settings


def _nodes(job: Job) -> dict[object, dict[str, object]]:
    return {node["id"]: node for node in flow(job, 1884)}


def test_the_flow_goes_from_ticks_through_the_rules_to_alerts() -> None:
    """Each wire ends at a node that exists; both MQTT nodes use the one broker on loopback."""
    nodes = _nodes(Job(3, 4))
    assert nodes["ticks"]["wires"] == [["rules"]]
    assert nodes["rules"]["wires"] == [["alerts"]]
    assert (nodes["ticks"]["topic"], nodes["alerts"]["qos"]) == ("t/#", "1")
    assert nodes["ticks"]["broker"] == nodes["alerts"]["broker"] == "broker"
    assert (nodes["broker"]["broker"], nodes["broker"]["port"]) == ("127.0.0.1", "1884")


def test_the_table_has_the_places_of_the_job() -> None:
    """The rules under an instrument's place watch `below`, as in our own rulebook."""
    job = Job(3, 4)
    table = str(_nodes(job)["rules"]["initialize"])
    assert table.startswith("const table = {};\n" + json.dumps(job.places, separators=(",", ":")))
    assert "{length: 4}" in table


def test_a_flow_file_of_a_thousand_rules_stays_small() -> None:
    """The rules are made inside the flow, so the file does not grow with rules on an instrument."""
    few, many = (len(json.dumps(flow(Job(10, each), 1))) for each in (100, 100_000))
    assert many - few < 100


def test_the_settings_open_nothing_but_loopback(tmp_path: Path) -> None:
    """No editor, no admin pages, no telemetry, nothing fetched; the flow lies beside them."""
    text = settings(tmp_path, 1880)
    chosen = json.loads(text.removeprefix("module.exports = ").rstrip(";\n"))
    assert (chosen["uiHost"], chosen["uiPort"]) == ("127.0.0.1", 1880)
    assert chosen["httpAdminRoot"] is chosen["httpNodeRoot"] is False
    assert chosen["disableEditor"] is True
    assert chosen["telemetry"] == {"enabled": False, "updateNotification": False}
    assert not any(part["allowInstall"] for part in chosen["externalModules"].values())
    assert (chosen["userDir"], chosen["flowFile"]) == (str(tmp_path), "flows.json")


def test_the_cache_is_outside_the_repository_and_names_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version is another folder, so that a new pin is installed and not mistaken."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert node_red.cache() == tmp_path / "hashhedge-bench" / f"node-red-{node_red.VERSION}"


@pytest.mark.parametrize("found", [(), ("node",)])
def test_what_is_missing_is_named_with_the_way_to_mend_it(
    found: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First node, then npm; nothing is created without them."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in found:
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    missing = "npm" if found else "node"
    with pytest.raises(
        NotMeasuredError, match=rf"^{missing} is not on PATH; install Node\.js 18\.5"
    ):
        NodeRed.prepare(tmp_path / "cache", lambda _: None)
    assert not (tmp_path / "cache").exists()


def test_what_lies_in_the_cache_is_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the entry there, npm is not needed and nothing is said."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "node").write_text("#!/bin/sh\necho v20.0.0\n")
    (programs / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/bin:/usr/bin")
    entry = tmp_path / "node_modules" / "node-red" / "red.js"
    entry.parent.mkdir(parents=True)
    entry.touch()
    said: list[str] = []
    found = NodeRed.prepare(tmp_path, said.append)
    assert (found.entry, said) == (entry, [])
    assert found.name == f"node-red {node_red.VERSION} (node v20.0.0)"
