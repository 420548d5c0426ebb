"""Render the Kubernetes manifests once per test run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/dev", "overlays/dev-users", "overlays/dev-rules")

Resource: TypeAlias = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Resource, ...]:
    """Return what `kubectl kustomize` makes of an overlay."""
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", KUBERNETES / overlay], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Resource]:
    """Return the resources of some kinds."""
    return [it for it in rendered(overlay) if it["kind"] in kinds]


def workloads(overlay: str) -> list[Resource]:
    """Return everything that makes pods."""
    return of_kind(overlay, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def pods(overlay: str) -> Iterator[tuple[str, Resource]]:
    """Yield (workload's name, pod template)."""
    for workload in workloads(overlay):
        yield workload["metadata"]["name"], workload["spec"]["template"]


def admits(selector: Resource, labels: Resource) -> bool:
    """Tell whether a label selector matches; an empty one matches everything."""
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
