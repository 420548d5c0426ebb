"""The Kubernetes manifests: valid, restricted, least privilege, ready for drains and rollouts."""

from __future__ import annotations

import base64
import re
from pathlib import PurePosixPath
from typing import Any

import kubernetes_validate
import pytest

from alerts.channels.catalogue import find_channels
from alerts.users_file import load_users
from monitor.app.world import load_world
from monitor.core.clock import SystemClock
from monitor.settings import PREFIX, Settings
from monitor.telemetry.catalogue import ROLES
from tests.contract.manifests import (
    KUBERNETES,
    OVERLAYS,
    ROOT,
    Resource,
    admits,
    of_kind,
    pods,
    rendered,
    workloads,
)

PORT = 9464
USERS = "overlays/dev-users"
USERS_VARIABLE = PREFIX + "USERS"
RULES = "overlays/dev-rules"
RULES_VARIABLE = PREFIX + "RULES"
VERSIONS = ("1.33", "1.35", "1.37")
EVERY_POD = [
    pytest.param(overlay, template, id=f"{overlay}-{name}")
    for overlay in OVERLAYS
    for name, template in pods(overlay)
]
ROLE_PODS = [
    pytest.param(template["spec"]["containers"][0], id=name) for name, template in pods("base")
]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_valid(overlay: str, version: str) -> None:
    """Each rendered resource passes the strict schema of the supported Kubernetes versions."""
    for resource in rendered(overlay):
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize(("overlay", "template"), EVERY_POD)
def test_pod_security_is_restricted(overlay: str, template: Resource) -> None:
    """Non-root by number, default seccomp, no capability, no escalation, read-only root, no token."""
    spec = template["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    context = spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["runAsGroup"] > 0
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    allowed = {"emptyDir", "configMap", "secret", "projected", "persistentVolumeClaim"}
    for volume in spec.get("volumes", ()):
        assert set(volume) - {"name"} <= allowed
    for container in [*spec["containers"], *spec.get("initContainers", ())]:
        confined = container["securityContext"]
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["readOnlyRootFilesystem"] is True
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert all("hostPort" not in port for port in container["ports"])


@pytest.mark.parametrize(("overlay", "template"), EVERY_POD)
def test_resources_and_time_to_stop(overlay: str, template: Resource) -> None:
    """Each container asks for what it needs, has a memory limit, and each pod has time to stop."""
    assert template["spec"]["terminationGracePeriodSeconds"] >= 15
    for container in template["spec"]["containers"]:
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        probes = {name: it for name, it in container.items() if name.endswith("Probe")}
        assert set(probes) >= {"livenessProbe", "readinessProbe"}
        assert all(probe["timeoutSeconds"] > 1 for probe in probes.values())


def test_one_deployment_per_role() -> None:
    """Every role runs alone, by its name, from the one image."""
    found = {
        tuple(container["args"]): container["image"]
        for _, template in pods("base")
        for container in template["spec"]["containers"]
    }
    assert set(found) == {("run", "--role", role) for role in ROLES}
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("container", ROLE_PODS)
def test_probes_ask_the_right_question(container: Resource) -> None:
    """Liveness and startup ask for the loop only, readiness for everything, on the metrics port."""
    paths = {name: container[name]["httpGet"] for name in container if name.endswith("Probe")}
    assert paths == {
        "startupProbe": {"path": "/livez", "port": "metrics"},
        "livenessProbe": {"path": "/livez", "port": "metrics"},
        "readinessProbe": {"path": "/readyz", "port": "metrics"},
    }
    assert container["ports"] == [{"name": "metrics", "containerPort": PORT}]


@pytest.mark.parametrize("container", ROLE_PODS)
def test_addresses_come_from_the_secret(container: Resource) -> None:
    """The Redis and MQTT addresses are references; the rest of the settings is a ConfigMap."""
    env = {it["name"]: it["valueFrom"]["secretKeyRef"] for it in container["env"]}
    assert env == {
        "HASHHEDGE_REDIS_URL": {"name": "hashhedge-urls", "key": "redis-url"},
        "HASHHEDGE_MQTT_URL": {"name": "hashhedge-urls", "key": "mqtt-url"},
    }
    (settings,) = [
        it for it in of_kind("base", "ConfigMap") if "settings" in it["metadata"]["name"]
    ]
    (source,) = container["envFrom"]
    assert source["configMapRef"]["name"] == settings["metadata"]["name"]
    assert settings["data"]["HASHHEDGE_WEB_PORT"] == str(PORT)


def test_no_secret_is_inlined() -> None:
    """The base ships no Secret, the dev overlay's addresses carry no credential."""
    assert of_kind("base", "Secret") == []
    for secret in of_kind("overlays/dev", "Secret"):
        for value in secret["data"].values():
            assert re.fullmatch(rb"\w+://[a-z]+:\d+(/\d+)?", base64.b64decode(value))


def test_only_one_feeds_pod_at_a_time() -> None:
    """Two pollers would double the calls; the other roles replace pods without a gap."""
    for workload in workloads("base"):
        spec, role = workload["spec"], workload["metadata"]["labels"]["app.kubernetes.io/component"]
        if role == "feeds":
            assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
        else:
            assert spec["replicas"] >= 2
            assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_drains_and_spread() -> None:
    """Each Deployment has a disruption budget that matches its pods, and spreads over nodes."""
    budgets = of_kind("base", "PodDisruptionBudget")
    for name, template in pods("base"):
        labels = template["metadata"]["labels"]
        matching = [it for it in budgets if admits(it["spec"]["selector"], labels)]
        assert [it["metadata"]["name"] for it in matching] == [name]
        (spread,) = template["spec"]["topologySpreadConstraints"]
        assert admits(spread["labelSelector"], labels)
        assert spread["matchLabelKeys"] == ["app.kubernetes.io/component"]


def egress(overlay: str, labels: Resource) -> set[tuple[str, int]]:
    """Return (peer, port) of everything that pods with these labels may reach."""
    found = set()
    for policy in of_kind(overlay, "NetworkPolicy"):
        if admits(policy["spec"]["podSelector"], labels):
            for rule in policy["spec"].get("egress", ()):
                for peer in rule["to"]:
                    found |= {(_peer(peer), port["port"]) for port in rule["ports"]}
    return found


def _peer(peer: dict[str, Any]) -> str:
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    labels: dict[str, str] = peer["podSelector"]["matchLabels"]
    return labels.get("app.kubernetes.io/name", labels.get("k8s-app", ""))


@pytest.mark.parametrize(
    ("role", "beyond"),
    [
        ("feeds", {("0.0.0.0/0", 443)}),
        ("compute", set()),
        ("relay", {("mosquitto", 1883), ("mosquitto", 8883)}),
        ("web", set()),
    ],
)
def test_a_role_reaches_only_what_it_needs(role: str, beyond: set[tuple[str, int]]) -> None:
    """Everyone reaches DNS and Redis; feeds the internet by HTTPS, the relay the broker."""
    labels = {"app.kubernetes.io/name": "hashhedge", "app.kubernetes.io/component": role}
    assert egress("base", labels) == {("kube-dns", 53), ("redis", 6379)} | beyond


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_under_default_deny(overlay: str) -> None:
    """For each pod some policy closes both directions, and each container port is admitted."""
    for name, template in pods(overlay):
        labels = template["metadata"]["labels"]
        mine = [
            it["spec"]
            for it in of_kind(overlay, "NetworkPolicy")
            if admits(it["spec"]["podSelector"], labels)
        ]
        closed = {direction for spec in mine for direction in spec["policyTypes"]}
        assert closed == {"Ingress", "Egress"}, name
        open_ports = {
            port["port"]
            for spec in mine
            for rule in spec.get("ingress", ())
            for port in rule["ports"]
        }
        for container in template["spec"]["containers"]:
            assert {port["name"] for port in container["ports"]} == open_ports, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_find_their_pods(overlay: str) -> None:
    """Each Service selects at least one pod, by a port name that the pod has."""
    templates = [template for _, template in pods(overlay)]
    for service in of_kind(overlay, "Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        chosen = [it for it in templates if admits(selector, it["metadata"]["labels"])]
        assert chosen, service["metadata"]["name"]
        wanted = {port["targetPort"] for port in service["spec"]["ports"]}
        for template in chosen:
            names = {it["name"] for it in template["spec"]["containers"][0]["ports"]}
            assert wanted <= names


def test_the_dev_namespace_enforces_restricted() -> None:
    """The trial runs under the same pod security as production should."""
    (namespace,) = of_kind("overlays/dev", "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for resource in rendered("overlays/dev"):
        if resource["kind"] != "Namespace":
            assert resource["metadata"]["namespace"] == namespace["metadata"]["name"]


def test_redis_neither_evicts_nor_forgets() -> None:
    """An evicting Redis would drop alert state; it appends to disk and refuses when full."""
    (redis,) = [it for it in workloads("overlays/dev") if it["metadata"]["name"] == "redis"]
    (container,) = redis["spec"]["template"]["spec"]["containers"]
    words = container["args"]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")


def test_a_users_file_is_mounted_for_the_relay_where_it_is_wanted() -> None:
    """Read-only, from a Secret, in the relay alone; where the setting says, and to the pod's group."""
    assert not [name for name, it in pods("base") if USERS_VARIABLE in str(it)]
    found = [(name, it["spec"]) for name, it in pods(USERS) if "hashhedge-users" in str(it)]
    ((name, spec),) = found
    assert name == "hashhedge-relay"
    (container,) = spec["containers"]
    (mount,) = [it for it in container["volumeMounts"] if it["name"] == "users"]
    assert (mount["readOnly"], "subPath" in mount) == (True, False)
    (volume,) = [it["secret"] for it in spec["volumes"] if it["name"] == "users"]
    assert volume == {"secretName": "hashhedge-users", "defaultMode": 0o440}
    named = {it["metadata"]["name"]: it for it in of_kind(USERS, "Secret")}
    env = {it["name"]: it.get("value") for it in container["env"]}
    assert set(env) == {"HASHHEDGE_REDIS_URL", "HASHHEDGE_MQTT_URL", USERS_VARIABLE}
    file = PurePosixPath(env[USERS_VARIABLE])
    assert (str(file.parent), [file.name]) == (
        mount["mountPath"],
        list(named[volume["secretName"]]["data"]),
    )


def test_the_users_of_the_trial_can_be_told() -> None:
    """The file that comes with it is one, and none of its channels reaches what no policy admits."""
    book = load_users(KUBERNETES / USERS / "users.yaml", find_channels())
    assert {it.kind for user in book.users for it in user.ways} == {"inbox"}


def test_a_rulebook_is_mounted_for_every_role_where_it_is_wanted() -> None:
    """Read-only, from a ConfigMap whose name stays, so that a change is taken without new pods."""
    assert not [name for name, it in pods("base") if RULES_VARIABLE in str(it)]
    (book,) = [
        it for it in of_kind(RULES, "ConfigMap") if it["metadata"]["name"] == "hashhedge-rules"
    ]
    ours = [it["spec"] for name, it in pods(RULES) if name.startswith("hashhedge-")]
    assert len(ours) == len(ROLES)
    for spec in ours:
        (container,) = spec["containers"]
        (mount,) = [it for it in container["volumeMounts"] if it["name"] == "rules"]
        assert (mount["readOnly"], "subPath" in mount) == (True, False)
        (volume,) = [it["configMap"] for it in spec["volumes"] if it["name"] == "rules"]
        assert volume == {"name": "hashhedge-rules"}
        env = {it["name"]: it.get("value") for it in container["env"]}
        file = PurePosixPath(env[RULES_VARIABLE])
        assert (str(file.parent), [file.name]) == (mount["mountPath"], list(book["data"]))


def test_the_rules_of_the_trial_are_rules() -> None:
    """The file that comes with it is read as it is."""
    world = load_world(Settings(rules=KUBERNETES / RULES / "rules.yaml"), SystemClock().now())
    assert len(world.rulebook.rules) == 2


@pytest.mark.parametrize("board", ["trader", "pipeline"])
def test_boards_are_config_maps_for_the_sidecar(board: str) -> None:
    """Each board is a labelled ConfigMap, byte for byte the committed file."""
    (found,) = [
        it for it in of_kind("base", "ConfigMap") if f"board-{board}" in it["metadata"]["name"]
    ]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    text = (ROOT / "grafana" / "dashboards" / f"{board}.json").read_text(encoding="utf-8")
    assert found["data"] == {f"{board}.json": text}
