"""The compose stack and the image: valid, closed to the outside, and in step with the rest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.settings import PREFIX, load_settings
from tests.contract.manifests import ROOT, pods

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
FINAL_STAGE = DOCKERFILE.rsplit("\nFROM ", 1)[1]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.users.yaml", "compose.rules.yaml"])
def test_compose_follows_its_schema(name: str) -> None:
    """The file is valid by the published compose schema."""
    checker = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", DEPLOY / name],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


def test_the_whole_stack_is_there() -> None:
    """Hashhedge with its Redis, broker, Prometheus and Grafana."""
    assert set(SERVICES) == {"hashhedge", "redis", "mosquitto", "prometheus", "grafana"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_are_hardened(name: str) -> None:
    """Read-only root, no capability, no new privileges, bounded memory, ports on the loopback."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    if "build" not in service:
        assert int(service["user"].split(":")[0]) > 0
        assert re.search(r":v?\d+\.\d+", service["image"]), "pinned, never latest"


def test_redis_neither_evicts_nor_forgets() -> None:
    """The same promise as in Kubernetes."""
    _, *words = SERVICES["redis"]["command"]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_mounted_files_exist(name: str) -> None:
    """A bind mount of a missing file would become an empty folder."""
    for volume in SERVICES[name].get("volumes", ()):
        source = volume.split(":")[0]
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert volume.endswith(":ro"), source
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("book", ["users", "rules"])
def test_a_book_is_mounted_where_it_is_wanted(book: str) -> None:
    """Read-only, where the setting says, and never a folder that is made because it was missing."""
    setting = PREFIX + book.upper()
    assert setting not in SERVICES["hashhedge"]["environment"]
    beside = yaml.safe_load((DEPLOY / f"compose.{book}.yaml").read_text(encoding="utf-8"))
    ((name, added),) = beside["services"].items()
    assert (name, set(added)) == ("hashhedge", {"environment", "volumes"})
    (mount,) = added["volumes"]
    assert (mount["type"], mount["read_only"]) == ("bind", True)
    assert mount["bind"] == {"create_host_path": False}
    assert set(added["environment"]) == {setting}
    settings = load_settings(SERVICES["hashhedge"]["environment"] | added["environment"])
    place: Path = getattr(settings, book)
    assert str(place.parent) == mount["target"]


def test_no_password_anywhere() -> None:
    """No service is given a credential; the only values are addresses and switches."""
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD|SECRET|TOKEN|KEY", key), key
            assert "@" not in value, key


def test_prometheus_scrapes_the_service() -> None:
    """The scrape target is the compose service on its port."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    targets = {
        target
        for job in config["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    port = SERVICES["hashhedge"]["environment"]["HASHHEDGE_WEB_PORT"]
    assert f"hashhedge:{port}" in targets


def test_two_stages_of_one_base() -> None:
    """The environment is copied between two stages of the same base image."""
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert "ARG BASE=python:3.11-slim-bookworm" in DOCKERFILE


def test_the_final_stage_only_runs() -> None:
    """No package manager, no build tool and no shell start in the stage that ships."""
    assert "RUN " not in FINAL_STAGE
    assert 'ENTRYPOINT ["hashhedge"]' in FINAL_STAGE
    assert "org.opencontainers.image.licenses" in FINAL_STAGE


def test_the_user_is_the_one_kubernetes_demands() -> None:
    """The image's numeric user is that of the pods."""
    match = re.search(r"^USER (\d+):(\d+)$", FINAL_STAGE, re.MULTILINE)
    assert match is not None
    users = {
        (template["spec"]["securityContext"][key])
        for _, template in pods("base")
        for key in ("runAsUser", "runAsGroup")
    }
    assert users == {int(match[1]), int(match[2])}


def test_the_version_is_the_project_s() -> None:
    """Image label, manifests and project carry one version."""
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project is not None
    assert f"ARG VERSION={project[1]}\n" in DOCKERFILE
    images = {template["spec"]["containers"][0]["image"] for _, template in pods("base")}
    assert images == {f"hashhedge:{project[1]}"}
